/** T38: X-Accel-Redirect makes nginx serve any file below an internal location, whoever sends it. */
import test from "ava";
import fc from "fast-check";
import { HeadFilter } from "../../src/router/index.ts";
import { pieces, ways } from "../helpers/deliveries.ts";
import { concat, faultOf, hex, latin1 } from "../helpers/wire.ts";

function filtered(chunks: Iterable<Uint8Array>): string {
  const filter = new HeadFilter();
  const passed: Uint8Array[] = [];
  for (const chunk of chunks) passed.push(...filter.push(chunk));
  return Buffer.from(concat(passed)).toString("latin1");
}

const BAD = "X-Accel-Redirect: /secret\r\n";

for (const [what, sent, passed] of [
  [
    "between others",
    `HTTP/1.1 200 OK\r\nA: 1\r\n${BAD}B: 2\r\n\r\nbody`,
    "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\n\r\nbody",
  ],
  ["alone", `HTTP/1.1 200 OK\r\n${BAD}\r\n${BAD}`, `HTTP/1.1 200 OK\r\n\r\n${BAD}`],
  ["first, in the CGI form", `${BAD}Status: 200 OK\r\n\r\n`, "Status: 200 OK\r\n\r\n"],
  ["with line ends of one byte", "HTTP/1.1 200 OK\nx-accel-expires: 0\nA: 1\n\nbody", "HTTP/1.1 200 OK\nA: 1\n\nbody"],
  ["in any case", "HTTP/1.1 200 OK\r\nx-AcCeL-LIMIT-rate: 1\r\nX-SENDFILE: /x\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"],
  [
    "of lighttpd",
    "HTTP/1.1 200 OK\r\nX-LIGHTTPD-send-file: /x\r\nX-Sendfile2: /x 0-\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\n",
  ],
  [
    "behind an interim response",
    `HTTP/1.1 103 Early\r\n${BAD}\r\nHTTP/1.1 200 OK\r\n${BAD}\r\nx`,
    "HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx",
  ],
  ["before another protocol", `HTTP/1.1 101 Switching\r\n${BAD}\r\n${BAD}`, `HTTP/1.1 101 Switching\r\n\r\n${BAD}`],
] as const) {
  for (const [way, family] of ways(latin1(sent))) {
    test(`X-Accel-Redirect and its like are taken out ${what}, ${way}`, (t) => {
      for (const [how, chunks] of family) t.is(filtered(chunks), passed, how);
    });
  }
}

test("what front ends do not take for an order stays", (t) => {
  const head = "HTTP/1.1 200 OK\r\nX-Accel-Buffering: no\r\nX-Accelerate: 1\r\nA: X-Accel-Redirect: /x\r\n\r\nbody";
  t.is(filtered([latin1(head)]), head);
});

test("a header that is longer than others is taken out whole", (t) => {
  t.is(
    filtered(pieces(latin1(`HTTP/1.1 200 OK\r\nX-Sendfile: ${"x".repeat(60_000)}\r\n\r\n`), 1_000)),
    "HTTP/1.1 200 OK\r\n\r\n",
  );
});

for (const [what, sent, code] of [
  ["no head", "\u0001\u0002", "UWSGI_BAD_RESPONSE_HEAD"],
  ["a folded line, by which a header could hide", `HTTP/1.1 200 OK\r\nA: 1\r\n ${BAD}\r\n`, "UWSGI_BAD_RESPONSE_HEAD"],
  ["a head without an end", `HTTP/1.1 200 OK\r\nA: ${"x".repeat(70_000)}`, "UWSGI_RESPONSE_HEAD_LIMIT"],
] as const) {
  test(`${what} is not passed on`, (t) => {
    t.is(faultOf(() => filtered([latin1(sent)]))?.code, code);
  });
}

test("whatever comes, nothing passes that nginx would obey, and a body is not touched", (t) => {
  const name = fc.constantFrom("X-Accel-Redirect", "x-accel-charset", "X-Sendfile", "Content-Type", "Set-Cookie");
  const value = fc.stringMatching(/^[a-z]{0,8}$/);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(name, value), { maxLength: 6 }),
      fc.uint8Array({ maxLength: 40 }),
      fc.integer({ min: 1, max: 30 }),
      (headers, body, size) => {
        const head = `HTTP/1.1 200 OK\r\n${headers.map(([one, two]) => `${one}: ${two}\r\n`).join("")}\r\n`;
        const out = filtered(pieces(concat([latin1(head), body]), size));
        const kept = headers.filter(([one]) => !/^x-/i.test(one)).map(([one, two]) => `${one}: ${two}\r\n`);
        t.is(hex(latin1(out)), hex(concat([latin1(`HTTP/1.1 200 OK\r\n${kept.join("")}\r\n`), body])));
      },
    ),
    { numRuns: 300 },
  );
});
