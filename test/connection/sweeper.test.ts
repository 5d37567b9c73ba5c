import test, { type ExecutionContext } from "ava";
import { type Expiring, type Members, Sweeper } from "../../src/connection/sweeper.ts";
import { gate } from "../helpers/test-server.ts";

/** The sweeper's timer holds no process open; a test that waits for it has to. */
function stayAlive(t: ExecutionContext): void {
  const timer = setInterval(() => {}, 60_000);
  t.teardown(() => clearInterval(timer));
}

function among(here: ReadonlySet<Expiring>): Members {
  return {
    get size() {
      return here.size;
    },
    all: () => [...here],
  };
}

function members(...readings: number[][]): Set<Expiring> {
  return new Set(readings.map((noted) => ({ expire: (now: number) => void noted.push(now) })));
}

test("each look tells all members the time that has passed", (t) => {
  const [first, second]: [number[], number[]] = [[], []];
  const sweeper = new Sweeper(among(members(first, second)));
  sweeper.sweep(250);
  sweeper.sweep(251);
  t.deepEqual(
    [first, second],
    [
      [250, 501],
      [250, 501],
    ],
  );
});

test("F23: time in which the process could not serve is not held against anybody", (t) => {
  const noted: number[] = [];
  const sweeper = new Sweeper(among(members(noted)));
  sweeper.sweep(60_000);
  t.deepEqual(noted, [1_000]);
});

for (const busyMs of [100, 400, 1_500]) {
  test(`a deadline is never early: ${busyMs} ms in which the process was busy before are not taken off it`, async (t) => {
    stayAlive(t);
    const firedAt = gate<number>();
    const here = new Set<Expiring>();
    const sweeper = new Sweeper(among(here));
    let due = Number.POSITIVE_INFINITY;
    here.add({ expire: (now) => (now >= due ? firedAt.open(performance.now()) : undefined) });
    sweeper.start();
    const until = performance.now() + busyMs;
    while (performance.now() < until);
    const startedAt = performance.now();
    due = sweeper.deadline(1_000);
    t.true((await firedAt.promise) - startedAt >= 999);
  });
}

test("F22: the time of day is not asked", async (t) => {
  stayAlive(t);
  const noted: number[] = [];
  const looked = new Promise<void>((resolve) => {
    const member = {
      expire: (now: number) => {
        if (noted.push(now) === 2) resolve();
      },
    };
    const sweeper = new Sweeper(among(new Set([member])));
    sweeper.start();
  });
  const RealDate = globalThis.Date;
  // The clock jumps by an hour.
  globalThis.Date = class extends RealDate {
    static override now(): number {
      return RealDate.now() + 3_600_000;
    }
  } as DateConstructor;
  t.teardown(() => {
    globalThis.Date = RealDate;
  });
  await looked;
  t.true(noted.every((reading) => reading < 10_000));
});

test("the timer stops when there is nobody left, and starts again", async (t) => {
  stayAlive(t);
  const here = new Set<Expiring>();
  const sweeper = new Sweeper(among(here));
  for (const _ of [1, 2]) {
    await new Promise<void>((resolve) => {
      const member: Expiring = {
        expire: () => {
          here.delete(member);
          resolve();
        },
      };
      here.add(member);
      sweeper.start();
    });
  }
  const stopped = sweeper.clock;
  sweeper.sweep(0);
  t.is(sweeper.clock, stopped);
  t.is((sweeper as unknown as { timer: unknown }).timer, undefined);
});
