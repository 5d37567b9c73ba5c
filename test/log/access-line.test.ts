import test from "ava";
import fc from "fast-check";
import { formatAccessJson, formatCombined } from "../../src/log/access-line.ts";
import { endOf, environOf } from "../helpers/messages.ts";

const now = new Date(2026, 10, 2, 3, 4, 5, 678);
/** The zone of the process, worked out another way than in the code: a test machine may be anywhere. */
const zone = / GMT([+-]\d{4})/.exec(now.toString())?.[1] ?? "?";

// Combined.

test("an access line is nginx's combined format and nothing behind it", (t) => {
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
    formatCombined(endOf({ environ, status: 201, bodyBytes: 1234 }), now),
    `2001:db8::1 - ann [02/Nov/2026:03:04:05 ${zone}] "POST /a?b=c HTTP/2.0" 201 1234 "http://example.test/" "curl/8"`,
  );
});

test("what is not known is a dash, and the client of a unix socket is unix:", (t) => {
  const environ = environOf({ REMOTE_ADDR: "unix:" });
  t.is(
    formatCombined(endOf({ environ }), now),
    `unix: - - [02/Nov/2026:03:04:05 ${zone}] "GET / HTTP/1.0" 200 5 "-" "-"`,
  );
});

test("a user's spaces do not end the field", (t) => {
  const environ = environOf({ REMOTE_ADDR: "192.0.2.1", REMOTE_USER: "ann lee" });
  t.regex(formatCombined(endOf({ environ }), now), /^192\.0\.2\.1 - ann\\x20lee \[/);
});

test("a client that left without an answer is 499", (t) => {
  t.regex(formatCombined(endOf({ status: 0, bodyBytes: 0, ending: "peer-gone" }), now), /" 499 0 "-" "-"$/);
});

test("a connection that was broken by us without an answer is 444", (t) => {
  t.regex(formatCombined(endOf({ status: 0, bodyBytes: 0, ending: "broken-off" }), now), /" 444 0 "-" "-"$/);
});

test("an answer that was broken off has the status that was sent, and nothing that nginx's lines do not have", (t) => {
  t.regex(formatCombined(endOf({ ending: "unsignalled" }), now), /" 200 5 "-" "-"$/);
});

test("the time of each month is written with its name and two digits throughout", (t) => {
  const months = Array.from({ length: 12 }, (_, month) =>
    formatCombined(endOf(), new Date(2026, month, 31 - 30)).slice(15, 27),
  );
  t.deepEqual(
    months,
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ").map((month) => `01/${month}/2026:`.slice(0, 12)),
  );
});

test("each line has the time of its own second", (t) => {
  const times = [0, 999, 1_000, 500].map((ms) =>
    formatCombined(endOf(), new Date(2026, 0, 1, 0, 0, 0, ms)).slice(27, 35),
  );
  t.deepEqual(times, ["00:00:00", "00:00:00", "00:00:01", "00:00:00"]);
});

test("an access line is written even where the application has left no environ to speak of", (t) => {
  for (const environ of [{}, { REQUEST_METHOD: 5, PATH_INFO: Symbol("x"), REMOTE_ADDR: {} }]) {
    t.regex(formatCombined(endOf({ environ }), now), /^unix: - - \[.*\] "- \/ -" 200 5 "-" "-"$/);
  }
});

// JSON.

test("a JSON access line has all that is known, in this order", (t) => {
  const environ = environOf({
    REQUEST_METHOD: "POST",
    REQUEST_URI: "/a?b=c",
    SERVER_PROTOCOL: "HTTP/2.0",
    REMOTE_ADDR: "192.0.2.1",
    REMOTE_USER: "ann lee",
    HTTP_HOST: "example.test",
    HTTP_REFERER: "http://example.test/",
    HTTP_TRACEPARENT: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    HTTP_USER_AGENT: "caf\xc3\xa9",
  });
  t.is(
    formatAccessJson(endOf({ environ }), now, { pid: 7, worker: 3 }),
    `{"time":"${now.toISOString()}","level":"info","event":"access","pid":7,"worker":3,"request_id":"r1",` +
      '"trace_id":"0af7651916cd43dd8448eb211c80319c",' +
      `"remote_addr":"192.0.2.1","remote_user":"ann lee",` +
      '"method":"POST","target":"/a?b=c","protocol":"HTTP/2.0","host":"example.test","status":200,"body_bytes":5,' +
      '"duration_ms":12.346,"ending":"complete","referer":"http://example.test/","user_agent":"café"}',
  );
});

test("a JSON access line leaves out what is missing or empty", (t) => {
  const environ = environOf({ REMOTE_ADDR: "unix:", HTTP_REFERER: "" });
  const ending = { status: 0, bodyBytes: 0, durationMs: 0, ending: "peer-gone" } as const;
  t.deepEqual(JSON.parse(formatAccessJson(endOf({ environ, ...ending }), now)), {
    time: now.toISOString(),
    level: "info",
    event: "access",
    pid: process.pid,
    request_id: "r1",
    method: "GET",
    target: "/",
    protocol: "HTTP/1.0",
    status: 499,
    body_bytes: 0,
    duration_ms: 0,
    ending: "peer-gone",
  });
});

// What nobody may break.

const names = fc.constantFrom(
  "REQUEST_URI",
  "PATH_INFO",
  "SERVER_PROTOCOL",
  "REMOTE_ADDR",
  "REMOTE_USER",
  "HTTP_HOST",
  "HTTP_REFERER",
  "HTTP_USER_AGENT",
  "QUERY_STRING",
);
const bytes = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)) });
const hostile = fc.dictionary(
  names,
  bytes.map((text) => `\n" ${text}`),
);

test("T24: a combined line is one line that parses, whatever its peer puts into it", (t) => {
  fc.assert(
    fc.property(hostile, (vars) => {
      const line = formatCombined(endOf({ environ: environOf(vars) }), now);
      t.regex(line, /^[!-~]+ - [!-~]+ \[[^\]"]+\] "[ !#-~]*" 200 5 "[ !#-~]*" "[ !#-~]*"$/);
    }),
  );
});

test("T24: a JSON line is one line that parses, whatever its peer puts into it", (t) => {
  fc.assert(
    fc.property(hostile, (vars) => {
      const line = formatAccessJson(endOf({ environ: environOf(vars) }), now);
      t.notRegex(line, /[\x00-\x1f\x7f-\x9f\u2028\u2029]/);
      t.like(JSON.parse(line), { status: 200, method: "GET" });
    }),
  );
});
