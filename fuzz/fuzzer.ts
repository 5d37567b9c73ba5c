/** Runs targets in turns, case after case, until something is found. */
import { Random } from "./inputs/random.ts";
import { examine, type Finding, type Target } from "./target.ts";

/** Cases between two looks at the clock, where they are quick. */
const BATCH = 64;

export interface Found {
  readonly target: Target;
  /** The case among those of its target, from 0. */
  readonly index: number;
  readonly input: Uint8Array;
  readonly finding: Finding;
}

/** One target's part of a run. */
interface Lane {
  readonly target: Target;
  /** Keeps the cases of different targets apart, whichever of them run. */
  readonly stream: number;
  readonly quota: number;
  done: number;
}

export class Fuzzer {
  private readonly seed: number;
  private readonly lanes: Lane[];
  private readonly random = new Random();

  /** `count`: cases in all, divided by the shares of the targets; Infinity: as many as there is time for. */
  constructor(targets: readonly Target[], seed: number, count: number) {
    this.seed = seed;
    const shares = targets.reduce((sum, { share }) => sum + share, 0);
    this.lanes = targets.map((target) => ({
      target,
      stream: streamOf(target.name),
      quota: Math.ceil((count * target.share) / shares),
      done: 0,
    }));
  }

  /** Cases done, by target. */
  get counts(): ReadonlyMap<string, number> {
    return new Map(this.lanes.map(({ target, done }) => [target.name, done]));
  }

  get isDone(): boolean {
    return this.lanes.every(({ quota, done }) => done >= quota);
  }

  /** Gives each target about `turnMs`; answers the first finding. */
  async turn(turnMs: number): Promise<Found | undefined> {
    for (const lane of this.lanes) {
      const end = performance.now() + turnMs;
      while (lane.done < lane.quota && performance.now() < end) {
        const found = await this.runBatch(lane);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  private async runBatch(lane: Lane): Promise<Found | undefined> {
    const { target, stream } = lane;
    const end = Math.min(lane.quota, lane.done + BATCH);
    for (let index = lane.done; index < end; index++) {
      this.random.restart(this.seed, stream, index);
      const input = target.makeInput(this.random);
      const pending = examine(target, input);
      // Most targets answer at once, and to wait all the same would take as long as the case.
      const finding = pending instanceof Promise ? await pending : pending;
      if (finding !== undefined) return { target, index, input, finding };
      lane.done = index + 1;
    }
    return undefined;
  }
}

function streamOf(name: string): number {
  let stream = 0;
  for (let i = 0; i < name.length; i++) stream = (Math.imul(stream, 31) + name.charCodeAt(i)) | 0;
  return stream;
}
