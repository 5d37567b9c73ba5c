import test from "ava";
import { pino } from "pino";
import { appMessage, exchangeEnd, exchangeError, nodeChanged } from "../../src/diagnostics.ts";
import { logServer, logUpstream, type Logger, type LogOptions } from "../../src/log/index.ts";
import { endOf, environOf, failureOf } from "../helpers/messages.ts";

type Call = readonly [level: string, members: Readonly<Record<string, unknown>>, message: string];

/** A logger that keeps what it is given, or fails. */
class Kept implements Logger {
  readonly calls: Call[] = [];
  isBroken = false;

  info(members: Readonly<Record<string, unknown>>, message: string): void {
    this.keep(["info", members, message]);
  }

  warn(members: Readonly<Record<string, unknown>>, message: string): void {
    this.keep(["warn", members, message]);
  }

  error(members: Readonly<Record<string, unknown>>, message: string): void {
    this.keep(["error", members, message]);
  }

  private keep(call: Call): void {
    if (this.isBroken) throw new Error("broken");
    this.calls.push(call);
  }
}

const boom = Object.assign(new TypeError("boom"), { stack: "TypeError: boom\n    at one (file:1:2)" });

test("an application's logger gets requests and records as objects, with sentences", (t) => {
  const server = {};
  const logger = new Kept();
  const stop = logServer(server, { logger });
  exchangeEnd.publish(endOf({ server }));
  exchangeError.publish(failureOf(boom, { server }));
  appMessage.publish({ server, environ: environOf({ REQUEST_METHOD: "GET" }), requestId: "r2", text: "hello" });
  stop();
  exchangeEnd.publish(endOf({ server }));
  const calls = logger.calls.map(([level, { err, ...members }, message]) =>
    err === undefined ? [level, members, message] : [level, { ...members, err: { ...(err as object) } }, message],
  );
  t.deepEqual(calls, [
    [
      "info",
      {
        event: "access",
        request_id: "r1",
        remote_addr: "192.0.2.1",
        method: "GET",
        target: "/a?b=c",
        protocol: "HTTP/1.1",
        status: 200,
        body_bytes: 5,
        duration_ms: 12.346,
        ending: "complete",
      },
      "GET /a 200",
    ],
    [
      "error",
      {
        event: "exchange:error",
        request_id: "r1",
        method: "GET",
        path: "/a",
        outcome: "answered",
        status: 500,
        err: { type: "TypeError", message: "boom", stack: "TypeError: boom\n    at one (file:1:2)" },
      },
      "GET /a answered 500: TypeError: boom",
    ],
    ["info", { event: "app:message", request_id: "r2", method: "GET", path: "/" }, "GET /: hello"],
  ]);
});

test("a sink takes what it is for, the logger the rest, and `access: false` is no access log", (t) => {
  const server = {};
  const lines: string[] = [];
  const sink = { write: (line: string) => lines.push(line) };
  for (const [options, levels, count] of [
    [{ access: sink }, ["error"], 1],
    [{ errors: sink }, ["info"], 1],
    [{ access: sink, errors: sink }, [], 2],
    [{ access: false }, ["error"], 0],
  ] as const satisfies [LogOptions, string[], number][]) {
    const logger = new Kept();
    lines.length = 0;
    const stop = logServer(server, { ...options, logger });
    exchangeEnd.publish(endOf({ server }));
    exchangeError.publish(failureOf(boom, { server }));
    stop();
    t.deepEqual([logger.calls.map(([level]) => level), lines.length], [[...levels], count]);
  }
});

test("what a peer sends reaches a logger without what a terminal obeys", (t) => {
  const server = {};
  const logger = new Kept();
  const stop = logServer(server, { logger });
  const environ = environOf({
    REQUEST_METHOD: "GET",
    REQUEST_URI: "/\x1b[2J",
    HTTP_USER_AGENT: "\xc2\x9b2J caf\xc3\xa9",
  });
  exchangeEnd.publish(endOf({ server, environ }));
  stop();
  t.like(logger.calls[0], ["info", { target: "/\\x1B[2J", user_agent: "\\x9B2J café" }, "GET /\\x1B[2J 200"]);
});

test("a logger that throws costs records, not the process, and is told how many", (t) => {
  const server = {};
  const logger = new Kept();
  const stop = logServer(server, { logger });
  logger.isBroken = true;
  for (let i = 0; i < 3; i++) exchangeEnd.publish(endOf({ server }));
  exchangeError.publish(failureOf(boom, { server }));
  logger.isBroken = false;
  exchangeEnd.publish(endOf({ server }));
  t.deepEqual(
    logger.calls.map(([level, { event, log, lines }]) => [level, event, log, lines]),
    [
      ["warn", "log:dropped", "access", 3],
      ["info", "access", undefined, undefined],
    ],
  );
  stop();
  t.like(logger.calls[2], ["warn", { event: "log:dropped", log: "error", lines: 1 }]);
});

test("a logger that rejects costs records, not the process", async (t) => {
  const server = {};
  const seen: unknown[] = [];
  const give = async ({ event }: Readonly<Record<string, unknown>>): Promise<void> => {
    seen.push(event);
    throw new Error("broken");
  };
  const stop = logServer(server, { logger: { info: give, warn: give, error: give } });
  exchangeEnd.publish(endOf({ server }));
  await new Promise(setImmediate);
  stop();
  await new Promise(setImmediate);
  t.deepEqual(seen, ["access", "log:dropped"]);
});

test("an environ that cannot be read costs one record", (t) => {
  const server = {};
  const logger = new Kept();
  const stop = logServer(server, { logger });
  const environ = {
    get REMOTE_USER(): string {
      throw new Error("no user");
    },
  };
  exchangeEnd.publish(endOf({ server, environ }));
  stop();
  t.like(logger.calls[0], ["error", { event: "log:failed" }]);
  t.is(logger.calls.length, 1);
});

test("a logger of pino's own writes them as its lines", (t) => {
  const server = {};
  const lines: string[] = [];
  const logger = pino({ base: { name: "shop" } }, { write: (line: string) => void lines.push(line) });
  const stop = logServer(server, { logger });
  exchangeEnd.publish(endOf({ server }));
  exchangeError.publish(failureOf(boom, { server }));
  stop();
  const [access, failure] = lines.map((line) => JSON.parse(line) as object);
  t.like(access, { level: 30, name: "shop", event: "access", status: 200, msg: "GET /a 200" });
  t.like(failure, { level: 50, name: "shop", err: { type: "TypeError", message: "boom" } });
});

test("what happens to nodes goes to a logger, too", (t) => {
  const upstream = {};
  const logger = new Kept();
  const stop = logUpstream(upstream, { logger });
  nodeChanged.publish({ upstream, node: "10.0.0.1:3031", state: "down", why: "refused" });
  stop();
  t.like(logger.calls, [["warn", { event: "upstream:node", node: "10.0.0.1:3031", state: "down" }]]);
  const before = nodeChanged.hasSubscribers;
  logUpstream(upstream, {})();
  t.is(nodeChanged.hasSubscribers, before);
});

for (const [about, logger, message] of [
  ["null", null, /^log\.logger has no info\(object, message\)/],
  ["a function", () => {}, /^log\.logger has no info/],
  ["one without error", { info: () => {}, warn: () => {} }, /^log\.logger has no error\(object, message\)/],
] as const) {
  test(`${about} is no logger`, (t) => {
    t.throws(() => logServer({}, { logger } as unknown as LogOptions), { code: "UWSGI_INVALID_ARGUMENT", message });
  });
}
