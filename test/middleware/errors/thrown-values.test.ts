/** Whatever can be thrown. */
import test from "ava";
import { describeErrors, summaryOf } from "../../../src/middleware/errors/described-error.ts";
import { errors } from "../../../src/middleware/errors/index.ts";
import { inject } from "../../../src/testing/index.ts";

const throws = (): never => {
  throw new Error("of a trap");
};
const traps = { get: throws, has: throws, ownKeys: throws, getPrototypeOf: throws, getOwnPropertyDescriptor: throws };
const revoked = Proxy.revocable({}, {});
revoked.revoke();
const nested = (depth: number): Error =>
  Array.from({ length: depth }).reduce<Error>(
    (cause, _, i) => new Error(`level ${i}`, { cause }),
    new Error("innermost"),
  );
const circle = new Error("circle");
circle.cause = new Error("inner", { cause: circle });
const branching = (depth: number): Error =>
  depth === 0 ? new Error("leaf") : new AggregateError([branching(depth - 1), branching(depth - 1)], "branch");
const manyFrames = Object.assign(new Error("x"), { stack: `Error: x\n${"    at a (/b.js:1:1)\n".repeat(100_000)}` });

const values: readonly (readonly [name: string, value: unknown, shown: RegExp])[] = [
  ["a string", "planted", /a string was thrown: planted/],
  ["null", null, /null was thrown/],
  ["undefined", undefined, /undefined was thrown/],
  ["a number", 42, /a number was thrown: 42/],
  ["a bigint", 42n, /a bigint was thrown: 42/],
  ["a symbol", Symbol("tea"), /a symbol was thrown: Symbol\(tea\)/],
  ["a function", function tea() {}, /a function was thrown/],
  [
    "a frozen object",
    Object.freeze({ tea: 1, token: "planted" }),
    /an object was thrown: \{ tea: 1, token: \[redacted\] \}/,
  ],
  ["a frozen error", Object.freeze(new Error("frozen")), /Error: frozen/],
  ["an object without prototype", Object.create(null), /an object was thrown: \{\}/],
  [
    "an object with getters that throw",
    Object.defineProperties({}, { message: { get: throws }, status: { get: throws } }),
    /an object was thrown/,
  ],
  [
    "an error with getters that throw",
    Object.defineProperties(new Error("x"), { stack: { get: throws }, cause: { get: throws }, name: { get: throws } }),
    /Error: x/,
  ],
  ["an object whose toString throws", { toString: throws, [Symbol.toPrimitive]: throws }, /an object was thrown/],
  ["a function whose toString throws", Object.assign(() => {}, { toString: throws }), /it cannot be shown/],
  ["a proxy with traps that throw", new Proxy({}, traps), /it cannot be shown/],
  ["a proxy of an error", new Proxy(new Error("behind"), traps), /an object was thrown/],
  ["a revoked proxy", revoked.proxy, /it cannot be shown/],
  ["a very long message", new Error("a".repeat(5_000_000)), /Error: a{100}/],
  ["a very long string", "a".repeat(5_000_000), /a string was thrown: a{100}/],
  ["a very deep chain of causes", nested(5_000), /more errors/],
  ["causes in a circle", circle, /an error that stands above/],
  ["errors in a tree", branching(10), /more errors/],
  ["a stack of many frames", manyFrames, /Error: x/],
  ["a list of errors that throws", Object.assign(new Error("x"), { errors: new Proxy([], traps) }), /Error: x/],
  ["a status that is none", { status: "404", statusCode: 99 }, /an object was thrown/],
];

for (const [name, value, shown] of values) {
  const application = (development: boolean) =>
    errors({ development })(() => {
      throw value;
    });

  test(`${name} is answered with a plain 500`, async (t) => {
    const answer = await inject(application(false), { interface: "handler", headers: { "X-Request-ID": "id-1" } });
    t.deepEqual(
      [answer.status, answer.text()],
      [500, "500 Internal Server Error\nIn the log of the server it is id-1\n"],
    );
  });

  for (const accept of ["text/html", "application/json", "text/plain"]) {
    test(`${name} is shown in development, as ${accept}, in less than 200 kB`, async (t) => {
      const answer = await inject(application(true), { interface: "handler", headers: { Accept: accept } });
      t.is(answer.status, 500);
      t.deepEqual(answer.logs, []);
      t.true(answer.body.length < 200_000, `${answer.body.length}`);
      t.false(answer.text().includes("token: planted"));
      const text = answer
        .text()
        .replaceAll(/<[^>]*>/g, "")
        .replaceAll(String.raw`\"`, "");
      if (accept !== "application/json") t.regex(text, shown);
    });
  }
}

test("a chain is told from the outside to the inside, with what was thrown together", (t) => {
  const error = new Error("outer", { cause: new AggregateError([new TypeError("one"), "two"], "many") });
  t.deepEqual(
    describeErrors(error).map(({ how, name, message }) => [how, name, message]),
    [
      ["", "Error", "outer"],
      ["caused by", "AggregateError", "many"],
      ["together with", "TypeError", "one"],
      ["together with", "a string was thrown", "two"],
    ],
  );
});

test("an error without a name of its own is called by its class", (t) => {
  class TeaError extends Error {}
  t.is(describeErrors(new TeaError("cold"))[0]?.name, "TeaError");
});

test("what Node says of a failed call is among the facts, what else hangs on an error is not", (t) => {
  const error = Object.assign(new Error("x"), {
    code: "ENOENT",
    path: "/tea",
    config: { token: "planted" },
    token: "planted",
  });
  t.deepEqual(describeErrors(error)[0]?.facts, [
    ["code", "ENOENT"],
    ["path", "/tea"],
  ]);
});

test("a summary is one short line", (t) => {
  const summary = summaryOf(new Error(`a\nb\r\n${"c".repeat(1_000)}`));
  t.regex(summary, /^Error: a b c+\.\.\.$/);
  t.true(summary.length < 210);
});
