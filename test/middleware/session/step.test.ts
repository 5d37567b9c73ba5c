import test from "ava";
import fc from "fast-check";
import { endOf, isDue, isOver } from "../../../src/middleware/session/lifetime.ts";
import { type Situation, stepOf } from "../../../src/middleware/session/step.ts";

const lifetime = { maxAgeSeconds: 1_000, idleSeconds: 100 };

test("a session that is not used ends when it has been idle for its time", (t) => {
  const times = { began: 0, touched: 50 };
  t.false(isOver(times, lifetime, 149));
  t.true(isOver(times, lifetime, 150));
});

test("a session that is used ends when its whole time is over", (t) => {
  const times = { began: 0, touched: 990 };
  t.is(endOf(times, lifetime), 1_000);
  t.true(isOver(times, lifetime, 1_000));
});

test("its use is noted when a tenth of its idle time has gone", (t) => {
  t.false(isDue({ began: 0, touched: 0 }, lifetime, 9));
  t.true(isDue({ began: 0, touched: 0 }, lifetime, 10));
});

const usual: Situation = {
  isEmpty: false,
  isChanged: false,
  isFresh: false,
  hasCookie: true,
  isEnded: false,
  isAsked: true,
  isDue: false,
};
const fresh = { isEmpty: true, isFresh: true, hasCookie: false };

for (const [what, situation, step] of [
  ["a session that was only read stays as it is", {}, "none"],
  ["what was changed is kept", { isChanged: true }, "keep"],
  ["a use is noted when it is time", { isDue: true }, "renew"],
  ["a session that nobody has asked for is not renewed", { isDue: true, isAsked: false }, "none"],
  ["a new session in which nothing is costs nothing", fresh, "none"],
  ["a new session is kept when something is in it", { ...fresh, isEmpty: false, isChanged: true }, "keep"],
  ["a session with a new identity is kept though its values are the same", { isFresh: true }, "keep"],
  ["a session that was emptied is cleared", { isEmpty: true, isChanged: true }, "clear"],
  ["a cookie that another request has replaced is left alone", { ...fresh, hasCookie: true, isEnded: true }, "none"],
  ["what was changed in a session that another has ended is lost", { isEnded: true, isChanged: true }, "lose"],
  ["a cookie that was worth nothing is cleared", { ...fresh, hasCookie: true, isAsked: false }, "clear"],
] as const) {
  test(what, (t) => {
    t.is(stepOf({ ...usual, ...situation }), step);
  });
}

test("whatever changed in a session that is not empty is kept", (t) => {
  const any = fc.record({ isFresh: fc.boolean(), hasCookie: fc.boolean(), isAsked: fc.boolean(), isDue: fc.boolean() });
  fc.assert(
    fc.property(any, (situation) => {
      t.is(stepOf({ ...situation, isEmpty: false, isChanged: true, isEnded: false }), "keep");
    }),
  );
});
