/** What is asked of each application: one column of the grid each. All of them have the routes of `applications/http.js`. */
import { once } from "node:events";
import { WebSocket } from "ws";
import { type HttpRequest, open, send } from "../helpers/http-client.ts";
import { noise } from "../helpers/noise.ts";
import { readUntil, see, seeRest } from "./observe.ts";

/** A front end with an application behind it. */
export interface Asked {
  /** Where nginx listens on 127.0.0.1. */
  readonly port: number;
  /** How much is sent to `/upload`. */
  readonly uploadBytes: number;
}

export interface Cell {
  readonly name: string;
  /** Asks, and answers what a client sees as lines. */
  observe(asked: Asked): Promise<string[]>;
}

/** The Host header of all requests: the ports of the two sides differ. */
const HOST = ["Host", "tea.example:8080"] as const;
const identityHeaders = [
  ["X-Twice", "one"],
  ["X-Twice", "two"],
  ["Accept-Language", "en"],
  ["Accept-Language", "de"],
  ["X-Bytes", "caf\u00e9"],
  ["X-Empty", ""],
  ["User-Agent", "grid"],
] as const;

export const cells: readonly Cell[] = [
  { name: "GET", observe: (asked) => see(to(asked, "/hello")) },
  { name: "HEAD", observe: (asked) => see({ ...to(asked, "/hello"), method: "HEAD" }) },
  { name: "identity", observe: (asked) => see({ ...to(asked, "/identity"), headers: [HOST, ...identityHeaders] }) },
  {
    name: "target as sent",
    observe: (asked) => see(to(asked, "/identity?q=%C3%A9&q=a+b&empty=&/../?%2F")),
  },
  { name: "JSON POST", observe: jsonPost },
  {
    name: "upload",
    observe: (asked) => see({ ...to(asked, "/upload"), ...bytesOf(noise(asked.uploadBytes)) }),
  },
  {
    name: "chunked upload",
    observe: (asked) => see({ ...to(asked, "/upload"), ...bytesOf([noise(70_000), noise(1), noise(130_000)]) }),
  },
  { name: "streaming download", observe: (asked) => see(to(asked, "/download")) },
  { name: "HEAD of a stream", observe: (asked) => see({ ...to(asked, "/download"), method: "HEAD" }) },
  { name: "server-sent events", observe: eventStream },
  { name: "abort", observe: abort },
  { name: "error page", observe: (asked) => see(to(asked, "/error")) },
  { name: "failure behind the head", observe: failBehindHead },
  { name: "not found", observe: (asked) => see(to(asked, "/missing?q=1")) },
  { name: "304", observe: conditional },
  {
    name: "cookies",
    observe: (asked) => see({ ...to(asked, "/cookies"), headers: [HOST, ["Cookie", "a=1; b=2"], ["Cookie", "c=3"]] }),
  },
  { name: "static file", observe: staticFile },
  {
    name: "compression",
    observe: (asked) => see({ ...to(asked, "/compressed"), headers: [HOST, ["Accept-Encoding", "gzip"]] }),
  },
  { name: "redirect", observe: (asked) => see(to(asked, "/redirect")) },
  { name: "no content", observe: (asked) => see(to(asked, "/nothing")) },
  { name: "WebSocket", observe: webSocket },
];

function to({ port }: Asked, path: string): HttpRequest {
  return { port, path, headers: [HOST] };
}

function bytesOf(body: Uint8Array | Iterable<Uint8Array>): Partial<HttpRequest> {
  return { method: "POST", headers: [HOST, ["Content-Type", "application/octet-stream"]], body };
}

function jsonPost(asked: Asked): Promise<string[]> {
  const body = Buffer.from(JSON.stringify({ tea: "gr\u00fcn", cups: [1, 2, 3] }));
  return see({ ...to(asked, "/json"), method: "POST", headers: [HOST, ["Content-Type", "application/json"]], body });
}

/** The second event is sent only when the first was seen: an answer that is held back never ends. */
async function eventStream(asked: Asked): Promise<string[]> {
  const message = await open(to(asked, "/events"));
  const first = await readUntil(message, "first\n\n");
  await send(to(asked, "/events/go-on"));
  return [`alone ${JSON.stringify(first)}`, ...(await seeRest(message))];
}

/** The client leaves in the middle of an answer; the application says when it has noticed. */
async function abort(asked: Asked): Promise<string[]> {
  const message = await open(to(asked, "/endless"));
  await once(message, "readable");
  message.destroy();
  return see(to(asked, "/noticed"));
}

async function failBehindHead(asked: Asked): Promise<string[]> {
  const message = await open(to(asked, "/broken"));
  const first = await readUntil(message, "beginning, ");
  await send(to(asked, "/broken/go-on"));
  return [`first ${first}`, ...(await seeRest(message))];
}

async function conditional(asked: Asked): Promise<string[]> {
  const { headers } = await send(to(asked, "/conditional"));
  const eTag = headers.get("etag")?.join() ?? "";
  const answers = await Promise.all(
    [eTag, '"another"'].map((value) =>
      see({ ...to(asked, "/conditional"), headers: [HOST, ["If-None-Match", value]] }),
    ),
  );
  return answers.flat();
}

/** A whole file, its head, and a range of it where the application knows ranges. */
async function staticFile(asked: Asked): Promise<string[]> {
  const request = to(asked, "/static/tea.txt");
  return [
    ...(await see(request)),
    ...(await see({ ...request, method: "HEAD" })),
    ...(await see({ ...request, headers: [HOST, ["Range", "bytes=100-199"]] })),
  ];
}

/** Handshake, a message of the server's, text and bytes there and back, the closing handshake. */
async function webSocket({ port }: Asked): Promise<string[]> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`, "chat", { headers: { Host: "tea.example:8080" } });
  const lines: string[] = [];
  socket.on("upgrade", (response) => lines.push(`status ${response.statusCode}`, `${response.headers["upgrade"]}`));
  socket.on("message", (data: Buffer, isBinary) => {
    lines.push(isBinary ? `${data.length} bytes, ${data.equals(noise(200_000))}` : `text ${data.toString()}`);
    if (isBinary) socket.close(4001, "enough");
  });
  socket.on("open", () => {
    socket.send("caf\u00e9");
    socket.send(noise(200_000));
  });
  const [code, reason] = (await once(socket, "close")) as [number, Buffer];
  return [...lines, `closed ${code} ${reason.toString()}`];
}
