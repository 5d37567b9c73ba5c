/** What an import makes of another program's configuration: ours, and what became of each thing that was said. Pure. */
import type { Given, Origin } from "../given.ts";

/** What became of one thing that was said. */
export type ImportVerdict =
  /** It is said here in the same words. */
  | "same"
  /** Another option says it, or the same in another form. */
  | "renamed"
  /** It is so here, whatever anybody says. */
  | "always"
  /** It is left out, and nothing is missed. */
  | "dropped"
  /** Somebody has to see to it. */
  | "attention";

export interface ImportRow {
  /** As it is called where it stands, with what it stands below: `env_production`, `listeners."*:80".tls`. */
  readonly option: string;
  /** What was said, as text; of what may be secret the names alone. */
  readonly value: string;
  readonly origin: Origin;
  readonly verdict: ImportVerdict;
  /** Our option, where one says it. */
  readonly to?: string;
  /** What became of it, and what is to be done where that is somebody's. */
  readonly text: string;
}

export type ImportedValue = string | number | boolean | readonly string[] | Readonly<Record<string, string>>;

/** One instance of `uisge serve`. */
export interface ImportedFile {
  /** Without its ending. */
  readonly name: string;
  /** Of `uisge serve`, in the order in which they are written. */
  readonly options: Readonly<Record<string, ImportedValue>>;
}

export interface Imported {
  readonly files: readonly ImportedFile[];
  readonly report: readonly ImportRow[];
}

/** What whoever imports says beside the file. */
export interface ImportWishes {
  /** The application, where the file names none that could be ours. */
  readonly application?: string;
  /** Where each instance listens; `%n` is its name. */
  readonly socket?: string;
  /** Which of PM2's environments is meant: `production`. */
  readonly environment?: string;
}

/** The options of a file as a source for `settle`. */
export function givensOfFile({ options }: ImportedFile, origin: Origin): readonly Given[] {
  return Object.entries(options).flatMap(([name, value]): readonly Given[] =>
    Array.isArray(value)
      ? value.map((item: string) => ({ name, value: item, isItem: true, origin }))
      : [{ name, value, origin }],
  );
}
