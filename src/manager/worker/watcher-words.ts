/** What an event loop and the thread that watches it have in common. */
import type { RunningRequest } from "../../server/index.ts";

/** Places in their shared memory. Times are `process.hrtime.bigint()`, which is one clock for all threads. */
export const Word = {
  /** When the loop turned last while requests ran; 0: none runs. */
  beatAt: 0,
  /** How long the oldest request had run by then, in milliseconds. */
  oldestMs: 1,
  /** 1: a line to the master has been sent in part only. */
  isChannelFull: 2,
} as const;

export const WORDS = 3;

export interface WatcherData {
  readonly words: BigInt64Array;
  /** Milliseconds for a request. */
  readonly limitMs: number;
}

/** `Symbol.for` of it, a property of `globalThis`: a function that answers what runs. */
export const RUNNING = "uisge.running";

/** What the main thread answers when it is asked where it is. */
export interface Seen {
  readonly stack: string;
  readonly requests: readonly RunningRequest[];
}
