import test from "ava";
import fc from "fast-check";
import {
  appMessage,
  connectionRefused,
  type ExchangeEnd,
  exchangeEnd,
  exchangeError,
  loaderVarSeen,
} from "../../src/diagnostics.ts";
import { environFromVars } from "../../src/environ/index.ts";
import { decodeVars } from "../../src/codec/index.ts";
import { ProtocolError } from "../../src/errors.ts";
import { formatAccess } from "../../src/log/access-line.ts";
import {
  formatAcceptFailed,
  formatAppMessage,
  formatExchangeError,
  formatLoaderVar,
  formatRefused,
} from "../../src/log/error-line.ts";
import { escapeField, escapeLine } from "../../src/log/escape.ts";
import { logServer } from "../../src/log/index.ts";
import { varsBlock } from "../helpers/wire.ts";

const server = {};

function environOf(vars: Readonly<Record<string, string>>): ExchangeEnd["environ"] {
  return environFromVars(decodeVars(varsBlock(Object.entries(vars))));
}

function endOf(changes: Partial<ExchangeEnd> = {}): ExchangeEnd {
  const environ = environOf({
    REQUEST_METHOD: "GET",
    REQUEST_URI: "/a?b=c",
    SERVER_PROTOCOL: "HTTP/1.1",
    REMOTE_ADDR: "192.0.2.1",
  });
  return { server, environ, status: 200, bodyBytes: 5, durationMs: 12.3456, complete: true, ...changes };
}

const now = new Date(2026, 10, 2, 3, 4, 5);
/** The zone of the process, worked out another way than in the code: a test machine may be anywhere. */
const zone = / GMT([+-]\d{4})/.exec(now.toString())?.[1] ?? "?";

// Escapes.

for (const [about, text, field, line = field] of [
  ["plain text", "plain text", "plain text"],
  ["a line feed", "a\nb", "a\\x0ab"],
  ["a carriage return", "a\rb", "a\\x0db"],
  ["a NUL", "a\0b", "a\\x00b"],
  ["an escape", "\x1b[31mred", "\\x1b[31mred"],
  ["a delete", "\x7f", "\\x7f"],
  ["a C1 control", "\x9b31m", "\\x9b31m"],
  ["a quote", 'a"b', "a\\x22b", 'a"b'],
  ["a backslash", "a\\b", "a\\x5cb", "a\\b"],
  ["a tab", "a\tb", "a\\x09b", "a\tb"],
  ["latin-1", "caf\u00e9", "caf\\xe9", "caf\u00e9"],
  ["above U+00FF", "€", "\\u20ac", "€"],
  ["a line separator", "a\u2028b", "a\\u2028b", "a\u2028b"],
  ["an astral character", "😀", "\\ud83d\\ude00", "😀"],
] as const) {
  test(`${about} is ${JSON.stringify(field)} in a field and ${JSON.stringify(line)} in a line`, (t) => {
    t.deepEqual([escapeField(text), escapeLine(text)], [field, line]);
  });
}

test("fields and lines are cut at 2 048 characters", (t) => {
  for (const escape of [escapeField, escapeLine]) {
    t.is(escape("x".repeat(2_048)), "x".repeat(2_048));
    t.is(escape("x".repeat(2_049)), `${"x".repeat(2_048)}...`);
  }
});

test("whatever a field is made of, it is printable ASCII without quotes", (t) => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => /^[ !#-~]*$/.test(escapeField(text))));
  t.pass();
});

// Access lines.

test("an access line is nginx's combined format with the time in seconds behind it", (t) => {
  const environ = environOf({
    REQUEST_METHOD: "POST",
    REQUEST_URI: "/a?b=c",
    SERVER_PROTOCOL: "HTTP/2.0",
    REMOTE_ADDR: "2001:db8::1",
    REMOTE_PORT: "80",
    REMOTE_USER: "ann",
    HTTP_REFERER: "http://example.test/",
    HTTP_USER_AGENT: "curl/8",
  });
  t.is(
    formatAccess(endOf({ environ, status: 201, bodyBytes: 1234 }), now),
    `2001:db8::1 - ann [02/Nov/2026:03:04:05 ${zone}] "POST /a?b=c HTTP/2.0" 201 1234 "http://example.test/" "curl/8" 0.012`,
  );
});

test("what is not known is a dash, and the client of a unix socket is unix:", (t) => {
  const environ = environOf({ REMOTE_ADDR: "unix:" });
  t.is(
    formatAccess(endOf({ environ, durationMs: 0 }), now),
    `unix: - - [02/Nov/2026:03:04:05 ${zone}] "GET / HTTP/1.0" 200 5 "-" "-" 0.000`,
  );
});

test("no answer is 499, and an answer that was broken off says so", (t) => {
  t.regex(formatAccess(endOf({ status: 0, bodyBytes: 0, complete: false }), now), /" 499 0 "-" "-" 0\.012 broken$/);
});

test("the time of each month is written with its name and two digits throughout", (t) => {
  const months = Array.from({ length: 12 }, (_, month) =>
    formatAccess(endOf(), new Date(2026, month, 31 - 30)).slice(15, 27),
  );
  t.deepEqual(
    months,
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ").map((month) => `01/${month}/2026:`.slice(0, 12)),
  );
});

test("a request is one line, whatever its peer puts into it", (t) => {
  const name = fc.constantFrom(
    "REQUEST_URI",
    "PATH_INFO",
    "SERVER_PROTOCOL",
    "REMOTE_ADDR",
    "REMOTE_USER",
    "HTTP_REFERER",
    "HTTP_USER_AGENT",
    "QUERY_STRING",
  );
  fc.assert(
    fc.property(
      fc.dictionary(
        name,
        fc.string({ unit: "binary-ascii" }).map((text) => `\n"${text}`),
      ),
      (vars) => {
        const line = formatAccess(endOf({ environ: environOf(vars) }), now);
        // 6 quotes of its own: none was added, none closed early.
        t.regex(line, /^[ -~]*$/);
        t.is(line.split('"').length - 1, 6);
      },
    ),
  );
});

test("an access line is written even where the application has left no environ to speak of", (t) => {
  for (const environ of [{}, { REQUEST_METHOD: 5, PATH_INFO: Symbol("x"), REMOTE_ADDR: {} }]) {
    t.regex(formatAccess(endOf({ environ }), now), /^unix: - - \[.*\] "- \/ -" 200 5 "-" "-" 0\.012$/);
  }
});

// Error lines.

const request = environOf({ REQUEST_METHOD: "GET", REQUEST_URI: "/a\n?password=secret" });

test("an error names method and path, not the query, and what became of the request", (t) => {
  const error = Object.assign(new Error("oh"), { stack: "Error: oh\n    at here" });
  const message = { server, environ: request, error };
  t.is(
    formatExchangeError({ ...message, headSent: false }),
    "error in GET /a\\x0a, answered 500: Error: oh\n    at here",
  );
  t.regex(
    formatExchangeError({ ...message, headSent: true }),
    /^error in GET \/a\\x0a, behind the head of the answer: /,
  );
});

test("an error outside of a request is that of a packet", (t) => {
  t.regex(formatExchangeError({ server, environ: {}, error: new Error("oh"), headSent: true }), /^error in a packet, /);
});

test("causes are followed, and a cause that leads back to its error is not followed for ever", (t) => {
  const inner = Object.assign(new Error("inner"), { stack: "Error: inner" });
  const outer = Object.assign(new Error("outer", { cause: inner }), { stack: "Error: outer" });
  t.regex(
    formatExchangeError({ server, environ: {}, error: outer, headSent: false }),
    /: Error: outer\ncaused by Error: inner$/,
  );
  inner.cause = outer;
  t.true(formatExchangeError({ server, environ: {}, error: outer, headSent: false }).length < 10_000);
});

for (const [about, error, expected] of [
  ["a string", "text\nmore", "thrown text\\x0amore"],
  ["undefined", undefined, "thrown undefined"],
  ["an object without a prototype", Object.create(null), "thrown [object Object]"],
  ["a symbol", Symbol("x"), "thrown Symbol(x)"],
  ["an error without a stack", Object.assign(new Error("oh"), { stack: undefined }), "Error: oh"],
  ["an error whose stack is no text", Object.assign(new Error("oh"), { stack: 5 }), "5"],
] as const) {
  test(`an error that is ${about} is described`, (t) => {
    t.is(
      formatExchangeError({ server, environ: {}, error, headSent: false }),
      `error in a packet, answered 500: ${expected}`,
    );
  });
}

test("a line in the message of an error cannot pass for a record: it is indented, and has no control characters", (t) => {
  const error = new Error("bad input: x\nerror in GET /forged, answered 500\r\n\x1b[2J\ncaused by nothing");
  const [, ...more] = formatExchangeError({ server, environ: request, error, headSent: false }).split("\n");
  t.true(more.length > 3);
  for (const line of more) t.regex(line, /^ {4}[ -~]*$/);
});

test("a refusal names the peer, the outcome and the code, on one line", (t) => {
  const error = new ProtocolError("key\nlength", { code: "UWSGI_EMPTY_KEY" });
  t.is(
    formatRefused({ server, peer: "127.0.0.1:5", error, status: 0 }),
    "refused 127.0.0.1:5, closed: UWSGI_EMPTY_KEY: key\\x0alength",
  );
  t.regex(formatRefused({ server, peer: "/run/s", error, status: 400 }), /^refused \/run\/s, answered 400: /);
});

test("a loader variable is called what it probably is", (t) => {
  t.regex(formatLoaderVar({ server, peer: "/run/s", name: "UWSGI_FILE" }), /^\/run\/s sent UWSGI_FILE, .* attack$/);
});

test("what an application says is one line with its request", (t) => {
  t.is(formatAppMessage({ server, environ: request, text: "a\rb\tc €" }), "GET /a\\x0a: a\\x0db\tc €");
});

// Listening.

test("a server's messages go where they belong, one line each, until it is stopped", (t) => {
  const mine = {};
  const access: string[] = [];
  const errors: string[] = [];
  const stop = logServer(mine, {
    access: { write: (line) => access.push(line) },
    errors: { write: (line) => errors.push(line) },
  });
  const tell = (about: object): void => {
    const environ = environOf({});
    exchangeEnd.publish({ ...endOf(), server: about });
    exchangeError.publish({ server: about, environ, error: "x", headSent: false });
    const error = new ProtocolError("x", { code: "UWSGI_EMPTY_KEY" });
    connectionRefused.publish({ server: about, peer: "p", error, status: 0 });
    loaderVarSeen.publish({ server: about, peer: "p", name: "UWSGI_FILE" });
    appMessage.publish({ server: about, environ, text: "hello" });
  };
  tell({});
  t.deepEqual([access, errors], [[], []]);
  tell(mine);
  t.deepEqual([access.length, errors.length], [1, 4]);
  for (const line of [...access, ...errors]) t.regex(line, /^[^\n]+\n$/);
  stop();
  tell(mine);
  t.deepEqual([access.length, errors.length], [1, 4]);
});

test("what nobody wants is not listened to", (t) => {
  const before = exchangeEnd.hasSubscribers;
  const stop = logServer({}, { errors: { write: () => true } });
  t.is(exchangeEnd.hasSubscribers, before);
  stop();
  t.false(exchangeError.hasSubscribers);
});

test("a connection that could not be accepted is one line with its address", (t) => {
  const error = new Error("accept EMFILE\nmore");
  t.is(
    formatAcceptFailed({ server: {}, address: "127.0.0.1:3031", error }),
    String.raw`could not accept a connection on 127.0.0.1:3031: accept EMFILE\x0amore`,
  );
});
