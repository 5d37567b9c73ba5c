import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import { createGzip } from "node:zlib";
import Koa from "koa";
import * as material from "./material.js";
import { echoAt } from "./websocket.js";

const app = new Koa({ proxy: material.trustsProxy });
app.silent = true;

const routes = {
  "/hello": (ctx) => {
    ctx.set("X-Tea", ["green", "black"]);
    ctx.body = "Hello\n";
  },
  "/json": async (ctx) => {
    ctx.status = 201;
    ctx.body = { got: await json(ctx.req) };
  },
  "/upload": async (ctx) => {
    ctx.body = await material.digest(ctx.req);
  },
  "/download": (ctx) => {
    ctx.body = Readable.from(material.download(), { objectMode: false });
  },
  "/events": (ctx) => {
    ctx.set("X-Accel-Buffering", "no");
    ctx.type = "text/event-stream";
    ctx.body = Readable.from(material.events());
  },
  "/events/go-on": (ctx) => {
    material.eventsGoOn.open();
    ctx.body = "";
  },
  "/endless": (ctx) => {
    ctx.set("X-Accel-Buffering", "no");
    ctx.body = Readable.from(material.endless(), { objectMode: false });
  },
  "/noticed": async (ctx) => {
    await material.aborts.wait();
    ctx.body = "noticed\n";
  },
  "/error": () => {
    throw new Error("boom");
  },
  "/broken": (ctx) => {
    ctx.set("X-Accel-Buffering", "no");
    ctx.type = "text/plain";
    ctx.body = Readable.from(material.broken());
  },
  "/broken/go-on": (ctx) => {
    material.brokenGoesOn.open();
    ctx.body = "";
  },
  "/conditional": (ctx) => {
    ctx.etag = material.eTag;
    ctx.status = 200;
    if (ctx.fresh) ctx.status = 304;
    else ctx.body = "fresh\n";
  },
  "/cookies": (ctx) => {
    ctx.set("Set-Cookie", material.cookies);
    ctx.body = ctx.get("Cookie");
  },
  "/static/tea.txt": async (ctx) => {
    const path = join(material.staticFolder, "tea.txt");
    ctx.length = (await stat(path)).size;
    ctx.type = "text/plain";
    ctx.body = createReadStream(path);
  },
  "/compressed": (ctx) => {
    ctx.type = "text/plain";
    ctx.set("Content-Encoding", "gzip");
    ctx.vary("Accept-Encoding");
    ctx.body = Readable.from([material.text]).pipe(createGzip());
  },
  "/redirect": (ctx) => ctx.redirect("/hello?from=redirect"),
  "/nothing": (ctx) => {
    ctx.status = 204;
  },
  "/identity": (ctx) => {
    ctx.body = {
      method: ctx.method,
      url: ctx.originalUrl,
      href: ctx.href,
      httpVersion: ctx.req.httpVersion,
      ip: ctx.ip,
      ips: ctx.ips,
      protocol: ctx.protocol,
      secure: ctx.secure,
      hostname: ctx.hostname,
      host: ctx.host,
      remoteAddress: ctx.socket.remoteAddress,
      headers: material.endToEnd(ctx.headers),
    };
  },
};

app.use((ctx) => routes[ctx.path]?.(ctx));
echoAt(app.listen(material.port, material.host));
