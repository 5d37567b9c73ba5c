/** Numbers for checks that measure: times, percentiles, trends. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { Address } from "../../src/connection/index.ts";
import { ask } from "./raw-client.ts";

export const MIB: number = 1_048_576;

/** Milliseconds that a plain request takes, its answer checked. */
export async function timeRequest(address: Address): Promise<number> {
  const startedAt = performance.now();
  const { status, body, how } = await ask(address);
  if (status !== 200 || body !== "ok" || how !== "end") throw new Error(`answered ${status} ${body}, ended by ${how}`);
  return performance.now() - startedAt;
}

/** Times of plain requests, one after the other, sorted. */
export async function timeRequests(address: Address, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) times.push(await timeRequest(address));
  return times.sort((a, b) => a - b);
}

/**
 * Times of plain requests to a server that is under test, each beside one to another server that is
 * left in peace: a machine that is busy with something else delays both.
 */
export class TimesBeside {
  private readonly address: Address;
  private readonly control: Address;
  private readonly times: number[] = [];
  private readonly controlTimes: number[] = [];

  constructor(address: Address, control: Address) {
    this.address = address;
    this.control = control;
  }

  async take(count: number): Promise<this> {
    for (let i = 0; i < count; i++) {
      this.times.push(await timeRequest(this.address));
      this.controlTimes.push(await timeRequest(this.control));
    }
    return this;
  }

  /** The time that a share of the requests does not exceed; 1 for the slowest. */
  at(share: number): number {
    return percentile(this.times, share);
  }

  /** Whether that time is within the mark, or what the machine makes of any server. */
  isWithin(share: number, mostMs: number): boolean {
    return this.at(share) < Math.max(mostMs, 3 * percentile(this.controlTimes, share));
  }

  describe(share: number): string {
    const [ms, controlMs] = [this.at(share), percentile(this.controlTimes, share)];
    return (
      `${share === 1 ? "slowest" : `p${share * 100}`} of ${this.times.length} other requests ${ms.toFixed(1)} ms, ` +
      `${(ms / controlMs).toFixed(1)} times that of a server left in peace`
    );
  }
}

/** The value that a share of all values does not exceed. */
function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/**
 * Looks again and again until the condition holds; answers how many milliseconds that took. Rejects
 * when it does not hold after `mostMs`.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  mostMs: number,
  what: string,
): Promise<number> {
  const startedAt = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedAt > mostMs) throw new Error(`not within ${mostMs} ms: ${what}`);
    await delay(20);
  }
  return performance.now() - startedAt;
}

/** Milliseconds that a Node with nothing to do needs from its start to its end: what starting costs on this machine now. */
export async function bareStartMs(): Promise<number> {
  const startedAt = performance.now();
  await once(spawn(process.execPath, ["-e", "0"], { stdio: "ignore" }), "exit");
  return performance.now() - startedAt;
}

/** The highest of what `read` answers, looking every 20 ms until `work` has settled. */
export async function highest(read: () => number, work: Promise<unknown>): Promise<number> {
  let top = read();
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  over.catch(() => {});
  while (!isOver) {
    await Promise.race([over, delay(20)]);
    top = Math.max(top, read());
  }
  await over;
  return top;
}

/** The second half of a list. */
export function lastHalf<T>(values: readonly T[]): T[] {
  return values.slice(Math.floor(values.length / 2));
}

/** Growth per unit of x, by least squares. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  const above = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const below = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return below === 0 ? 0 : above / below;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
