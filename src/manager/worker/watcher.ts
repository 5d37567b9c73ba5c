/** The thread that watches an event loop, from the side of the loop. See `watcher-thread.ts`. */
import { Worker } from "node:worker_threads";
import type { RunningRequest } from "../../server/index.ts";
import { RUNNING, type WatcherData, Word, WORDS } from "./watcher-words.ts";

/** What the thread needs, and a little more: it holds no data. */
const LIMITS = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2, codeRangeSizeMb: 4, stackSizeMb: 1 };

export class Watcher {
  private readonly words: BigInt64Array;

  /** Starts the thread; undefined, and said why, where it would be in somebody's way, or cannot be. */
  static start(
    limitMs: number,
    running: () => readonly RunningRequest[],
    onNotice: (text: string) => void,
  ): Watcher | undefined {
    // Whoever debugs has the event loop stand still at will.
    if (process.execArgv.some((option) => option.startsWith("--inspect"))) {
      onNotice("nobody watches where it is stuck: it is being debugged (--inspect)");
      return undefined;
    }
    const words = new BigInt64Array(new SharedArrayBuffer(WORDS * BigInt64Array.BYTES_PER_ELEMENT));
    const workerData: WatcherData = { words, limitMs };
    try {
      const thread = new Worker(new URL("./watcher-thread.js", import.meta.url), {
        workerData,
        resourceLimits: LIMITS,
        // Nothing of what the application has loaded first, or what traces and profiles it.
        execArgv: [],
        env: {},
      });
      thread.on("error", (error) => onNotice(`nobody watches where it is stuck any more: ${error.message}`));
      thread.unref();
    } catch (error) {
      onNotice(`nobody watches where it is stuck: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
    Object.defineProperty(globalThis, Symbol.for(RUNNING), { value: running, configurable: true });
    return new Watcher(words);
  }

  private constructor(words: BigInt64Array) {
    this.words = words;
  }

  /** The event loop turns, and requests run, the oldest for so long. */
  beat(oldestMs: number): void {
    Atomics.store(this.words, Word.oldestMs, BigInt(oldestMs));
    Atomics.store(this.words, Word.beatAt, process.hrtime.bigint());
  }

  /** Nothing runs. */
  idle(): void {
    Atomics.store(this.words, Word.beatAt, 0n);
  }

  /** Whether all that was sent has gone: else the thread would write into the middle of a line. */
  note(isChannelEmpty: boolean): void {
    Atomics.store(this.words, Word.isChannelFull, isChannelEmpty ? 0n : 1n);
  }
}
