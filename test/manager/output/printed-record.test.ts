import test from "ava";
import fc from "fast-check";
import { formatRecord } from "../../../src/log/record.ts";
import { type Printed, printedRecord } from "../../../src/manager/output/printed-record.ts";

const NOW = new Date("2026-11-22T12:00:00.000Z");
const SOURCE = { kind: "worker", name: "worker 2", members: { worker: 2, pid: 77, generation: 3 } } as const;

function line(bytes: string | Buffer, changes: { part?: number; goesOn?: boolean } = {}): Printed {
  return { kind: "line", stream: "stdout", bytes: Buffer.from(bytes), part: 0, goesOn: false, ...changes };
}

const asText = (printed: Printed): string =>
  formatRecord(printedRecord(SOURCE, printed, "text"), "text", NOW).replace("2026-11-22T12:00:00.000Z ", "");

const asJson = (printed: Printed): unknown =>
  JSON.parse(formatRecord(printedRecord(SOURCE, printed, "json"), "json", NOW));

test("a line of text says who has printed it", (t) => {
  t.is(asText(line("hello")), "info [worker 2] hello");
  t.is(asText({ ...line("Error: boom"), stream: "stderr" }), "warn [worker 2] Error: boom");
});

test("as JSON it is an object, whose message is the line alone", (t) => {
  const time = NOW.toISOString();
  t.deepEqual(asJson(line('{"a":1}')), {
    time,
    level: "info",
    event: "worker:stdout",
    worker: 2,
    pid: 77,
    generation: 3,
    message: '{"a":1}',
  });
  t.like(asJson({ ...line("x"), stream: "stderr" }), { level: "warn", event: "worker:stderr", message: "x" });
});

test("pieces of a line are marked", (t) => {
  t.is(asText(line("one", { part: 1, goesOn: true })), "info [worker 2] one ...");
  t.is(asText(line("two", { part: 2, goesOn: true })), "info [worker 2] ... two ...");
  t.is(asText(line("three", { part: 3 })), "info [worker 2] ... three");
  t.like(asJson(line("one", { part: 1, goesOn: true })), { message: "one", part: 1, parts: undefined });
  t.like(asJson(line("three", { part: 3 })), { message: "three", part: 3, parts: 3 });
});

for (const [what, bytes, text] of [
  ["colours are taken out", "\x1b[1;31mred\x1b[0m \x1b[38:5:1mtoo\x1b[m", "red too"],
  ["what colours are left of others is no command", "\x1b[\x1b[0m2J", "\\x1B[2J"],
  ["other sequences are escaped", "\x1b[2J\x1b]0;title\x07", "\\x1B[2J\\x1B]0;title\\x07"],
  ["CR, NUL and other controls are escaped", "a\rb\0c\x7f\u009b", "a\\x0Db\\x00c\\x7F\\x9B"],
  ["tabs, quotes, backslashes and any script stay", '\t"é\\ 漢 \u{1f600}"', '\t"é\\ 漢 \u{1f600}"'],
  ["what ends lines elsewhere, or turns text, is escaped", "a\u2028b\u202ec", "a\\xE2\\x80\\xA8b\\xE2\\x80\\xAEc"],
  ["what is no UTF-8 becomes U+FFFD", Buffer.from("caf\xe9 \xff", "latin1"), "caf\ufffd \ufffd"],
] as const) {
  test(what, (t) => {
    t.is(asText(line(bytes)), `info [worker 2] ${text}`);
    t.like(asJson(line(bytes)), { message: text });
  });
}

test("a long line is whole", (t) => {
  t.is(asText(line("x".repeat(16_384))), `info [worker 2] ${"x".repeat(16_384)}`);
});

test("no bytes forge a line or speak to a terminal", (t) => {
  const byte = fc.oneof(fc.constantFrom(...Buffer.from("\x1b[0m;\r\n")), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(byte), (all) => {
      for (const format of ["text", "json"] as const) {
        const record = formatRecord(printedRecord(SOURCE, line(Buffer.from(all)), format), format, NOW);
        // oxlint-disable-next-line no-control-regex -- they are what must not be there
        t.notRegex(record, /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]/);
      }
    }),
  );
});

test("how many lines were left out is told", (t) => {
  const leftOut: Printed = { kind: "left-out", stream: "stderr", lines: 12, hasLast: false };
  const text = "12 lines of its standard error were left out, more than may be in a second";
  t.is(asText(leftOut), `warn [worker 2] ${text}`);
  t.is(asText({ ...leftOut, hasLast: true }), `warn [worker 2] ${text}; behind this are the last that were`);
  t.like(asJson(leftOut), { level: "warn", event: "worker:flood", stream: "stderr", lines: 12, message: text });
});
