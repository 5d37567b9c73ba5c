import { spawnSync } from "node:child_process";
import { cpSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import test from "ava";
import fc from "fast-check";
import { exchangeEnd, exchangeError } from "../../src/diagnostics.ts";
import { formatAccessJson } from "../../src/log/access-line.ts";
import { ErrorLog, logServer } from "../../src/log/index.ts";
import { PinoLines } from "../../src/log/pino-lines.ts";
import { formatRecord, type LogRecord } from "../../src/log/record.ts";
import { exchangeErrorRecord } from "../../src/log/records.ts";
import { Child } from "../helpers/child.ts";
import { endOf, environOf, failureOf } from "../helpers/messages.ts";
import { projectRoot } from "../helpers/project.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const now = new Date("2026-11-22T15:38:46.123Z");
const origin = { pid: 7, worker: 3 };
const lines = new PinoLines(origin);
const boom = Object.assign(new TypeError("boom"), {
  stack: "TypeError: boom\n    at one (file:1:2)\n    at two (file:3:4)",
  code: "E_BOOM",
});
const traced = environOf({
  REQUEST_METHOD: "GET",
  REQUEST_URI: "/a?b=c",
  HTTP_TRACEPARENT: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
});

function parsed(line: string): Record<string, unknown> {
  return JSON.parse(line) as Record<string, unknown>;
}

const inOtherWords = new Set(["time", "level", "hostname", "message", "msg", "stack", "err"]);

/** What is left of a line without what pino has in other words than JSON. */
function shared(line: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(parsed(line)).filter(([name]) => !inOtherWords.has(name)));
}

test("a failure is a line of pino's: level as a number, time since the epoch, where, what, and the error as pino has it", (t) => {
  t.deepEqual(parsed(lines.record(exchangeErrorRecord(failureOf(boom, { environ: traced })), now, 12)), {
    level: 50,
    time: now.getTime(),
    pid: 7,
    hostname: hostname(),
    worker: 3,
    event: "exchange:error",
    request_id: "r1",
    trace_id: "0af7651916cd43dd8448eb211c80319c",
    code: "E_BOOM",
    method: "GET",
    path: "/a",
    outcome: "answered",
    status: 500,
    held_back: 12,
    err: {
      type: "TypeError",
      message: "boom",
      stack: "TypeError: boom\n    at one (file:1:2)\n    at two (file:3:4)",
      code: "E_BOOM",
    },
    msg: "GET /a answered 500: TypeError: boom",
  });
});

test("an access line of pino's has the members of the JSON line, and a sentence without the query", (t) => {
  const message = endOf({ environ: traced });
  const line = lines.access(message, now);
  t.deepEqual(shared(line), shared(formatAccessJson(message, now, origin)));
  t.like(parsed(line), { level: 30, time: now.getTime(), msg: "GET /a 200" });
});

test("a line of each level has its number, and the members of the JSON line", (t) => {
  for (const [level, number] of [
    ["info", 30],
    ["warn", 40],
    ["error", 50],
  ] as const) {
    const record: LogRecord = { level, event: "cli", text: "hello %s %j", members: { address: "café", port: 80 } };
    const line = lines.record(record, now, 0);
    t.deepEqual(shared(line), shared(formatRecord(record, "json", now, 0, origin)));
    t.like(parsed(line), { level: number, msg: "hello %s %j" });
  }
});

test("outside of workers no line has a worker", (t) => {
  t.false("worker" in parsed(new PinoLines({ pid: 7, worker: undefined }).access(endOf(), now)));
});

for (const [about, error, err] of [
  ["an error without code", new RangeError("no"), { type: "RangeError", message: "no" }],
  ["a text", "oops", { message: "thrown oops", stack: "thrown oops" }],
  ["nothing", undefined, { message: "thrown undefined", stack: "thrown undefined" }],
] as const) {
  test(`what was thrown may be ${about}`, (t) => {
    const line = parsed(lines.record(exchangeErrorRecord(failureOf(error)), now, 0));
    t.like(line["err"], err);
  });
}

test("an error whose getters throw, and one that leads back to itself, are a line", (t) => {
  const circular: { message: string; cause?: unknown } = new Error("a");
  circular.cause = circular;
  const hostile = {
    get stack(): string {
      throw new Error("no stack");
    },
    get message(): string {
      throw new Error("no message");
    },
  };
  for (const error of [circular, hostile]) {
    const line = lines.record(exchangeErrorRecord(failureOf(error)), now, 0);
    t.true(line.length < 10_000);
    t.like(parsed(line), { level: 50 });
  }
});

const bytes = fc.string({ unit: fc.integer({ min: 0, max: 0x2fff }).map((code) => String.fromCharCode(code)) });

test("T24: a line of pino's is one line that parses, and holds nothing that a terminal obeys, whatever its peer sends", (t) => {
  fc.assert(
    fc.property(bytes, bytes, (one, two) => {
      const text = `\n"\x1b[2J\x9b2J\u202e\u2028${one}`;
      const environ = { REQUEST_METHOD: text, REQUEST_URI: `/${text}`, HTTP_USER_AGENT: text, REMOTE_USER: two };
      const access = lines.access(endOf({ environ, requestId: text }), now);
      const error = new Error(text);
      const failure = lines.record(exchangeErrorRecord(failureOf(error, { environ, requestId: text })), now, 0);
      for (const line of [access, failure]) {
        t.notRegex(line, /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/);
        // Nor do its values, which pino-pretty prints: but for the ends of lines of a stack.
        const { err, ...rest } = parsed(line);
        for (const value of Object.values(rest))
          t.notRegex(String(value), /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e]/);
        t.notRegex(JSON.stringify(err) ?? "", /\\u00[01]|[\x7f-\x9f\u2028-\u202e]/);
      }
    }),
  );
});

test("fields of 64 KiB are cut", (t) => {
  const environ = { HTTP_USER_AGENT: "\x9b".repeat(65_536), REQUEST_URI: "a".repeat(65_536) };
  t.true(lines.access(endOf({ environ }), now).length < 25_000);
});

test("a server's logs are pino's where the options say so", (t) => {
  const server = {};
  const [access, errors]: string[][] = [[], []];
  const stop = logServer(server, {
    access: { write: (line: string) => access?.push(line) },
    accessFormat: "pino",
    errors: { write: (line: string) => errors?.push(line) },
    errorFormat: "pino",
    worker: 2,
  });
  exchangeEnd.publish(endOf({ server }));
  exchangeError.publish(failureOf(boom, { server }));
  stop();
  t.like(parsed(access?.join() ?? ""), { level: 30, event: "access", worker: 2, pid: process.pid, status: 200 });
  t.like(parsed(errors?.join() ?? ""), { level: 50, event: "exchange:error", worker: 2, request_id: "r1" });
  for (const line of [...(access ?? []), ...(errors ?? [])]) t.regex(line, /^[^\n]+\n$/);
});

test("lines that were dropped are told by pino, too", (t) => {
  const written: string[] = [];
  let isFull = true;
  const write = (line: string): void => {
    if (isFull) throw new Error("disk full");
    written.push(line);
  };
  const log = new ErrorLog({ write }, "pino");
  log.write({ level: "info", event: "cli", text: "lost" }, now);
  isFull = false;
  log.write({ level: "info", event: "cli", text: "kept" }, now);
  t.deepEqual(
    written.map((line) => parsed(line)["event"]),
    ["log:dropped", "cli"],
  );
});

test("pino-pretty reads the lines: time, level, sentence, members and stack", (t) => {
  const input = [
    lines.access(endOf({ environ: traced }), now),
    lines.record(exchangeErrorRecord(failureOf(boom)), now, 0),
    "",
  ].join("\n");
  const pretty = join(projectRoot, "node_modules/pino-pretty/bin.js");
  const { stdout } = spawnSync(process.execPath, [pretty, "--translateTime", "UTC:yyyy-mm-dd'T'HH:MM:ss'Z'"], {
    input,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  t.regex(stdout, /^\[2026-11-22T15:38:46Z\] INFO \(7(?: on \S+)?\): GET \/a 200\n/);
  t.regex(stdout, /^ {4}request_id: "r1"\n {4}trace_id: "0af7651916cd43dd8448eb211c80319c"$/m);
  t.regex(stdout, /^\[2026-11-22T15:38:46Z\] ERROR \(7(?: on \S+)?\): GET \/a answered 500: TypeError: boom\n/m);
  t.regex(
    stdout,
    /^ {4}err: \{\n {6}"type": "TypeError",\n {6}"message": "boom",\n {6}"stack":\n {10}TypeError: boom\n/m,
  );
});

test("where pino is not installed that is said at the start, UWSGI_PACKAGE_MISSING", async (t) => {
  const folder = folderOf(t);
  // Beside no node_modules: nothing of a checkout can be found from there.
  for (const name of ["log", "environ", "codec", "errors.js", "diagnostics.js", "nearest-name.js"]) {
    cpSync(join(projectRoot, "build/src", name), join(folder, name), { recursive: true });
  }
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(
    join(folder, "main.js"),
    `import { checkLogOptions, ErrorLog, logServer } from "./log/index.js";
const sink = { write() {} };
for (const start of [
  () => logServer({}, { access: sink, accessFormat: "pino" }),
  () => logServer({}, { errors: sink, errorFormat: "pino" }),
  () => checkLogOptions({ accessFormat: "pino" }),
  () => new ErrorLog(sink, "pino"),
  () => logServer({}, { access: sink, accessFormat: "json", errors: sink, errorFormat: "json" }),
]) {
  try {
    start();
    console.log("well");
  } catch ({ code, message }) {
    console.log(code, message.includes("npm install pino"));
  }
}
`,
  );
  await using child = new Child(["main.js"], { cwd: folder });
  t.is(await child.exit(), 0, child.stderr);
  t.is(child.stdout, `${"UWSGI_PACKAGE_MISSING true\n".repeat(4)}well\n`);
});
