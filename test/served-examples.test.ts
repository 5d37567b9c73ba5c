/** The examples, run as they say, and asked what they are there to show. */
import { once } from "node:events";
import { createServer } from "node:http";
import { readdirSync, readFileSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { Child } from "./helpers/child.ts";
import { type HttpAnswer, open, send } from "./helpers/http-client.ts";
import { until } from "./helpers/measure.ts";
import { noise } from "./helpers/noise.ts";
import { projectRoot } from "./helpers/project.ts";
import { serveExample, type ServedExample } from "./helpers/served-example.ts";
import { nextMessage, opened } from "./helpers/websocket-client.ts";

/** Starts an example for one test. */
async function served(t: ExecutionContext, name: string): Promise<ServedExample> {
  const example = await serveExample(name);
  t.teardown(() => example[Symbol.asyncDispose]());
  return example;
}

async function get({ port }: ServedExample, path = "/"): Promise<HttpAnswer> {
  return send({ port, path });
}

async function post({ port }: ServedExample, path: string, type: string, body: string | Buffer): Promise<HttpAnswer> {
  return send({ port, path, method: "POST", headers: [["Content-Type", type]], body: Buffer.from(body) });
}

function json(answer: HttpAnswer): unknown {
  return JSON.parse(answer.body.toString());
}

for (const [name, why, text] of [
  ["wsgi.js", /export application, by its name: WSGI/, "Hello, 127.0.0.1\n"],
  ["class.js", /export Hello is a class: WSGI/, "Hello, 127.0.0.1\n"],
  ["node.js", /it listens on port 3000: Node handler/, "Hello, 127.0.0.1\n"],
  ["fetch.js", /fetch handler/, "Hello, 127.0.0.1, you asked for /tea\n"],
] as const) {
  test.serial(`hello/${name} says hello, as what it is taken for`, async (t) => {
    const example = await served(t, `hello/${name}`);
    t.is((await get(example, "/tea")).body.toString(), text);
    t.regex(example.child.stderr, why);
    t.is(await example.stop(), 0);
  });
}

test.serial("every hello is run by a test", (t) => {
  t.deepEqual(readdirSync(join(projectRoot, "examples/hello")).sort(), ["class.js", "fetch.js", "node.js", "wsgi.js"]);
});

test.serial("Express: JSON goes in and out, and the client is who the front end says", async (t) => {
  const example = await served(t, "express/app.js");
  const answer = await send({ port: example.port, path: "/", headers: [["X-Forwarded-For", "192.0.2.1"]] });
  t.like(json(answer), { client: "127.0.0.1", scheme: "http" });
  const made = await post(example, "/teas", "application/json", '{"name":"Assam"}');
  t.deepEqual([made.status, made.headers.get("location")], [201, ["/teas/2"]]);
  t.deepEqual(json(await get(example, "/teas/2")), { id: 2, name: "Assam" });
  t.is((await post(example, "/teas", "application/json", "{}")).status, 422);
  t.is((await post(example, "/teas", "application/json", "{")).status, 400);
  t.is((await get(example, "/teas/9")).status, 404);
  t.is(await example.stop(), 0);
});

test.serial("Koa: its middleware runs around the answer", async (t) => {
  const example = await served(t, "koa/app.js");
  const answer = await get(example);
  t.deepEqual(json(answer), { client: "127.0.0.1", scheme: "http" });
  t.regex(String(answer.headers.get("server-timing")), /^app;dur=[0-9.]+$/);
  t.deepEqual(
    [(await get(example, "/x")).status, (await get(example, "/x")).body.toString()],
    [404, "there is only one page\n"],
  );
  t.is(await example.stop(), 0);
});

test.serial("Fastify: bodies are checked by their schema", async (t) => {
  const example = await served(t, "fastify/app.js");
  t.deepEqual(json(await get(example)), { client: "127.0.0.1", scheme: "http" });
  t.deepEqual(json(await post(example, "/sum", "application/json", "[1,2,39]")), { sum: 42 });
  t.is((await post(example, "/sum", "application/json", '{"a":1}')).status, 400);
  t.is(await example.stop(), 0);
});

test.serial("Hono: it sees what uisge gives a fetch handler, and streams", async (t) => {
  const example = await served(t, "hono/app.js");
  t.like(json(await get(example)), { client: "127.0.0.1" });
  t.is((await get(example, "/countdown")).body.toString(), "3\n2\n1\ntea\n");
  t.is(await example.stop(), 0);
});

test.serial("sessions: a visitor is counted, greeted once, and forgotten", async (t) => {
  const example = await served(t, "session/app.js");
  let cookie = "";
  const ask = async (method: string, path: string, body = ""): Promise<HttpAnswer> => {
    const headers = [["Content-Type", "application/x-www-form-urlencoded"] as const, ["Cookie", cookie] as const];
    const answer = await send({ port: example.port, method, path, headers, body: Buffer.from(body) });
    const set = answer.headers.get("set-cookie")?.[0];
    if (set !== undefined) cookie = set.split(";")[0] ?? "";
    return answer;
  };
  t.deepEqual(json(await ask("GET", "/")), { visits: 1, messages: [] });
  t.is((await ask("POST", "/login", "name=Ann")).status, 303);
  t.deepEqual(json(await ask("GET", "/")), { visits: 2, name: "Ann", messages: ["welcome, Ann"] });
  t.deepEqual(json(await ask("GET", "/")), { visits: 3, name: "Ann", messages: [] });
  await ask("POST", "/logout");
  t.deepEqual(json(await ask("GET", "/")), { visits: 1, messages: [] });
  t.is(await example.stop(), 0);
});

test.serial("mount: each path has its application, and Express middleware is around all of them", async (t) => {
  const example = await served(t, "mount/app.js");
  const clock = await get(example, "/clock/now");
  t.regex(clock.body.toString(), /^WSGI at \/clock, below it \/now: 2/);
  t.deepEqual(clock.headers.get("x-content-type-options"), ["nosniff"]);
  t.is((await get(example, "/shop?q")).body.toString(), "Express at /shop: the client asked for /shop?q\n");
  t.deepEqual((await get(example, "/shop/tea")).headers.get("location"), ["/shop/"]);
  t.regex((await get(example)).body.toString(), /^Hono at the root/);
  t.is((await get(example, "/admin")).status, 403);
  t.is(await example.stop(), 0);
});

test.serial("WebSocket chat: everybody hears what somebody says, and the server's close says why", async (t) => {
  const example = await served(t, "websocket-chat/app.js");
  t.regex((await get(example)).body.toString(), /new WebSocket\(url\)/);
  const [one, other] = [await opened(example.port), await opened(example.port)];
  const heard = [nextMessage(one), nextMessage(other)];
  one.send("tea?");
  t.deepEqual((await Promise.all(heard)).map(String), ["tea?", "tea?"]);
  const codes = [one, other].map(async (socket) => ((await once(socket, "close")) as [number])[0]);
  const stopping = example.stop();
  t.deepEqual(await Promise.all(codes), [1001, 1001]);
  t.is(await stopping, 0);
});

test.serial("WebSocket chat: a message that is too long ends its connection only", async (t) => {
  const example = await served(t, "websocket-chat/app.js");
  const [one, other] = [await opened(example.port), await opened(example.port)];
  const closing = once(one, "close");
  one.send("x".repeat(4_097));
  t.is(((await closing) as [number])[0], 1009);
  const heard = nextMessage(other);
  other.send("still here");
  t.is(String(await heard), "still here");
  other.terminate();
  t.is(await example.stop(), 0);
});

test.serial(
  "server-sent events: what is posted reaches who listens, and the server's close ends the streams",
  async (t) => {
    const example = await served(t, "server-sent-events/app.js");
    const events = await open({ port: example.port, path: "/events" });
    t.is(events.headers["content-type"], "text/event-stream");
    let text = "";
    const ended = (async () => {
      for await (const chunk of events) text += String(chunk);
    })();
    await until(() => text.includes("welcome"), 10_000, "the stream has begun");
    t.is((await post(example, "/say", "text/plain", "two\nlines")).status, 204);
    await until(() => text.endsWith("id: 1\ndata: two\ndata: lines\n\n"), 10_000, "the event is there");
    const stopping = example.stop();
    await ended;
    t.is(await stopping, 0);
  },
);

/** A form with one file. */
function formOf(content: Buffer, name = "a.bin"): readonly [type: string, body: Buffer] {
  const head = `--b\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`;
  return ["multipart/form-data; boundary=b", Buffer.concat([Buffer.from(head), content, Buffer.from("\r\n--b--\r\n")])];
}

test.serial("file upload: a file is stored as it was sent, under a name of the server's", async (t) => {
  const example = await served(t, "file-upload/app.js");
  const content = noise(3_000_000);
  const answer = await post(example, "/", ...formOf(content, "../../evil.bin"));
  t.deepEqual([answer.status, json(answer)], [201, { files: [{ name: "evil.bin", bytes: content.length }] }]);
  const stored = readdirSync(example.folder);
  t.is(stored.length, 1);
  t.true(content.equals(readFileSync(join(example.folder, stored[0] ?? ""))));
  t.is(await example.stop(), 0);
});

test.serial("file upload: what is refused leaves no file behind", async (t) => {
  const example = await served(t, "file-upload/app.js");
  const [type, one] = formOf(Buffer.from("tea"));
  const parts = Buffer.concat(Array.from({ length: 6 }, () => one.subarray(0, one.length - "--b--\r\n".length)));
  const tooMany = await post(example, "/", type, Buffer.concat([parts, Buffer.from("--b--\r\n")]));
  t.deepEqual([tooMany.status, json(tooMany)], [413, { error: "more than 5 files" }]);
  t.is((await post(example, "/", "text/plain", "no form")).status, 400);
  t.is((await post(example, "/", type, one.subarray(0, 72))).status, 400);
  t.deepEqual(readdirSync(example.folder), []);
  t.is(await example.stop(), 0);
});

test.serial("file upload: a client that goes away in the middle leaves no file behind", async (t) => {
  const example = await served(t, "file-upload/app.js");
  const [type, body] = formOf(noise(1_000_000));
  const head = `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`;
  const socket = connect(example.port, "127.0.0.1");
  socket.write(head);
  socket.write(body.subarray(0, 500_000));
  await until(() => readdirSync(example.folder).length === 1, 10_000, "the file is begun");
  socket.destroy();
  await until(() => readdirSync(example.folder).length === 0, 10_000, "the file is gone");
  t.is(await example.stop(), 0);
});

test.serial("an example that listens is a server of HTTP when Node runs it", async (t) => {
  const port = await freePort();
  const child = new Child([join(projectRoot, "examples/express/app.js")], { env: { PORT: String(port) } });
  t.teardown(() => child[Symbol.asyncDispose]());
  await until(
    () =>
      send({ port }).then(
        () => true,
        () => false,
      ),
    10_000,
    "it listens",
  );
  t.like(json(await send({ port })), { scheme: "http" });
});

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
