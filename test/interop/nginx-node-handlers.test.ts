/** Express, Koa and Fastify as they are, through a real nginx: what they need of Node's classes is there. */
import { createServer, type RequestListener } from "node:http";
import { gunzipSync } from "node:zlib";
import compression from "compression";
import express from "express";
import fastify from "fastify";
import Koa from "koa";
import { nodeHandler } from "../../src/app/index.ts";
import { projectRoot } from "../helpers/project.ts";
import { send } from "../helpers/http-client.ts";
import { needs } from "../helpers/needs.ts";
import { startHandlerStack } from "../helpers/nginx-stack.ts";
import { noise, sha256 } from "../helpers/noise.ts";

const nginxTest = needs("nginx").serial;

function expressApp(): RequestListener {
  const app = express();
  app.use(compression({ threshold: 0 }));
  app.use(express.json({ limit: "1kb" }));
  app.get("/text", (_, res) => void res.send("caf\u00e9"));
  app.get("/cookies", (_, res) => void res.cookie("a", "1").cookie("b", "2").end());
  app.get("/file", (_, res) => res.sendFile("package.json", { root: projectRoot }));
  app.get("/who", (req, res) => void res.json([req.ip, req.protocol, req.hostname, req.secure]));
  app.get("/rewritten", (req, res) => void res.send(req.originalUrl));
  app.get("/throw", () => {
    throw new Error("oh");
  });
  app.get("/reject", async () => {
    await Promise.resolve();
    throw new Error("oh");
  });
  app.post("/json", (req, res) => void res.json(req.body));
  app.post("/count", (req, res) => {
    let bytes = 0;
    req.on("data", (chunk: Buffer) => (bytes += chunk.length)).on("end", () => res.send(String(bytes)));
  });
  return app;
}

const JSON_TYPE = ["Content-Type", "application/json"] as const;

nginxTest("Express: a page, its ETag, and 304 for who has it", async (t) => {
  await using stack = await startHandlerStack(nodeHandler(expressApp()));
  const first = await send({ port: stack.port, path: "/text" });
  t.deepEqual([first.status, first.body.toString()], [200, "caf\u00e9"]);
  const etag = first.headers.get("etag")?.[0] ?? "";
  const second = await send({ port: stack.port, path: "/text", headers: [["If-None-Match", etag]] });
  t.deepEqual([second.status, second.body.length], [304, 0]);
});

nginxTest("Express: cookies stay apart", async (t) => {
  await using stack = await startHandlerStack(nodeHandler(expressApp()));
  const answer = await send({ port: stack.port, path: "/cookies" });
  t.deepEqual(answer.headers.get("set-cookie"), ["a=1; Path=/", "b=2; Path=/"]);
});

nginxTest("Express: a file that is sent, whole, in part, and as HEAD", async (t) => {
  await using stack = await startHandlerStack(nodeHandler(expressApp()));
  const whole = await send({ port: stack.port, path: "/file" });
  const part = await send({ port: stack.port, path: "/file", headers: [["Range", "bytes=2-7"]] });
  const head = await send({ port: stack.port, path: "/file", method: "HEAD" });
  t.is((JSON.parse(whole.body.toString()) as { name: string }).name, "uisge");
  t.deepEqual([part.status, part.body.toString()], [206, whole.body.toString().slice(2, 8)]);
  t.deepEqual([head.headers.get("content-length"), head.body.length], [[String(whole.body.length)], 0]);
});

nginxTest("Express: an answer that its middleware compresses", async (t) => {
  await using stack = await startHandlerStack(nodeHandler(expressApp()));
  const answer = await send({ port: stack.port, path: "/text", headers: [["Accept-Encoding", "gzip"]] });
  t.deepEqual([answer.headers.get("content-encoding"), gunzipSync(answer.body).toString()], [["gzip"], "caf\u00e9"]);
});

nginxTest("Express: JSON that is sent is read, too much of it refused with 413, broken JSON with 400", async (t) => {
  await using stack = await startHandlerStack(nodeHandler(expressApp()));
  const ask = async (text: string): Promise<[number, string]> => {
    const body = Buffer.from(text);
    const answer = await send({ port: stack.port, method: "POST", path: "/json", headers: [JSON_TYPE], body });
    return [answer.status, answer.body.toString()];
  };
  t.deepEqual(await ask('{"a":[1]}'), [200, '{"a":[1]}']);
  t.is((await ask(JSON.stringify("x".repeat(5_000))))[0], 413);
  t.is((await ask("{"))[0], 400);
});

nginxTest("Express: an upload of 20 MB", async (t) => {
  await using stack = await startHandlerStack(nodeHandler(expressApp()));
  const answer = await send({ port: stack.port, method: "POST", path: "/count", body: noise(20 * 1_048_576) });
  t.is(answer.body.toString(), String(20 * 1_048_576));
});

for (const path of ["/throw", "/reject", "/none"]) {
  nginxTest(`Express: its own error page for ${path}`, async (t) => {
    await using stack = await startHandlerStack(nodeHandler(expressApp()));
    const answer = await send({ port: stack.port, path });
    t.is(answer.status, path === "/none" ? 404 : 500);
    t.regex(answer.body.toString(), /<pre>/);
  });
}

nginxTest("Express: who the client is, is what nginx says, whatever the client sends", async (t) => {
  await using stack = await startHandlerStack(nodeHandler(expressApp()), { directives: "underscores_in_headers on;" });
  const forged = [
    ["X-Forwarded-For", "203.0.113.9"],
    ["X-Forwarded-Proto", "https"],
    ["X-Forwarded-Host", "forged.example"],
    ["X_Forwarded_For", "203.0.113.9"],
    ["Remote_Addr", "203.0.113.9"],
    ["HTTPS", "on"],
  ] as const;
  const answer = await send({ port: stack.port, path: "/who", headers: forged });
  t.deepEqual(JSON.parse(answer.body.toString()), ["127.0.0.1", "http", "127.0.0.1", false]);
});

nginxTest("Express: sees the path that nginx has rewritten to", async (t) => {
  await using stack = await startHandlerStack(nodeHandler(expressApp()), {
    directives: "rewrite ^/old(.*)$ /rewritten;",
  });
  t.is((await send({ port: stack.port, path: "/old%20one?a=b" })).body.toString(), "/rewritten?a=b");
});

nginxTest("Koa: a body of each kind, an error with a status, and its own 404", async (t) => {
  const app = new Koa();
  app.silent = true;
  app.use((context) => {
    if (context.path === "/json") context.body = { a: 1 };
    else if (context.path === "/stream") context.body = context.req;
    else if (context.path === "/throw") context.throw(418, "short");
  });
  await using stack = await startHandlerStack(nodeHandler(app.callback()));
  const seen = [];
  // No more than is on its way when the answer begins: then nginx sends nothing more of a request.
  const body = noise(20_000);
  for (const path of ["/json", "/stream", "/throw", "/none"]) {
    const answer = await send({ port: stack.port, path, ...(path === "/stream" ? { method: "POST", body } : {}) });
    seen.push(`${answer.status} ${path === "/stream" ? sha256(answer.body) : answer.body.toString()}`);
  }
  t.deepEqual(seen, ['200 {"a":1}', `200 ${sha256(body)}`, "418 short", "404 Not Found"]);
});

nginxTest("Fastify: its server answers, validates and fails as ever", async (t) => {
  const app = fastify({ serverFactory: (listener) => createServer(listener) });
  app.post("/echo", { schema: { body: { type: "object", required: ["a"] } } }, (request) => request.body);
  app.get("/throw", () => {
    throw new Error("oh");
  });
  app.get("/ip", (request) => request.ip);
  await app.ready();
  await using stack = await startHandlerStack(nodeHandler(app.server));
  const ask = async (path: string, text?: string): Promise<string> => {
    const request = text === undefined ? {} : { method: "POST", headers: [JSON_TYPE], body: Buffer.from(text) };
    const answer = await send({ port: stack.port, path, ...request });
    return `${answer.status} ${answer.body.toString().slice(0, 40)}`;
  };
  t.deepEqual(
    [
      await ask("/echo", '{"a":1}'),
      (await ask("/echo", "{}")).slice(0, 3),
      (await ask("/throw")).slice(0, 3),
      await ask("/ip"),
    ],
    ['200 {"a":1}', "400", "500", "200 127.0.0.1"],
  );
  await app.close();
});

nginxTest("a client that goes away behind nginx is heard of by the application", async (t) => {
  let closed: () => void = () => {};
  const gone = new Promise<void>((resolve) => {
    closed = resolve;
  });
  await using stack = await startHandlerStack(
    nodeHandler((_, res) => {
      res.on("close", closed);
      res.write("begun");
    }),
    { directives: "uwsgi_buffering off;" },
  );
  const controller = new AbortController();
  const answer = await fetch(`http://127.0.0.1:${stack.port}/`, { signal: controller.signal });
  t.is(answer.status, 200);
  controller.abort();
  await gone;
});
