import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import Fastify from "fastify";
import * as material from "./material.js";
import { echoAt } from "./websocket.js";

const app = Fastify({ trustProxy: material.trustsProxy, bodyLimit: 1024 ** 3 });
app.addContentTypeParser("application/octet-stream", (request, payload, done) => done(null, payload));

app.get("/hello", (request, reply) => reply.header("X-Tea", ["green", "black"]).type("text/plain").send("Hello\n"));
app.post("/json", (request, reply) => reply.code(201).send({ got: request.body }));
app.post("/upload", (request) => material.digest(request.body));
app.get("/download", (request, reply) =>
  reply.type("application/octet-stream").send(Readable.from(material.download(), { objectMode: false })),
);
app.get("/events", (request, reply) =>
  reply.header("X-Accel-Buffering", "no").type("text/event-stream").send(Readable.from(material.events())),
);
app.get("/events/go-on", (request, reply) => {
  material.eventsGoOn.open();
  return reply.send("");
});
app.get("/endless", (request, reply) =>
  reply
    .header("X-Accel-Buffering", "no")
    .type("application/octet-stream")
    .send(Readable.from(material.endless(), { objectMode: false })),
);
app.get("/noticed", async () => {
  await material.aborts.wait();
  return "noticed\n";
});
app.get("/error", () => {
  throw new Error("boom");
});
app.get("/broken", (request, reply) =>
  reply.header("X-Accel-Buffering", "no").type("text/plain").send(Readable.from(material.broken())),
);
app.get("/broken/go-on", (request, reply) => {
  material.brokenGoesOn.open();
  return reply.send("");
});
app.get("/conditional", (request, reply) => {
  reply.header("ETag", material.eTag);
  return request.headers["if-none-match"] === material.eTag ? reply.code(304).send() : reply.send("fresh\n");
});
app.get("/cookies", (request, reply) =>
  reply.header("Set-Cookie", material.cookies).type("text/plain").send(request.headers.cookie),
);
app.get("/static/tea.txt", async (request, reply) => {
  const path = join(material.staticFolder, "tea.txt");
  const { size } = await stat(path);
  return reply.type("text/plain").header("Content-Length", size).send(createReadStream(path));
});
app.get("/compressed", (request, reply) =>
  reply
    .type("text/plain")
    .header("Content-Encoding", "gzip")
    .header("Vary", "Accept-Encoding")
    .send(Readable.from([material.text]).pipe(createGzip())),
);
app.get("/redirect", (request, reply) => reply.redirect("/hello?from=redirect"));
app.get("/nothing", (request, reply) => reply.code(204).send());
app.all("/identity", (request) => ({
  method: request.method,
  url: request.originalUrl,
  httpVersion: request.raw.httpVersion,
  ip: request.ip,
  ips: request.ips,
  protocol: request.protocol,
  hostname: request.hostname,
  host: request.host,
  remoteAddress: request.socket.remoteAddress,
  headers: material.endToEnd(request.headers),
}));

echoAt(app.server);
await app.listen({ port: material.port, host: material.host });
