import { setImmediate as turn } from "node:timers/promises";
import test from "ava";
import { WorkQueue } from "../../../src/middleware/auth/work-queue.ts";

/** Work that ends when it is told to. */
function gates(count: number): {
  readonly work: (() => Promise<number>)[];
  readonly open: (() => void)[];
  begun: number;
} {
  const made = { work: [] as (() => Promise<number>)[], open: [] as (() => void)[], begun: 0 };
  for (let i = 0; i < count; i++) {
    const gate = new Promise<number>((resolve) => made.open.push(() => resolve(i)));
    made.work.push(() => {
      made.begun++;
      return gate;
    });
  }
  return made;
}

test("so many run at a time, the next in the order in which they came", async (t) => {
  const queue = new WorkQueue(2, 10);
  const made = gates(4);
  const running = made.work.map((work) => queue.run(work));
  await turn();
  t.is(made.begun, 2);
  made.open[1]?.();
  t.is(await running[1], 1);
  await turn();
  t.is(made.begun, 3);
  for (const open of made.open) open();
  t.deepEqual(await Promise.all(running.map(async (one) => one)), [0, 1, 2, 3]);
});

test("who would have to wait behind too many is told at once", async (t) => {
  const queue = new WorkQueue(1, 1);
  const made = gates(3);
  const running = made.work.map((work) => queue.run(work));
  t.is(running[2], undefined);
  for (const open of made.open) open();
  await Promise.all(running.map(async (one) => one));
  t.is(await queue.run(() => 7), 7);
});

test("work that fails makes room too", async (t) => {
  const queue = new WorkQueue(1, 1);
  const failing = queue.run(() => Promise.reject(new Error("planted")));
  const next = queue.run(() => "next");
  await t.throwsAsync(failing as Promise<unknown>, { message: "planted" });
  t.is(await next, "next");
});
