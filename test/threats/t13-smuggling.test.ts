/** T13: a request hidden behind, or inside, another one. One connection is one request, whatever follows. */
import test from "ava";
import { pingPlugin } from "../../src/plugins/index.ts";
import { send } from "../helpers/http-client.ts";
import { needs } from "../helpers/needs.ts";
import { bothWays, startStack } from "../helpers/nginx-stack.ts";
import { get, parseAnswer, post, RawClient, requestOf } from "../helpers/raw-client.ts";
import { bothKinds, deliver, startTarget } from "../helpers/target.ts";
import { respond } from "../helpers/test-server.ts";
import { readVector, wholeOf } from "../helpers/vectors.ts";
import { concat, latin1, wire } from "../helpers/wire.ts";

const admin = get({ PATH_INFO: "/admin", REMOTE_USER: "admin" });
const ping = wire("64 00 00 00");
const http = latin1("GET /admin HTTP/1.1\r\nHost: a\r\n\r\n");

const rows: readonly (readonly [about: string, bytes: Uint8Array, body: Uint8Array])[] = [
  ["a body that is a packet", post(admin), admin],
  ["a body that is a ping", post(ping), ping],
  ["a body that is an HTTP request", post(http), http],
  ["two requests pipelined", concat([get(), admin]), new Uint8Array(0)],
  ["three requests pipelined", concat([get(), admin, admin]), new Uint8Array(0)],
  ["a ping behind a request", concat([get(), ping]), new Uint8Array(0)],
  ["a packet behind a body", concat([post("abc"), admin]), latin1("abc")],
  [
    "a packet behind a CONTENT_LENGTH of 0",
    requestOf({ REQUEST_METHOD: "POST", CONTENT_LENGTH: "0" }, admin),
    new Uint8Array(0),
  ],
  [
    "a packet behind an empty CONTENT_LENGTH",
    requestOf({ REQUEST_METHOD: "POST", CONTENT_LENGTH: "" }, admin),
    new Uint8Array(0),
  ],
  [
    "a packet behind a body with half its length",
    requestOf({ CONTENT_LENGTH: "2" }, concat([latin1("ab"), admin])),
    latin1("ab"),
  ],
  [
    "a client's Connection: keep-alive",
    concat([get({ HTTP_CONNECTION: "keep-alive", HTTP_KEEP_ALIVE: "timeout=60" }), admin]),
    new Uint8Array(0),
  ],
  [
    "a client's Connection: Upgrade",
    concat([get({ HTTP_CONNECTION: "Upgrade", HTTP_UPGRADE: "uwsgi" }), admin]),
    new Uint8Array(0),
  ],
  [
    "a chunked body beside a length",
    requestOf({ HTTP_TRANSFER_ENCODING: "chunked", CONTENT_LENGTH: "5" }, concat([latin1("0\r\n\r\n"), admin])),
    latin1("0\r\n\r\n"),
  ],
  [
    "a length in HTTP_CONTENT_LENGTH",
    requestOf({ HTTP_CONTENT_LENGTH: String(admin.length) }, admin),
    new Uint8Array(0),
  ],
  ["the captured body with a packet behind it", wholeOf(readVector("malformed/body-then-packet")), latin1("hello")],
  ["the captured two packets", wholeOf(readVector("unusual/two-packets")), new Uint8Array(0)],
];

for (const kind of bothKinds) {
  for (const isRead of [true, false]) {
    const how = isRead ? "read" : "not read";

    test(`T13: whatever is behind a request is no second one, its body ${how}, on ${kind}`, async (t) => {
      for (const [about, bytes, expected] of rows) {
        await using server = await startTarget({ kind, plugins: [pingPlugin()] }, async ({ body }) => {
          const chunks: Uint8Array[] = [];
          if (isRead) for await (const chunk of body) chunks.push(chunk);
          return respond(concat(chunks));
        });
        for (const chunks of [[bytes], Array.from(bytes, (byte) => new Uint8Array([byte]))]) {
          const answer = parseAnswer((await deliver(server, chunks)).bytes);
          const body = isRead ? Buffer.from(expected).toString("latin1") : "";
          t.deepEqual([answer.status, answer.body], [200, body], about);
        }
        t.deepEqual([server.calls.length, server.server.counts.exchanges], [2, 2], about);
        t.false(
          server.calls.some(({ PATH_INFO }) => PATH_INFO === "/admin"),
          about,
        );
      }
    });
  }

  test(`T13: a body that is still chunked is refused with 411, and what is behind it is no request, on ${kind}`, async (t) => {
    await using server = await startTarget({ kind, plugins: [pingPlugin()] });
    const bytes = requestOf({ HTTP_TRANSFER_ENCODING: "chunked" }, concat([latin1("0\r\n\r\n"), admin]));
    for (const chunks of [[bytes], Array.from(bytes, (byte) => new Uint8Array([byte]))]) {
      t.is(parseAnswer((await deliver(server, chunks)).bytes).status, 411);
    }
    t.deepEqual([server.calls.length, server.server.counts.exchanges], [0, 2]);
  });

  test(`T13: what comes while an answered connection lingers is no request either on ${kind}`, async (t) => {
    await using server = await startTarget({ kind, plugins: [pingPlugin()] });
    using client = await RawClient.connect(server.address);
    await client.send(get({ HTTP_CONNECTION: "keep-alive" }));
    t.is((await client.ending).how, "end");
    await client.send(admin, ping, admin);
    client.end();
    await client.closed;
    t.deepEqual([server.calls.length, server.server.counts.exchanges], [1, 1]);
    t.is(parseAnswer(client.received).body, "served");
  });
}

const nginxTest = needs("nginx");

for (const over of bothWays) {
  nginxTest(`T13: a client that asks nginx for keep-alive gets one call for each request, over ${over}`, async (t) => {
    const paths: string[] = [];
    await using stack = await startStack(
      ({ PATH_INFO }, startResponse) => {
        paths.push(PATH_INFO);
        startResponse("200 OK", []);
        return PATH_INFO;
      },
      { over, directives: "uwsgi_request_buffering off;" },
    );
    for (let i = 0; i < 5; i++) {
      const body = Buffer.from(admin);
      const answer = await send({
        port: stack.port,
        method: "POST",
        path: `/${i}`,
        body,
        headers: [["Connection", "keep-alive"]],
      });
      t.is(answer.body.toString(), `/${i}`);
    }
    t.deepEqual(paths, ["/0", "/1", "/2", "/3", "/4"]);
  });
}
