import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { getRequestIP, getRequestURL, H3, handleCacheHeaders, redirect, serveStatic } from "h3";
import * as material from "./material.js";

const app = new H3({ silent: true });
const { trustsProxy } = material;

app.get("/hello", (event) => {
  event.res.headers.append("X-Tea", "green");
  event.res.headers.append("X-Tea", "black");
  return "Hello\n";
});
app.post("/json", async (event) => {
  event.res.status = 201;
  return { got: await event.req.json() };
});
app.post("/upload", (event) => material.digest(event.req.body));
app.get("/download", () => ReadableStream.from(material.download()));
app.get("/events", (event) => {
  event.res.headers.set("Content-Type", "text/event-stream");
  event.res.headers.set("X-Accel-Buffering", "no");
  return ReadableStream.from(material.events()).pipeThrough(new TextEncoderStream());
});
app.get("/events/go-on", () => {
  material.eventsGoOn.open();
  return "";
});
app.get("/endless", (event) => {
  event.res.headers.set("X-Accel-Buffering", "no");
  return ReadableStream.from(material.endless());
});
app.get("/noticed", async () => {
  await material.aborts.wait();
  return "noticed\n";
});
app.get("/error", () => {
  throw new Error("boom");
});
app.get("/broken", (event) => {
  event.res.headers.set("Content-Type", "text/plain");
  event.res.headers.set("X-Accel-Buffering", "no");
  return ReadableStream.from(material.broken()).pipeThrough(new TextEncoderStream());
});
app.get("/broken/go-on", () => {
  material.brokenGoesOn.open();
  return "";
});
app.get("/conditional", (event) => (handleCacheHeaders(event, { etag: material.eTag }) ? "" : "fresh\n"));
app.get("/cookies", (event) => {
  for (const cookie of material.cookies) event.res.headers.append("Set-Cookie", cookie);
  return event.req.headers.get("Cookie");
});
app.get("/static/**", (event) => {
  const pathOf = (id) => join(material.staticFolder, id.slice("/static".length));
  return serveStatic(event, {
    getContents: (id) => readFile(pathOf(id)),
    getMeta: async (id) => {
      const { size, mtimeMs } = await stat(pathOf(id));
      return { size, mtime: mtimeMs, type: "text/plain" };
    },
  });
});
app.get("/compressed", (event) => {
  event.res.headers.set("Content-Type", "text/plain");
  event.res.headers.set("Content-Encoding", "gzip");
  event.res.headers.set("Vary", "Accept-Encoding");
  return new Response(material.text).body.pipeThrough(new CompressionStream("gzip"));
});
app.get("/redirect", () => redirect("/hello?from=redirect"));
app.get("/nothing", (event) => {
  event.res.status = 204;
  return null;
});
app.all("/identity", (event) => ({
  method: event.req.method,
  url: event.req.url,
  requestUrl: getRequestURL(event, { xForwardedHost: trustsProxy, xForwardedProto: trustsProxy }).href,
  ip: getRequestIP(event, { xForwardedFor: trustsProxy }),
  headers: material.endToEnd(Object.fromEntries(event.req.headers)),
}));

export default app;
