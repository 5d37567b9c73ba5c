import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { compress } from "hono/compress";
import { etag } from "hono/etag";
import { relative } from "node:path";
import * as material from "./material.js";

const app = new Hono();

app.get("/hello", (c) => {
  c.header("X-Tea", "green");
  c.header("X-Tea", "black", { append: true });
  return c.text("Hello\n");
});
app.post("/json", async (c) => c.json({ got: await c.req.json() }, 201));
app.post("/upload", async (c) => c.json(await material.digest(c.req.raw.body)));
app.get("/download", (c) => c.body(ReadableStream.from(material.download())));
app.get("/events", (c) => {
  c.header("Content-Type", "text/event-stream");
  c.header("X-Accel-Buffering", "no");
  return c.body(ReadableStream.from(material.events()).pipeThrough(new TextEncoderStream()));
});
app.get("/events/go-on", (c) => {
  material.eventsGoOn.open();
  return c.body("");
});
app.get("/endless", (c) => {
  c.header("X-Accel-Buffering", "no");
  return c.body(ReadableStream.from(material.endless()));
});
app.get("/noticed", async (c) => {
  await material.aborts.wait();
  return c.text("noticed\n");
});
app.get("/error", () => {
  throw new Error("boom");
});
app.get("/broken", (c) => {
  c.header("Content-Type", "text/plain");
  c.header("X-Accel-Buffering", "no");
  return c.body(ReadableStream.from(material.broken()).pipeThrough(new TextEncoderStream()));
});
app.get("/broken/go-on", (c) => {
  material.brokenGoesOn.open();
  return c.body("");
});
app.get("/conditional", etag(), (c) => c.text("fresh\n"));
app.get("/cookies", (c) => {
  for (const cookie of material.cookies) c.header("Set-Cookie", cookie, { append: true });
  return c.text(c.req.header("Cookie"));
});
app.use(
  "/static/*",
  serveStatic({
    root: relative(process.cwd(), material.staticFolder),
    rewriteRequestPath: (path) => path.slice("/static".length),
  }),
);
app.get("/compressed", compress(), (c) => c.text(material.text));
app.get("/redirect", (c) => c.redirect("/hello?from=redirect"));
app.get("/nothing", (c) => c.body(null, 204));
app.all("/identity", (c) =>
  c.json({
    method: c.req.method,
    url: c.req.url,
    path: c.req.path,
    ip: c.env.incoming?.socket.remoteAddress ?? c.env.environ?.REMOTE_ADDR,
    headers: material.endToEnd(c.req.header()),
  }),
);
app.onError((error, c) => c.text("something broke\n", 500));

export default app;
