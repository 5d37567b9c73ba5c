import test from "ava";
import fc from "fast-check";
import { checkHeader, formatResponseHead, type Header } from "../../src/codec/index.ts";
import { errorCode } from "../../src/errors.ts";
import { knownHeader } from "../../src/handler/index.ts";

/** What comes of it: a value, or the code and the text of the error. */
function outcome(make: () => unknown): unknown {
  try {
    return make();
  } catch (error) {
    return [errorCode(error), error instanceof Error ? error.message : ""];
  }
}

const names: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("Content-Type", "content-type", "Cache-Control", "Set-Cookie", "X-A") },
  fc.constantFrom("", "X A", "X:A", "X\r\nA", "é", "__proto__", "constructor", "toString", undefined, null, 5),
  fc.string({ maxLength: 5 }),
);

const values: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("", "text/html", "text/plain", "no-cache", "a\tb") },
  fc.constantFrom(
    "a\r\nSet-Cookie: b",
    "\n",
    "a\0",
    " a",
    "a ",
    "\t",
    "\x7f",
    "caf\u00e9",
    "\u0100",
    "\u560a",
    undefined,
    null,
    5,
  ),
  fc.constantFrom("x".repeat(300), `${"x".repeat(300)}\n`, `${"x".repeat(300)}\u0100`),
  fc.string({ maxLength: 8 }),
);

test("a line is made of the same headers that are valid, whatever was seen before", (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(names, values), { maxLength: 12 }), (headers) => {
      for (const [name, value] of headers as Header[]) {
        const slowly = outcome(() => formatResponseHead({ status: 200, headers: [[name, value]] }).slice(17, -2));
        t.deepEqual(
          outcome(() => knownHeader(name).lineOf(value)),
          slowly,
        );
        // Once more, now that it may be remembered.
        t.deepEqual(
          outcome(() => knownHeader(name).lineOf(value)),
          slowly,
        );
      }
    }),
    { numRuns: 2_000 },
  );
});

test("a header is the same headers that are valid once they are trimmed, whatever was seen before", (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(names, values), { maxLength: 12 }), (headers) => {
      for (const [name, value] of headers as Header[]) {
        const trimmed = typeof value === "string" ? value.replace(/^[ \t]+/, "").replace(/[ \t]+$/, "") : value;
        const slowly = outcome(() => {
          checkHeader(name, trimmed);
          return [name, trimmed];
        });
        t.deepEqual(
          outcome(() => knownHeader(name).headerOf(value)),
          slowly,
        );
        t.deepEqual(
          outcome(() => knownHeader(name).headerOf(value)),
          slowly,
        );
      }
    }),
    { numRuns: 2_000 },
  );
});

test("what is remembered of a header cannot be changed by who has got it", (t) => {
  const header = knownHeader("Content-Type").headerOf("text/x-kept") as [string, string];
  t.throws(() => {
    header[1] = "a\r\nb";
  });
  t.is(knownHeader("Content-Type").lineOf("text/x-kept"), "Content-Type: text/x-kept\r\n");
});

for (const name of ["Set-Cookie", "Location", "ETag", "WWW-Authenticate", "X-Session", "Content-Security-Policy"]) {
  test(`the value of ${name} is not kept: it may be a secret`, (t) => {
    const known = knownHeader(name);
    known.lineOf("secret-1234");
    known.headerOf("secret-1234");
    t.notRegex(JSON.stringify(known), /secret/);
  });
}

test("a value that is longer than a line is not kept", (t) => {
  const known = knownHeader("Cache-Control");
  known.lineOf("x".repeat(257));
  t.notRegex(JSON.stringify(known), /xx/);
});

for (const [name, role] of [
  ["Content-Type", "application"],
  ["CONTENT-length", "length"],
  ["Transfer-encoding", "server"],
  ["Connection", "server"],
  ["Status", "server"],
] as const) {
  test(`the value of ${name} is the ${role}'s matter, however it is spelled`, (t) => {
    t.is(knownHeader(name).role, role);
  });
}

test("invented names do not fill memory, and are checked all the same", (t) => {
  for (let i = 0; i < 2_000; i++) t.is(knownHeader(`X-Invented-${i}`).lineOf("1"), `X-Invented-${i}: 1\r\n`);
  t.not(knownHeader("X-Invented-1999"), knownHeader("X-Invented-1999"));
  t.throws(() => knownHeader("X Invented"), { code: "UWSGI_INVALID_HEADER" });
});
