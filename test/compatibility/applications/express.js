import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import compression from "compression";
import express from "express";
import * as material from "./material.js";
import { echoAt } from "./websocket.js";

const app = express();
app.set("trust proxy", material.trustsProxy);

app.get("/hello", (req, res) => res.set("X-Tea", ["green", "black"]).type("text").send("Hello\n"));
app.post("/json", express.json(), (req, res) => res.status(201).json({ got: req.body }));
app.post("/upload", async (req, res) => res.json(await material.digest(req)));
app.get("/download", async (req, res) => {
  res.type("bin");
  await pipeline(Readable.from(material.download()), res);
});
app.get("/events", async (req, res) => {
  res.set({ "Content-Type": "text/event-stream", "X-Accel-Buffering": "no" });
  await pipeline(Readable.from(material.events()), res);
});
app.get("/events/go-on", (req, res) => {
  material.eventsGoOn.open();
  res.end();
});
app.get("/endless", async (req, res) => {
  res.set("X-Accel-Buffering", "no").type("bin");
  await pipeline(Readable.from(material.endless()), res).catch(() => {});
});
app.get("/noticed", async (req, res) => {
  await material.aborts.wait();
  res.send("noticed\n");
});
app.get("/error", () => {
  throw new Error("boom");
});
app.get("/broken", async (req, res) => {
  res.set("X-Accel-Buffering", "no").type("text");
  await pipeline(Readable.from(material.broken()), res).catch(() => {});
});
app.get("/broken/go-on", (req, res) => {
  material.brokenGoesOn.open();
  res.end();
});
app.get("/conditional", (req, res) => res.set("ETag", material.eTag).send("fresh\n"));
app.get("/cookies", (req, res) => {
  for (const cookie of material.cookies) res.append("Set-Cookie", cookie);
  res.type("text").send(req.get("Cookie"));
});
app.use("/static", express.static(material.staticFolder));
app.get("/compressed", compression(), (req, res) => res.type("text").send(material.text));
app.get("/redirect", (req, res) => res.redirect("/hello?from=redirect"));
app.get("/nothing", (req, res) => res.sendStatus(204));
app.all("/identity", (req, res) =>
  res.json({
    method: req.method,
    url: req.originalUrl,
    httpVersion: req.httpVersion,
    ip: req.ip,
    ips: req.ips,
    protocol: req.protocol,
    secure: req.secure,
    hostname: req.hostname,
    host: req.host,
    remoteAddress: req.socket.remoteAddress,
    headers: material.endToEnd(req.headers),
  }),
);

echoAt(app.listen(material.port, material.host));
