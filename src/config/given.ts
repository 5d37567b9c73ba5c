/** What sources say of a configuration, before anybody has asked whether it can be meant. Pure. */

/** Where something was said. */
export type Origin =
  | { readonly kind: "default" }
  /** `line` and `column` from 1; without them where the file is a program (a module). */
  | { readonly kind: "file"; readonly file: string; readonly line?: number; readonly column?: number }
  | { readonly kind: "environment"; readonly variable: string }
  /** `flag` as it is written: `--processes`, `-p`, or what stands without one: `APP`. */
  | { readonly kind: "flag"; readonly flag: string };

/** One thing that is said: one of these for each item, where a list is said. */
export interface Given {
  /** Of an option, as it was written. */
  readonly name: string;
  /**
   * A text where the source knows nothing else (ini, environment, flags), `true` for an option that stands alone there;
   * else what the source's own types make of it: number, boolean, object.
   */
  readonly value: unknown;
  /** A number, as it was written: `0660`. */
  readonly text?: string;
  /** It is an item of a list: the list is what was said. */
  readonly isItem?: boolean;
  readonly origin: Origin;
  /** Where a part of `value` was said, such as `["keys", 0]`; where that is not known, `origin`. */
  readonly at?: (path: readonly (string | number)[]) => Origin;
}

/** `app.ini:3`, `UISGE_PROCESSES`, `--processes`, `default`. */
export function originText(origin: Origin): string {
  if (origin.kind === "environment") return origin.variable;
  if (origin.kind === "flag") return origin.flag;
  if (origin.kind === "default") return "default";
  return origin.line === undefined ? origin.file : `${origin.file}:${origin.line}`;
}

/** One thing that is wrong, for whoever has to find it. */
export interface Problem {
  readonly origin: Origin;
  /** What was seen and what is allowed, without where. */
  readonly message: string;
  /** The option, where it is about one. */
  readonly name?: string;
}
