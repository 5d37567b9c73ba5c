/** T32: a log that others may read holds no password, cookie or token of a request. */
import test from "ava";
import { wsgi, type WsgiApplication } from "../../src/app/index.ts";
import type { Handler } from "../../src/handler/index.ts";
import { logServer } from "../../src/log/index.ts";
import { exchange, requestOf } from "../helpers/raw-client.ts";
import { respond, startServer, type TestServerOptions } from "../helpers/test-server.ts";
import { packetOf, varsBlock } from "../helpers/wire.ts";

const SECRET = "s3cr3t";

/** A secret in every place of a request where a client has one. */
const vars = {
  REQUEST_METHOD: "POST",
  REQUEST_URI: `/login?token=${SECRET}`,
  PATH_INFO: "/login",
  QUERY_STRING: `token=${SECRET}`,
  HTTP_COOKIE: `session=${SECRET}`,
  HTTP_AUTHORIZATION: `Bearer ${SECRET}`,
  HTTP_X_API_KEY: SECRET,
  HTTP_REFERER: `http://example.test/?token=${SECRET}`,
};

/** The vars, and one of them again with another value. */
function twice(name: keyof typeof vars): Uint8Array {
  return packetOf(varsBlock([...Object.entries(vars), [name, `other ${SECRET}`]]));
}

const setsCookie: WsgiApplication = (_environ, start) => {
  start("200 OK", [["Set-Cookie", `session=${SECRET}\n`]]);
  return "";
};

const fails: Handler = () => {
  throw new Error("failed");
};

const cases: readonly (readonly [about: string, handler: Handler, bytes: Uint8Array, options?: TestServerOptions])[] = [
  ["an application that fails", fails, requestOf(vars)],
  [
    "an application that fails in the middle of its answer",
    () =>
      respond(
        (function* () {
          yield "half";
          throw new Error("failed");
        })(),
      ),
    requestOf(vars),
  ],
  ["a response header that is no header", wsgi(setsCookie), requestOf(vars)],
  ["a response whose head is large", () => respond("x", { headers: [["X-A", SECRET.repeat(1_000)]] }), requestOf(vars)],
  [
    "an application that writes to its log",
    (request) => {
      request.log("noted");
      return respond("x");
    },
    requestOf(vars),
  ],
  ["two Authorization headers", fails, twice("HTTP_AUTHORIZATION")],
  ["two cookies where repeats are refused", fails, twice("HTTP_COOKIE"), { duplicates: "refuse" }],
  ["two keys that only the front end sets", fails, twice("HTTP_X_API_KEY"), { trustedHeaders: ["HTTP_X_API_KEY"] }],
  ["two queries where repeats are refused", fails, twice("QUERY_STRING"), { duplicates: "refuse" }],
  ["too many vars", fails, requestOf(vars), { maxVars: 3 }],
  ["too many bytes", fails, requestOf(vars), { maxDatasize: 100 }],
  ["a body too long", fails, requestOf({ ...vars, CONTENT_LENGTH: "5" }, "12345"), { maxBodyBytes: 1 }],
  ["a value past its end", fails, packetOf(varsBlock(Object.entries(vars)).subarray(0, -3))],
  ["HTTP for uwsgi", fails, Buffer.from(`GET /login?token=${SECRET} HTTP/1.1\r\nCookie: a=${SECRET}\r\n\r\n`)],
  ["an unknown modifier", fails, packetOf(varsBlock(Object.entries(vars)), 55)],
];

for (const [about, handler, bytes, options = {}] of cases) {
  for (const errorFormat of ["text", "json"] as const) {
    test(`T32: the error log has no secret of the request: ${about}, as ${errorFormat}`, async (t) => {
      await using server = await startServer(handler, options);
      const lines: string[] = [];
      const stop = logServer(server.server, { errors: { write: (line: string) => lines.push(line) }, errorFormat });
      await exchange(server.address, bytes);
      // Closed: all that there is to log has been logged.
      await server.server.close();
      stop();
      t.is(lines.length, 1);
      t.notRegex(lines.join(), /s3cr3t/);
    });
  }
}
