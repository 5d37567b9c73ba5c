/** What is known of the options of uWSGI: groups of which the same is true. Pure. */

/** What became of an option of uWSGI's. */
export type UwsgiVerdict =
  /** Ours of that name, with that meaning. */
  | "same"
  /** Ours of another name, or of another form. */
  | "renamed"
  /** It is so here, whatever anybody says. */
  | "always"
  /** It is about a language that is not ours. */
  | "language"
  /** Something else does it: another part of uisge, the front end, the system. */
  | "elsewhere"
  /** It has no meaning here. */
  | "none";

export interface UwsgiGroup {
  readonly verdict: Exclude<UwsgiVerdict, "same">;
  /** Of ours, where one of them does it. */
  readonly to?: string;
  /** What stands behind "NAME is uWSGI's: ". */
  readonly text: string;
  /** Names without dashes, with blanks between them. */
  readonly names: string;
}
