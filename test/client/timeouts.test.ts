import test from "ava";
import { defaultTimeouts, withTimeouts } from "../../src/client/index.ts";

test("timeouts that are given replace the defaults, the others stay", (t) => {
  t.deepEqual(withTimeouts({ bodyMs: 5, totalMs: Number.POSITIVE_INFINITY }), { ...defaultTimeouts, bodyMs: 5 });
});

test("a timeout that is undefined leaves the default", (t) => {
  t.deepEqual(withTimeouts({ bodyMs: undefined } as object), defaultTimeouts);
});

for (const bad of [0, -1, Number.NaN, "5", null]) {
  test(`a timeout of ${typeof bad} ${String(bad)} is refused`, (t) => {
    t.throws(() => withTimeouts({ sendMs: bad as number }), {
      instanceOf: RangeError,
      code: "UWSGI_INVALID_ARGUMENT",
      message: `timeouts.sendMs is ${String(bad)}, allowed are milliseconds above 0`,
    });
  });
}

test("a timeout of another name is refused, for it would have no effect", (t) => {
  t.throws(() => withTimeouts({ responseTimeout: 5 } as object), {
    instanceOf: TypeError,
    code: "UWSGI_INVALID_ARGUMENT",
    message: /responseTimeout is not known, there are connectMs, sendMs, responseMs, bodyMs, totalMs/,
  });
});
