/** T24: what a peer sends must not write the log: no line of its own, no field, no command for a terminal. */
import test from "ava";
import { logServer } from "../../src/log/index.ts";
import { ask, requestOf } from "../helpers/raw-client.ts";
import { startServer } from "../helpers/test-server.ts";

/** What could end a line, a field or a string, or speak to a terminal; bytes as characters. */
const hostile: readonly (readonly [about: string, text: string])[] = [
  ["a line feed", "\n192.0.2.9 - admin [22/Nov/2026:00:00:00 +0000] forged"],
  ["a carriage return and a line feed", "\r\n2026-11-22T00:00:00.000Z error forged"],
  ["a carriage return alone", "\rforged"],
  ["a quote", '" 200 5 "-" "forged'],
  ["a quote and a brace", '"}\n{"level":"error","message":"forged'],
  ["a backslash at the end", "forged\\"],
  ["an escape", "\x1b[2J\x1b]0;forged\x07"],
  ["a control sequence of one byte", "\x9b2Jforged"],
  ["a next line of latin-1", "\x85forged"],
  ["a next line and a line separator in UTF-8", "\xc2\x85\xe2\x80\xa8forged"],
  ["a turn of direction in UTF-8", "\xe2\x80\xaedegrof"],
  ["a NUL", "\0forged"],
  ["UTF-8", "caf\xc3\xa9 \xe2\x82\xac"],
  ["bytes that are no UTF-8", "caf\xe9 \xff\xc3"],
  ["a delete", "\x7fforged"],
  ["100 KB in all", "x".repeat(12_000)],
];

/** Vars that end up in a log. */
const names = [
  "REQUEST_URI",
  "PATH_INFO",
  "SERVER_PROTOCOL",
  "REMOTE_ADDR",
  "REMOTE_USER",
  "HTTP_USER_AGENT",
  "HTTP_REFERER",
  "HTTP_HOST",
  "HTTP_X_REQUEST_ID",
] as const;

/** As tools for nginx's logs read it: each field to the next blank, bracket or quote. */
const COMBINED = /^\S+ - \S+ \[[^\]]+\] "GET [^"]*" 500 26 "[^"]*" "[^"]*"$/;
const ERROR_TEXT = /^\d{4}-\d\d-\d\dT[\d:.]{12}Z (error|info|warn) (\[[A-Za-z0-9._~+/=:@-]+\] GET |refused )/;

/** Nothing but one line feed, and that at the end. */
const ONE_LINE = /^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202e]+\n$/;

for (const [about, text] of hostile) {
  test(`T24: ${about} in any var leaves every record of every log one line that parses`, async (t) => {
    const logs = { combined: [] as string[], text: [] as string[], accessJson: [] as string[], json: [] as string[] };
    const to = (lines: string[]): { write: (line: string) => void } => ({ write: (line) => void lines.push(line) });
    await using server = await startServer((request) => {
      request.log(text);
      throw new Error(text);
    });
    const stops = [
      logServer(server.server, { access: to(logs.combined), errors: to(logs.text) }),
      logServer(server.server, {
        access: to(logs.accessJson),
        accessFormat: "json",
        errors: to(logs.json),
        errorFormat: "json",
      }),
    ];
    for (const name of names) await ask(server.address, requestOf({ [name]: text }));
    await server.seen.ends.at(names.length - 1);
    // Refused: this one has no line for its request.
    t.is((await ask(server.address, requestOf({ REQUEST_METHOD: `GET${text} ` }))).status, 400);
    for (const stop of stops) stop();

    t.deepEqual([logs.combined.length, logs.accessJson.length], [names.length, names.length]);
    t.deepEqual([logs.text.length, logs.json.length], [2 * names.length + 1, 2 * names.length + 1]);
    for (const line of Object.values(logs).flat()) t.regex(line, ONE_LINE);
    for (const line of logs.combined) t.regex(line.trimEnd(), COMBINED);
    for (const line of logs.text) t.regex(line, ERROR_TEXT);
    for (const line of logs.accessJson) t.like(JSON.parse(line), { method: "GET", status: 500 });
    const events = logs.json.map((line) => (JSON.parse(line) as { event: string }).event);
    t.deepEqual([...new Set(events)], ["app:message", "exchange:error", "connection:refused"]);
    // Cut: one field has 2 KiB, and a byte of it four characters at most.
    for (const line of Object.values(logs).flat()) t.true(line.length < 20_000, `${line.length}`);
  });
}

test("T24: a request id that could write the log is replaced by one of our own", async (t) => {
  const lines: string[] = [];
  await using server = await startServer((request) => {
    throw new Error(request.id);
  });
  const stop = logServer(server.server, { errors: { write: (line: string) => lines.push(line) } });
  await ask(server.address, requestOf({ HTTP_X_REQUEST_ID: "a] error [b" }));
  await ask(server.address, requestOf({ HTTP_X_REQUEST_ID: "4f0c-1" }));
  await server.seen.errors.at(1);
  stop();
  t.regex(lines[0] ?? "", / error \[[0-9a-f]{32}\] /);
  t.regex(lines[1] ?? "", / error \[4f0c-1\] /);
});
