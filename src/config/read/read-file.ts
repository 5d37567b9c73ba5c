/** What a reader of a file answers. Nothing here throws: what is wrong is a problem. */
import type { Given, Problem } from "../given.ts";

export interface ReadFile {
  /** What the file says of options; nothing where it breaks the rules of its language. */
  readonly givens: readonly Given[];
  readonly problems: readonly Problem[];
  /**
   * The other keys beside the one below which the options stand; none where the root itself holds the options.
   * Whoever calls may look for options among them that stand in the wrong place.
   */
  readonly sections: readonly string[];
}
