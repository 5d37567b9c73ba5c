/** What `inject` answers is what a server answers over a socket. */
import test from "ava";
import compression from "compression";
import express from "express";
import fastify from "fastify";
import fc from "fast-check";
import { Hono } from "hono";
import Koa from "koa";
import type { Application, FetchFunction, InterfaceName, NodeFunction, WsgiFunction } from "../../src/app/index.ts";
import type { Address } from "../../src/connection/index.ts";
import { serve } from "../../src/serve.ts";
import { inject, type InjectRequest } from "../../src/testing/index.ts";
import { sendRequest } from "../../src/testing/inject-request.ts";
import { exchange, parseAnswer } from "../helpers/raw-client.ts";
import { tempFolder } from "../helpers/temp-folder.ts";
import { concat, packetOf } from "../helpers/wire.ts";

const wsgi: WsgiFunction = async (environ, startResponse) => {
  const body = await environ["wsgi.input"].read();
  switch (environ.PATH_INFO) {
    case "/whole":
      startResponse("200 OK", [["Content-Type", "text/plain"]]);
      return body;
    case "/stream":
      startResponse("203 Streamed", [["X-A", "caf\u00e9"]]);
      return (async function* () {
        yield environ.QUERY_STRING;
        yield body;
      })();
    case "/cut":
      startResponse("200 OK", [["Content-Length", "3"]]);
      return [environ.REQUEST_METHOD, body];
    case "/304":
      startResponse("304 Not Modified", [["ETag", '"x"']]);
      return body;
    case "/nothing":
      return null;
    default:
      throw new Error("no such path");
  }
};

const node: NodeFunction = (req, res) => {
  const chunks: Buffer[] = [];
  req.on("data", (chunk: Buffer) => chunks.push(chunk));
  req.on("end", () => {
    const body = Buffer.concat(chunks);
    if (req.url?.startsWith("/whole") === true) {
      res.setHeader("X-Method", req.method ?? "");
      res.end(body);
    } else if (req.url?.startsWith("/stream") === true) {
      res.write("first,");
      res.end(body);
    } else if (req.url?.startsWith("/304") === true) {
      res.writeHead(304, { ETag: '"x"' }).end();
    } else res.writeHead(404).end();
  });
};

const fetch: FetchFunction = async (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/whole") return new Response(await request.text(), { headers: { "X-A": "1" } });
  if (pathname === "/stream") return new Response(request.body, { status: 202 });
  if (pathname === "/304") return new Response(null, { status: 304 });
  throw new Error("no such path");
};

const expressApp = express()
  .use(compression({ threshold: 0 }), express.text())
  .all("/whole", (req, res) => void res.json({ method: req.method, body: req.body as unknown, ip: req.ip }))
  .all("/stream", (req, res) => void req.pipe(res));

const koaApp = new Koa().use((context) => {
  if (context.path === "/whole") context.body = `${context.method} ${context.url}`;
  if (context.path === "/stream") context.body = context.req;
});

const fastifyApp = fastify();
fastifyApp.all("/whole", (request) => ({ method: request.method, ip: request.ip, body: request.body }));

const honoApp = new Hono()
  .all("/whole", async (context) => context.text(`${context.req.method} ${await context.req.text()}`))
  .all("/stream", (context) => context.body(context.req.raw.body as unknown as string));

const request: fc.Arbitrary<InjectRequest> = fc.record({
  method: fc.constantFrom("GET", "HEAD", "POST", "PUT", "OPTIONS"),
  path: fc
    .constantFrom("/whole", "/stream", "/cut", "/304", "/nothing", "/not-there")
    .chain((path) => fc.constantFrom("", "?", "?a=b&c=%20").map((query) => `${path}${query}`)),
  headers: fc.constantFrom({}, { "Accept-Encoding": "gzip" }, { Cookie: "a=1", "X-A": "caf\u00e9" }),
  body: fc.oneof(fc.constant(""), fc.string({ maxLength: 40 }), fc.constant("long ".repeat(30_000))),
});

for (const [about, application, name] of [
  ["a WSGI application", wsgi, "wsgi"],
  ["a Node handler", node, "node"],
  ["a fetch handler", fetch, "fetch"],
  ["Express", expressApp, "node"],
  ["Koa", koaApp as unknown as NodeFunction, undefined],
  ["Fastify", fastifyApp as unknown as NodeFunction, undefined],
  ["Hono", honoApp, undefined],
] as readonly (readonly [string, Application, InterfaceName | undefined])[]) {
  test(`inject answers as a server does over a socket: ${about}`, async (t) => {
    using folder = tempFolder();
    const as = (name === undefined ? {} : { interface: name }) as { interface: InterfaceName };
    // Koa prints what its applications throw.
    await using server = await serve(application, { socket: folder.file("s"), log: false, graceMs: 200, ...as });
    const [address] = server.addresses as [Address];
    await fc.assert(
      fc.asyncProperty(request, async (asked) => {
        const injected = await inject(application, { ...asked, ...as });
        const answered = parseAnswer((await exchange(address, await bytesOf(asked))).bytes);
        t.deepEqual(
          {
            statusLine: `HTTP/1.1 ${injected.status} ${injected.reason}`,
            headers: injected.headers.map(([header, value]) => [header.toLowerCase(), value]).filter(isNoClock),
            body: Buffer.from(injected.body).toString("latin1"),
          },
          {
            statusLine: answered.statusLine,
            headers: answered.headers.map((header) => [...header]).filter(isNoClock),
            body: answered.body,
          },
        );
      }),
      { numRuns: 60 },
    );
  });
}

function isNoClock([name]: readonly string[]): boolean {
  return name !== "date";
}

/** The same request for a socket. */
async function bytesOf(asked: InjectRequest): Promise<Uint8Array> {
  const { packet, body } = await sendRequest(asked);
  const chunks: Uint8Array[] = [];
  for (let next = await body.next(); next.done !== true; next = await body.next()) chunks.push(next.value);
  return concat([packetOf(packet.payload), ...chunks]);
}
