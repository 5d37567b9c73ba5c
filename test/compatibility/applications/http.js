import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import * as material from "./material.js";
import { echoAt } from "./websocket.js";

const routes = {
  "/hello": (req, res) => {
    res.setHeader("Content-Type", "text/plain");
    res.setHeader("X-Tea", ["green", "black"]);
    res.end("Hello\n");
  },
  "/json": async (req, res) => sendJson(res, { got: await json(req) }, 201),
  "/upload": async (req, res) => sendJson(res, await material.digest(req)),
  "/download": (req, res) => {
    res.writeHead(200, { "Content-Type": "application/octet-stream" });
    return pipeline(Readable.from(material.download()), res);
  },
  "/events": (req, res) => {
    res.writeHead(200, { "Content-Type": "text/event-stream", "X-Accel-Buffering": "no" });
    return pipeline(Readable.from(material.events()), res);
  },
  "/events/go-on": (req, res) => {
    material.eventsGoOn.open();
    res.end();
  },
  "/endless": async (req, res) => {
    res.writeHead(200, { "Content-Type": "application/octet-stream", "X-Accel-Buffering": "no" });
    await pipeline(Readable.from(material.endless()), res).catch(() => {});
  },
  "/noticed": async (req, res) => {
    await material.aborts.wait();
    res.end("noticed\n");
  },
  "/error": () => {
    throw new Error("boom");
  },
  "/broken": async (req, res) => {
    res.writeHead(200, { "Content-Type": "text/plain", "X-Accel-Buffering": "no" });
    await pipeline(Readable.from(material.broken()), res).catch(() => {});
  },
  "/broken/go-on": (req, res) => {
    material.brokenGoesOn.open();
    res.end();
  },
  "/conditional": (req, res) => {
    res.setHeader("ETag", material.eTag);
    if (req.headers["if-none-match"] === material.eTag) res.writeHead(304).end();
    else res.end("fresh\n");
  },
  "/cookies": (req, res) => {
    res.setHeader("Set-Cookie", material.cookies);
    res.end(req.headers.cookie);
  },
  "/static/tea.txt": async (req, res) => {
    const path = join(material.staticFolder, "tea.txt");
    const { size } = await stat(path);
    res.writeHead(200, { "Content-Type": "text/plain", "Content-Length": size });
    await pipeline(createReadStream(path), res);
  },
  "/compressed": (req, res) => {
    res.writeHead(200, { "Content-Type": "text/plain", "Content-Encoding": "gzip", Vary: "Accept-Encoding" });
    return pipeline(Readable.from([material.text]), createGzip(), res);
  },
  "/redirect": (req, res) => res.writeHead(302, { Location: "/hello?from=redirect" }).end(),
  "/nothing": (req, res) => res.writeHead(204).end(),
  "/identity": (req, res) =>
    sendJson(res, {
      method: req.method,
      url: req.url,
      httpVersion: req.httpVersion,
      ip: req.socket.remoteAddress,
      protocol: req.socket.encrypted ? "https" : "http",
      hostname: req.headers.host,
      headers: material.endToEnd(req.headers),
    }),
};

function sendJson(res, value, status = 200) {
  res.writeHead(status, { "Content-Type": "application/json" });
  res.end(JSON.stringify(value));
}

const server = createServer(async (req, res) => {
  const route = routes[req.url.split("?", 1)[0]] ?? ((_, answer) => answer.writeHead(404).end("nothing here\n"));
  try {
    await route(req, res);
  } catch {
    if (res.headersSent) res.destroy();
    else res.writeHead(500, { "Content-Type": "text/plain" }).end("something broke\n");
  }
});
echoAt(server);
server.listen(material.port, material.host);
