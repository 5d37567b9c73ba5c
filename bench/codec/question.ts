/** The shape of a benchmark: one question, asked of several inputs. */
import type { Contestant } from "../cases/contestants.ts";
import type { Input } from "../cases/inputs.ts";

export interface Question {
  readonly title: string;
  readonly groups: readonly Group[];
}

/** Contestants that handle the same input; they are timed in turns. */
export interface Group {
  readonly title: string;
  readonly contestants: readonly Contestant[];
  /** Packets that the C walk reads in turns beside them; none when it takes no part. */
  readonly walked: readonly Input[];
}
