import test from "ava";
import fc from "fast-check";
import { ProtocolError } from "../../src/errors.ts";
import { ErrorLog } from "../../src/log/index.ts";
import { formatRecord, type LogRecord } from "../../src/log/record.ts";
import {
  acceptFailedRecord,
  appMessageRecord,
  droppedRecord,
  exchangeErrorRecord,
  hookFailedRecord,
  largeHeadRecord,
  loaderVarRecord,
  refusedRecord,
  socketLostRecord,
} from "../../src/log/records.ts";
import { environOf, failureOf } from "../helpers/messages.ts";

const now = new Date("2026-11-22T15:38:46.123Z");
const server = {};

function text(record: LogRecord): string {
  return formatRecord(record, "text", now);
}

function json(record: LogRecord): unknown {
  return JSON.parse(formatRecord(record, "json", now));
}

/** The text line of a failure, from behind its request and outcome. */
function described(error: unknown): string {
  return text(exchangeErrorRecord(failureOf(error))).replace(/^.*? answered 500: /, "");
}

function withStack(error: Error, stack: string): Error {
  return Object.assign(error, { stack });
}

// Shape.

const boom = withStack(new TypeError("boom"), "TypeError: boom\n    at one (file:1:2)\n    at two (file:3:4)");

test("a failure is one line: time, level, request id, method and path, what became of it, the error, its frames", (t) => {
  t.is(
    text(exchangeErrorRecord(failureOf(boom))),
    "2026-11-22T15:38:46.123Z error [r1] GET /a answered 500: TypeError: boom | at one (file:1:2) | at two (file:3:4)",
  );
});

test("a failure as JSON has the same in members", (t) => {
  t.deepEqual(json(exchangeErrorRecord(failureOf(Object.assign(boom, { code: "E_BOOM" })))), {
    time: "2026-11-22T15:38:46.123Z",
    level: "error",
    event: "exchange:error",
    pid: process.pid,
    request_id: "r1",
    code: "E_BOOM",
    method: "GET",
    path: "/a",
    outcome: "answered",
    status: 500,
    message: "GET /a answered 500: TypeError: boom",
    stack: "at one (file:1:2)\nat two (file:3:4)",
  });
});

test("a record says how many like it were held back", (t) => {
  const record = loaderVarRecord({ ...failureOf("x"), peer: "/run/s", name: "UWSGI_FILE" });
  t.regex(formatRecord(record, "text", now, 12), / \(12 more held back\)$/);
  t.like(JSON.parse(formatRecord(record, "json", now, 12)), { held_back: 12 });
});

for (const [outcome, status, words] of [
  ["answered", 500, "answered 500: "],
  ["complete", 200, "failed behind its whole answer: "],
  ["peer-gone", 0, "failed when the front end was gone: "],
  ["broken-off", 200, "broken off behind the head of a 200, which the front end can see: "],
  ["unsignalled", 200, "broken off behind the head of a 200, AND THE FRONT END CANNOT SEE that the answer is cut: "],
] as const) {
  test(`a failure whose outcome is ${outcome} says so`, (t) => {
    t.true(text(exchangeErrorRecord(failureOf(boom, { outcome, status }))).includes(` GET /a ${words}`));
  });
}

test("the query is in no line about a request", (t) => {
  const { environ, requestId } = failureOf(boom);
  for (const record of [
    exchangeErrorRecord(failureOf(boom)),
    largeHeadRecord({ server, environ, requestId, bytes: 5_000 }),
    appMessageRecord({ server, environ, requestId, text: "hello" }),
  ]) {
    t.false(text(record).includes("secret"));
    t.false(JSON.stringify(json(record)).includes("secret"));
  }
});

test("a failure outside of a request is that of a packet, and has no id", (t) => {
  t.regex(
    text(exchangeErrorRecord(failureOf(boom, { environ: {}, requestId: "-", status: 0 }))),
    /Z error a packet answered /,
  );
});

// Errors.

test("causes are followed on the same line", (t) => {
  const inner = withStack(new Error("inner"), "Error: inner\n    at in");
  t.is(
    described(withStack(new Error("outer", { cause: inner }), "Error: outer\n    at out")),
    "Error: outer | at out | caused by Error: inner | at in",
  );
});

test("the errors of an AggregateError are named: its own message is often empty", (t) => {
  const errors = [withStack(new Error("v6"), "Error: v6"), withStack(new Error("v4"), "Error: v4")];
  const both = withStack(new AggregateError(errors), "AggregateError");
  t.is(described(both), "AggregateError | together with Error: v6 | together with Error: v4");
});

test("a cause that leads back to its error is not followed for ever", (t) => {
  const inner = withStack(new Error("inner"), "Error: inner");
  const outer = withStack(new Error("outer", { cause: inner }), "Error: outer");
  inner.cause = outer;
  t.true(described(outer).split(" | ").length < 20);
});

test("an error has at most 50 lines, causes included", (t) => {
  const inner = withStack(new Error("inner"), "x\n".repeat(40));
  const lines = described(withStack(new Error("outer", { cause: inner }), "y\n".repeat(40))).split(" | ");
  t.is(lines.length, 51);
  t.is(lines[50], "(32 more lines)");
});

for (const [about, error, expected] of [
  ["a string", "text\nmore", "thrown text | more"],
  ["undefined", undefined, "thrown undefined"],
  ["an object without a prototype", Object.create(null), "thrown [object Object]"],
  ["an object with a message", { message: "no tea", token: "s3cret" }, "thrown an object: no tea"],
  ["a symbol", Symbol("x"), "thrown Symbol(x)"],
  ["an error without a stack", withStack(new Error("oh"), undefined as unknown as string), "Error: oh"],
  ["an error whose stack is no text", withStack(new Error("oh"), 5 as unknown as string), "5"],
  [
    "an object that throws when it is looked at",
    {
      get stack(): string {
        throw new Error("no");
      },
    },
    "thrown something that cannot be described",
  ],
] as const) {
  test(`an error that is ${about} is described`, (t) => {
    t.is(described(error), expected);
  });
}

test("no error makes more than one line, whatever its message holds", (t) => {
  const message = "bad: x\n2026-11-22T15:38:46.123Z error forged\r\n\x1b[2J\x9b\u2028 end";
  const record = exchangeErrorRecord(failureOf(new Error(message)));
  for (const format of ["text", "json"] as const) {
    t.notRegex(formatRecord(record, format, now), /[\x00-\x1f\x7f-\x9f\u2028\u2029]/);
  }
});

test("T24: a line about a request is one line, whatever its peer puts into it", (t) => {
  const bytes = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)) });
  fc.assert(
    fc.property(bytes, bytes, (uri, requestId) => {
      const environ = environOf({ REQUEST_METHOD: "GET", REQUEST_URI: `/\n${uri}` });
      const record = exchangeErrorRecord(failureOf(boom, { environ, requestId: `r${requestId}` }));
      t.regex(text(record), /^[ -~]*$/);
      t.like(JSON.parse(formatRecord(record, "json", now)), { method: "GET" });
    }),
  );
});

// Each event.

test("what an application says is one line with its request", (t) => {
  const { environ, requestId } = failureOf(boom);
  const record = appMessageRecord({ server, environ, requestId, text: "a\rb\tc €" });
  t.is(text(record), "2026-11-22T15:38:46.123Z info [r1] GET /a: a\\x0Db\tc €");
  t.like(json(record), { level: "info", event: "app:message", request_id: "r1", message: "GET /a: a\\x0Db\tc €" });
});

test("a large head is told with what nginx will make of it", (t) => {
  const { environ, requestId } = failureOf(boom);
  const record = largeHeadRecord({ server, environ, requestId, bytes: 5_000 });
  t.regex(text(record), /^\S+ warn \[r1\] GET \/a answered with a head of 5000 bytes: .*uwsgi_buffer_size/);
  t.like(json(record), { event: "exchange:large-head", bytes: 5_000 });
});

test("a refusal names the peer, the outcome and the code", (t) => {
  const error = new ProtocolError("key\nlength", { code: "UWSGI_EMPTY_KEY" });
  t.is(
    text(refusedRecord({ server, peer: "127.0.0.1:5", error, status: 0 })),
    "2026-11-22T15:38:46.123Z warn refused 127.0.0.1:5, closed: UWSGI_EMPTY_KEY: key\\x0Alength",
  );
  const answered = refusedRecord({ server, peer: "/run/s", error, status: 400 });
  t.regex(text(answered), / refused \/run\/s, answered 400: /);
  t.like(json(answered), { event: "connection:refused", peer: "/run/s", code: "UWSGI_EMPTY_KEY", status: 400 });
});

test("a loader variable is called what it probably is", (t) => {
  const record = loaderVarRecord({ ...failureOf("x"), peer: "/run/s", name: "UWSGI_FILE" });
  t.regex(text(record), / warn \[r1\] GET \/a of \/run\/s has UWSGI_FILE, .* attack$/);
  t.like(json(record), { event: "connection:loader-var", peer: "/run/s", name: "UWSGI_FILE" });
});

test("a connection that could not be accepted is told with its address and reason", (t) => {
  const error = withStack(new Error("accept EMFILE"), "Error: accept EMFILE\n    at listener");
  const record = acceptFailedRecord({
    server,
    address: "127.0.0.1:3031",
    error: Object.assign(error, { code: "EMFILE" }),
  });
  t.regex(text(record), / error could not accept a connection on 127\.0\.0\.1:3031: Error: accept EMFILE \| at /);
  t.like(json(record), { event: "listener:accept-failed", address: "127.0.0.1:3031", code: "EMFILE" });
});

for (const [how, isRecreated, words] of [
  ["removed", false, "the socket /run/s was removed by somebody else: nobody can connect there any more"],
  ["replaced", true, "the socket /run/s was replaced by somebody else: made anew"],
] as const) {
  test(`a socket that was ${how} is told${isRecreated ? " with what came of it" : ""}`, (t) => {
    const record = socketLostRecord({ server, address: "/run/s", how, isRecreated });
    t.is(text(record), `2026-11-22T15:38:46.123Z warn ${words}`);
    t.like(json(record), { event: "listener:socket-lost", address: "/run/s", how });
  });
}

test("a hook that failed is told with its error", (t) => {
  const record = hookFailedRecord({ server, hook: "stop", error: boom });
  t.regex(text(record), / error the application's hook stop failed: TypeError: boom \| at one /);
  t.like(json(record), { event: "app:hook-failed", hook: "stop" });
});

test("lines that were dropped are counted in words", (t) => {
  t.regex(text(droppedRecord("access", 7)), / warn 7 lines of the access log were dropped: /);
  t.like(json(droppedRecord("error", 7)), { event: "log:dropped", log: "error", lines: 7 });
});

test("an error log writes records as text, and as JSON where it is told to", (t) => {
  const lines: string[] = [];
  const sink = { write: (line: string) => lines.push(line) };
  const record: LogRecord = { level: "info", event: "cli", text: "hello" };
  new ErrorLog(sink).write(record, now);
  new ErrorLog(sink, "json").write(record, now, 3);
  t.deepEqual(lines, [
    "2026-11-22T15:38:46.123Z info hello\n",
    '{"time":"2026-11-22T15:38:46.123Z","level":"info","event":"cli",' +
      `"pid":${process.pid},"message":"hello","held_back":3}\n`,
  ]);
});
