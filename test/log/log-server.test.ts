import test from "ava";
import {
  acceptFailed,
  appMessage,
  connectionRefused,
  exchangeEnd,
  exchangeError,
  hookFailed,
  largeHead,
  loaderVarSeen,
  socketLost,
  transportFallback,
} from "../../src/diagnostics.ts";
import { type ErrorCode, ProtocolError } from "../../src/errors.ts";
import { logServer, type LogOptions } from "../../src/log/index.ts";
import { endOf, environOf, failureOf } from "../helpers/messages.ts";

interface Lines {
  readonly lines: string[];
  write(line: string): void;
}

function sink(): Lines {
  const lines: string[] = [];
  return { lines, write: (line) => void lines.push(line) };
}

function refuse(server: object, code: ErrorCode): void {
  const error = new ProtocolError("x", { code });
  connectionRefused.publish({ server, peer: "p", error, status: 0 });
}

/** One message of every topic. */
function tellAll(server: object): void {
  const environ = environOf({});
  const requestId = "r1";
  exchangeEnd.publish(endOf({ server }));
  exchangeError.publish(failureOf("x", { server }));
  largeHead.publish({ server, environ, requestId, bytes: 5_000 });
  refuse(server, "UWSGI_EMPTY_KEY");
  acceptFailed.publish({ server, address: "a", error: new Error("EMFILE") });
  socketLost.publish({ server, address: "a", how: "removed", isRecreated: false });
  transportFallback.publish({ server, reason: "r" });
  loaderVarSeen.publish({ server, environ, requestId, peer: "p", name: "UWSGI_FILE" });
  appMessage.publish({ server, environ, requestId, text: "hello" });
  hookFailed.publish({ server, hook: "stop", error: new Error("x") });
}

test("a server's messages go where they belong, one line each, until it is stopped", (t) => {
  const mine = {};
  const [access, errors] = [sink(), sink()];
  const stop = logServer(mine, { access, errors });
  tellAll({});
  t.deepEqual([access.lines, errors.lines], [[], []]);
  tellAll(mine);
  t.deepEqual([access.lines.length, errors.lines.length], [1, 9]);
  for (const line of [...access.lines, ...errors.lines]) t.regex(line, /^[^\n]+\n$/);
  stop();
  tellAll(mine);
  t.deepEqual([access.lines.length, errors.lines.length], [1, 9]);
});

test("every line is an object where JSON is asked for", (t) => {
  const mine = {};
  const [access, errors] = [sink(), sink()];
  const stop = logServer(mine, { access, accessFormat: "json", errors, errorFormat: "json" });
  tellAll(mine);
  stop();
  t.is((JSON.parse(access.lines.join()) as { request_id: string }).request_id, "r1");
  t.deepEqual(
    errors.lines.map((line) => (JSON.parse(line) as { event: string }).event),
    [
      "exchange:error",
      "exchange:large-head",
      "connection:refused",
      "listener:accept-failed",
      "listener:socket-lost",
      "listener:transport-fallback",
      "connection:loader-var",
      "app:message",
      "app:hook-failed",
    ],
  );
});

test("what nobody wants is not listened to", (t) => {
  const before = exchangeEnd.hasSubscribers;
  const stop = logServer({}, { errors: sink() });
  t.is(exchangeEnd.hasSubscribers, before);
  stop();
  t.false(exchangeError.hasSubscribers);
});

test("what a peer can cause at will is one line a second for each code, and the stop says how many more", (t) => {
  const mine = {};
  const errors = sink();
  const stop = logServer(mine, { errors });
  for (let i = 0; i < 500; i++) {
    refuse(mine, "UWSGI_HEADER_TIMEOUT");
    refuse(mine, "UWSGI_CONNECTIONS_LIMIT");
  }
  t.is(errors.lines.length, 2);
  stop();
  t.is(errors.lines.length, 4);
  t.regex(errors.lines[2] ?? "", /UWSGI_HEADER_TIMEOUT.* \(498 more held back\)\n$/);
  t.regex(errors.lines[3] ?? "", /UWSGI_CONNECTIONS_LIMIT.* \(498 more held back\)\n$/);
});

test("of an application that fails all the time 20 lines are written at once, and none is forgotten", (t) => {
  const mine = {};
  const errors = sink();
  const stop = logServer(mine, { errors });
  for (let i = 0; i < 1_000; i++) exchangeError.publish(failureOf(new Error(`${i}`), { server: mine }));
  // A slow machine may let a few more pass meanwhile.
  t.true(errors.lines.length >= 20 && errors.lines.length < 200, `${errors.lines.length}`);
  stop();
  const held = errors.lines.map((line) => Number(/\((\d+) more held back\)/.exec(line)?.[1] ?? 0));
  t.is(errors.lines.length + held.reduce((sum, count) => sum + count, 0), 1_000);
  t.regex(errors.lines.at(-1) ?? "", /Error: 999 /);
});

test("what an application says is never held back", (t) => {
  const mine = {};
  const errors = sink();
  const stop = logServer(mine, { errors });
  for (let i = 0; i < 100; i++) {
    appMessage.publish({ server: mine, environ: environOf({}), requestId: "r1", text: `line ${i}` });
  }
  stop();
  t.is(errors.lines.length, 100);
});

test("lines of the access log that were dropped are told in the error log", (t) => {
  const mine = {};
  const errors = sink();
  const access = {
    write: () => {
      throw new Error("disk full");
    },
  };
  const stop = logServer(mine, { access, errors });
  exchangeEnd.publish(endOf({ server: mine }));
  stop();
  t.regex(errors.lines.join(), / warn 1 lines of the access log were dropped: /);
});

test("an environ that cannot be read costs one line, not the process", (t) => {
  const mine = {};
  const [access, errors] = [sink(), sink()];
  const stop = logServer(mine, { access, errors });
  const environ = {
    get REMOTE_USER(): string {
      throw new Error("no user");
    },
  };
  exchangeEnd.publish(endOf({ server: mine, environ }));
  exchangeEnd.publish(endOf({ server: mine }));
  stop();
  t.is(access.lines.length, 1);
  t.regex(errors.lines.join(), / error a line of the log could not be made: Error: no user /);
});

for (const [about, options, message] of [
  ["an access format that there is not", { accessFormat: "combine" }, /log\.accessFormat is combine, .* json$/],
  ["an error format that there is not", { errorFormat: "xml" }, /log\.errorFormat is xml, there are text and json/],
  ["a path as access log", { access: "/var/log/access" }, /log\.access is string, something with write\(line\)/],
  ["null as error log", { errors: null }, /log\.errors is object, /],
] as const) {
  test(`${about} is a mistake of the caller`, (t) => {
    t.throws(() => logServer({}, options as unknown as LogOptions), { code: "UWSGI_INVALID_ARGUMENT", message });
  });
}
