/** What is told of a stack, and when it is taken. */
import test from "ava";
import { stackLines } from "../../../src/manager/worker/stack-lines.ts";
import { answerMs, askAfterMs, idleMs, stuckAfterMs } from "../../../src/manager/worker/watch-times.ts";

const OWN = ["file:///opt/uisge/dist/"];

test("frames of who asks, and those below the application, are left out; what the application calls is not", (t) => {
  const stack = `Error
    at take (uisge-watcher:4:60)
    at uisge-watcher:7:17
    at uisge-watcher:15:3
    at RegExp.test (<anonymous>)
    at node:internal/util:1:1
    at slow (/srv/app.js:3:5)
    at file:///opt/uisge/dist/middleware/cors.js:3:1
    at Object.application (file:///srv/app.mjs:9:3)
    at new Promise (<anonymous>)
    at callApplication (file:///opt/uisge/dist/app/wsgi/call.js:3:1)
    at Socket.emit (node:events:524:28)`;
  t.deepEqual(stackLines(stack, OWN), [
    "at RegExp.test (<anonymous>)",
    "at node:internal/util:1:1",
    "at slow (/srv/app.js:3:5)",
    "at file:///opt/uisge/dist/middleware/cors.js:3:1",
    "at Object.application (file:///srv/app.mjs:9:3)",
  ]);
});

test("a stack that is ours alone is told whole", (t) => {
  const stack = "Error\n  at uisge-watcher:1:1\n  at read (file:///opt/uisge/dist/a.js:3:1)\n  at node:net:1:1";
  t.deepEqual(stackLines(stack, OWN), ["at read (file:///opt/uisge/dist/a.js:3:1)", "at node:net:1:1"]);
});

test("a message of several lines is no frame, and lines and frames have an end", (t) => {
  const stack = `Error: at home\nat the door\n at a${"x".repeat(1_000)} (/a.js:1:1)\n${"    at f (/a.js:1:1)\n".repeat(100)}`;
  const lines = stackLines(stack, OWN);
  t.is(lines.length, 40);
  t.true(lines.every((line) => line.length <= 400));
});

test("a loop is asked before a master would kill, and late enough to be stuck", (t) => {
  for (const limitMs of [100, 250, 1_000, 5_000, 3_600_000]) {
    for (const oldestMs of [0, limitMs / 2, limitMs, 10 * limitMs]) {
      const killed = Math.max(limitMs - oldestMs, Math.min(limitMs, 1_000));
      t.is(stuckAfterMs(limitMs, oldestMs), killed);
      t.is(askAfterMs(limitMs, oldestMs), Math.max(0, killed - Math.min(300, limitMs / 4)));
      // The master waits 150 ms longer than the limit.
      t.true(askAfterMs(limitMs, oldestMs) + answerMs(limitMs) < killed + 150);
    }
    // Between two looks nothing can begin and be due.
    t.true(idleMs(limitMs) <= Math.max(10, limitMs - Math.min(300, limitMs / 4)));
  }
  t.is(idleMs(3_600_000), 500);
});
