import { randomBytes } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { type WsgiApplication } from "../../../src/app/index.ts";
import { HttpBridge } from "../../../src/gateway/index.ts";
import { serve } from "../../../src/serve.ts";
import { type HttpAnswer, open, send, start } from "../../helpers/http-client.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

/** The application behind a bridge, and the bridge's port. */
async function bridged(t: ExecutionContext, application: WsgiApplication, maxBodyBytes?: number): Promise<number> {
  const socket = join(folderOf(t), "app.sock");
  const server = await serve(application, { socket, log: false, graceMs: 1_000 });
  t.teardown(() => server.close());
  return bridgeTo(t, socket, maxBodyBytes);
}

async function bridgeTo(t: ExecutionContext, to: string, maxBodyBytes?: number): Promise<number> {
  const bridge = await HttpBridge.listen(maxBodyBytes === undefined ? { to } : { to, maxBodyBytes });
  t.teardown(() => bridge.close());
  return bridge.port;
}

/** An upstream that reads a little, sends these bytes and ends. */
async function scripted(t: ExecutionContext, answer: string): Promise<string> {
  const socket = join(folderOf(t), "scripted.sock");
  const server = createServer((peer) => {
    peer.on("error", () => {});
    peer.once("data", () => peer.end(answer));
  });
  server.listen(socket);
  await once(server, "listening");
  t.teardown(() => {
    server.close();
  });
  return socket;
}

const echo: WsgiApplication = async (environ, startResponse) => {
  const body = await environ["wsgi.input"].read();
  startResponse("200 OK", [
    ["X-Length", environ.CONTENT_LENGTH ?? "none"],
    ["X-Encoding", "HTTP_TRANSFER_ENCODING" in environ ? "some" : "none"],
  ]);
  return body;
};

const header = (answer: HttpAnswer, name: string): string | undefined => answer.headers.get(name)?.[0];

test("the environ is the one nginx would send", async (t) => {
  const port = await bridged(t, (environ, startResponse) => {
    startResponse("200 OK", []);
    return JSON.stringify({ ...environ, "wsgi.input": 0, "wsgi.errors": 0, "uisge.request": 0 });
  });
  const answer = await send({
    port,
    path: "/a%20b/../c?x=1",
    headers: [
      ["X-Two", "1"],
      ["X-Two", "2"],
    ],
  });
  t.like(JSON.parse(answer.body.toString()), {
    REQUEST_METHOD: "GET",
    REQUEST_URI: "/a%20b/../c?x=1",
    PATH_INFO: "/c",
    QUERY_STRING: "x=1",
    SERVER_PROTOCOL: "HTTP/1.1",
    REQUEST_SCHEME: "http",
    REMOTE_ADDR: "127.0.0.1",
    SERVER_PORT: String(port),
    HTTP_HOST: `127.0.0.1:${port}`,
    HTTP_X_TWO: "1, 2",
    HTTP_X_FORWARDED_FOR: "127.0.0.1",
    HTTP_X_FORWARDED_PROTO: "http",
    HTTP_X_FORWARDED_HOST: `127.0.0.1:${port}`,
    HTTP_CONNECTION: undefined,
  });
});

for (const size of [0, 1, 65_536, 3_000_000]) {
  const body = randomBytes(size);
  test(`an upload of ${size} bytes with a length arrives whole`, async (t) => {
    const answer = await send({ port: await bridged(t, echo), method: "POST", body });
    t.true(answer.body.equals(body));
    t.is(header(answer, "x-length"), String(size));
  });
  test(`a chunked upload of ${size} bytes arrives whole, with its length and without its framing`, async (t) => {
    const pieces = size < 3 ? [body] : [body.subarray(0, 3), body.subarray(3)];
    const answer = await send({ port: await bridged(t, echo), method: "POST", body: pieces });
    t.true(answer.body.equals(body));
    t.is(header(answer, "x-length"), String(size));
    t.is(header(answer, "x-encoding"), "none");
  });
}

test("status, reason, repeated headers and a streamed body come through", async (t) => {
  const port = await bridged(t, (_environ, startResponse) => {
    startResponse("418 I'm a teapot", [
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
    ]);
    return ["short ", "and ", "stout"];
  });
  const message = await open({ port });
  t.is(message.statusMessage, "I'm a teapot");
  t.deepEqual(message.headers["set-cookie"], ["a=1", "b=2"]);
  t.is((await message.toArray()).join(""), "short and stout");
});

test("HEAD and 204 have no body", async (t) => {
  const port = await bridged(t, (environ, startResponse) => {
    startResponse(environ.PATH_INFO === "/204" ? "204 No Content" : "200 OK", []);
    return environ.PATH_INFO === "/204" ? [] : "twelve bytes";
  });
  const head = await send({ port, method: "HEAD" });
  t.is(head.body.length, 0);
  t.is(header(head, "content-length"), "12");
  t.is((await send({ port, path: "/204" })).status, 204);
});

test("a client that goes away fires the application's signal", async (t) => {
  const seen = new EventEmitter();
  const port = await bridged(t, async (environ, startResponse) => {
    startResponse("200 OK", []);
    const { signal } = environ["uisge.request"];
    client.destroy();
    await once(signal, "abort");
    seen.emit("abort", signal.reason);
    return "late";
  });
  const aborted = once(seen, "abort");
  const client = start({ port });
  t.like((await aborted)[0], { code: "UWSGI_PEER_GONE" });
});

test("an upload over maxBodyBytes without a length is a 413", async (t) => {
  const port = await bridged(t, echo, 1_000);
  t.is((await send({ port, method: "POST", body: [Buffer.alloc(1_001)] })).status, 413);
});

test("an upstream that is not there is a 502", async (t) => {
  t.is((await send({ port: await bridgeTo(t, join(folderOf(t), "nobody.sock")) })).status, 502);
});

test("an upstream that answers nonsense, or nothing, is a 502", async (t) => {
  t.is((await send({ port: await bridgeTo(t, await scripted(t, "\x00\x01garbage")) })).status, 502);
  t.is((await send({ port: await bridgeTo(t, await scripted(t, "")) })).status, 502);
  t.is((await send({ port: await bridgeTo(t, await scripted(t, "HTTP/1.1 200 OK\r\nX: y")) })).status, 502);
});

test("an answer shorter than its Content-Length is broken off, not passed on as whole", async (t) => {
  const port = await bridgeTo(t, await scripted(t, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive!"));
  await t.throwsAsync(send({ port }));
});

test("an answer longer than its Content-Length is cut, and hop-by-hop headers stay behind", async (t) => {
  const port = await bridgeTo(
    t,
    await scripted(
      t,
      "Status: 201 Made\r\nContent-Length: 4\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nfour and more",
    ),
  );
  const answer = await send({ port });
  t.is(answer.status, 201);
  t.is(answer.body.toString(), "four");
  t.is(header(answer, "upgrade"), undefined);
});

test("a target that climbs above the root is a 400, headers that do not fit a packet a 431", async (t) => {
  const port = await bridged(t, echo);
  t.is((await send({ port, path: "/../etc/passwd" })).status, 400);
  const many = Array.from({ length: 100 }, (_, i) => [`X-${i}-${"n".repeat(700)}`, "v"] as const);
  t.is((await send({ port, headers: many })).status, 431);
});
