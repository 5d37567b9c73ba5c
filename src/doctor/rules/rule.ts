/** What a rule is, and what it finds. A rule is a row: what it is called, why it matters, and a pure function. */
import type { Address } from "../../connection/index.ts";
import type { Block, Directive } from "../nginx/configuration.ts";
import type { Site } from "../site.ts";

/**
 * `error`: requests fail, are misread, or can be forged. `warning`: they will under some condition, or a directive does
 * nothing. `hint`: worth to know, often wanted.
 */
export type Severity = "error" | "warning" | "hint";

/** What to do about a finding. */
export type Fix =
  | { readonly do: "replace"; readonly directive: Directive; readonly text: string }
  | { readonly do: "remove"; readonly directive: Directive }
  /** Lines to add in a block. */
  | { readonly do: "add"; readonly block: Block; readonly text: string }
  /** A command for a shell; `text` alone where it is something for a person. */
  | { readonly do: "run"; readonly text: string };

/** What a rule has found, in one place. */
export interface Found {
  /** Undefined for what is not in the configuration. */
  readonly at: Directive | Block | undefined;
  /** What is wrong here; one sentence that says what was seen. */
  readonly what: string;
  /** All of them together put it right. */
  readonly fix: readonly Fix[];
}

/** A rule without what it looks at. */
export interface RuleText {
  /** Stable: for `--ignore`, and for whoever reads the JSON. */
  readonly id: string;
  readonly severity: Severity;
  /** Why it matters, in one or two sentences. */
  readonly why: string;
}

export interface Rule extends RuleText {
  readonly find: (site: Site, told: Told) => Iterable<Found>;
}

/** What the configuration does not say, and whoever asks may. */
export interface Told {
  /** Most bytes of a request body that the application takes. */
  readonly maxBodyBytes?: number;
  /** Longest time in milliseconds that the application thinks before the first byte of its answer. */
  readonly answerMs?: number;
  /** True when answers are to arrive piece by piece, and uploads to be read as they come. */
  readonly streams?: boolean;
  /** Where the application listens. */
  readonly socket?: Address;
}

/** A finding, complete. */
export interface Finding extends RuleText, Found {}
