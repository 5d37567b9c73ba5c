/**
 * One application by each interface, for what is measured: `/` says ok, `/digest` counts the bytes of the body, `/hold`
 * waits, `/stream` answers as many bytes as the query says, `/upgrade` says all back.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { type Duplex, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import express from "express";
import type { Application, FetchApplication, InterfaceName, WsgiFunction } from "../../src/app/index.ts";
import { streamChunks } from "./load-bodies.ts";

export const measuredInterfaces = ["wsgi", "node", "express", "fetch"] as const;

export type MeasuredInterface = (typeof measuredInterfaces)[number];

/** What a request to `/hold` waits for. */
type Held = () => Promise<void>;

interface MeasuredApp {
  readonly application: Application;
  readonly interface: InterfaceName;
}

/** The application by that interface. */
export function measuredApp(by: MeasuredInterface, held: Held): MeasuredApp {
  switch (by) {
    case "wsgi":
      return { application: wsgiApp(held), interface: "wsgi" };
    case "node":
      return { application: withUpgrade(createServer(nodeListener(held))), interface: "node" };
    case "express":
      return { application: withUpgrade(createServer(expressApp(held))), interface: "node" };
    case "fetch":
      return { application: fetchApp(held), interface: "fetch" };
    default:
      throw new Error(`asked for ${String(by)}`);
  }
}

const SWITCHING = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n";

function echoOn(stream: Duplex): void {
  stream.on("error", () => {});
  stream.write(SWITCHING);
  stream.pipe(stream);
}

function wsgiApp(held: Held): WsgiFunction {
  return async (environ, startResponse) => {
    if (environ.PATH_INFO === "/upgrade") {
      echoOn(environ["uisge.request"].upgrade() as unknown as Duplex);
      return undefined;
    }
    let bytes = 0;
    if (environ.PATH_INFO === "/digest") for await (const chunk of environ["wsgi.input"]) bytes += chunk.length;
    if (environ.PATH_INFO === "/hold") await held();
    startResponse("200 OK", [["Content-Type", "application/octet-stream"]]);
    if (environ.PATH_INFO === "/stream") return streamChunks(Number(environ.QUERY_STRING));
    return environ.PATH_INFO === "/digest" ? String(bytes) : "ok";
  };
}

function nodeListener(held: Held): RequestListener {
  const answer: RequestListener = async (req, res) => {
    const [path, query] = (req.url ?? "").split("?");
    res.setHeader("Content-Type", "application/octet-stream");
    if (path === "/stream") {
      await pipeline(Readable.from(streamChunks(Number(query))), res);
      return;
    }
    if (path === "/hold") await held();
    res.end(path === "/digest" ? String(await countOf(req)) : "ok");
  };
  return (req, res) => {
    // A client that goes away is what is measured.
    Promise.resolve(answer(req, res)).catch(() => {});
  };
}

async function countOf(req: IncomingMessage): Promise<number> {
  let bytes = 0;
  for await (const chunk of req) bytes += (chunk as Buffer).length;
  return bytes;
}

function expressApp(held: Held): RequestListener {
  const app = express();
  app.get("/", (_, res) => void res.type("bin").send("ok"));
  app.post("/digest", (req, res, next) => {
    countOf(req).then((bytes) => res.send(String(bytes)), next);
  });
  app.get("/hold", (_, res) => void held().then(() => res.send("ok")));
  app.get("/stream", (req, res) => {
    const bytes = Number(req.originalUrl.split("?")[1]);
    pipeline(Readable.from(streamChunks(bytes)), res).catch(() => {});
  });
  return app;
}

function withUpgrade(server: Server): Server {
  return server.on("upgrade", (_: IncomingMessage, socket: Duplex) => echoOn(socket));
}

function fetchApp(held: Held): FetchApplication {
  return async (request, env) => {
    const { pathname, search } = new URL(request.url);
    if (pathname === "/upgrade") {
      echoOn(env.upgrade() as unknown as Duplex);
      return new Response();
    }
    if (pathname === "/digest") return new Response(String((await request.arrayBuffer()).byteLength));
    if (pathname === "/hold") await held();
    if (pathname !== "/stream") return new Response("ok");
    const chunks = streamChunks(Number(search.slice(1)));
    return new Response(
      new ReadableStream({
        pull(controller) {
          const { value, done } = chunks.next();
          if (done === true) controller.close();
          else controller.enqueue(value);
        },
      }),
    );
  };
}
