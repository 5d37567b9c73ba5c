/** The applications of the side-by-side as a `(request, response)` handler, for node:http and node-fastcgi. */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { HELLO, KIB_64, MIB_10 } from "./applications.ts";

type Route = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

const chunk = Buffer.alloc(KIB_64, "x");
const helloHeaders = headers("text/plain", HELLO.length);
const smallHeaders = headers("application/octet-stream", KIB_64);
const largeHeaders = headers("application/octet-stream", MIB_10);

const hello: Route = (_request, response) => {
  response.writeHead(200, helloHeaders);
  response.end(HELLO);
};

const routes: Readonly<Record<string, Route>> = {
  "/hello": hello,
  "/articles/list": hello,
  "/json": (request, response) => {
    // Events, not async iteration: the quickest way there is, so that no yardstick is slowed down by us.
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const parsed: unknown = JSON.parse(Buffer.concat(parts).toString());
      const answer = Buffer.from(JSON.stringify(parsed));
      response.writeHead(200, headers("application/json", answer.length));
      response.end(answer);
    });
  },
  "/download-64k": (_request, response) => {
    response.writeHead(200, smallHeaders);
    response.end(chunk);
  },
  "/download-10m": async (_request, response) => {
    response.writeHead(200, largeHeaders);
    for (let sent = 0; sent < MIB_10 && !response.destroyed; sent += KIB_64) {
      if (!response.write(chunk)) await Promise.race([once(response, "drain"), once(response, "close")]);
    }
    response.end();
  },
  "/upload-10m": (request, response) => {
    let bytes = 0;
    request.on("data", (part: Buffer) => (bytes += part.length));
    request.on("end", () => {
      const answer = String(bytes);
      response.writeHead(200, headers("text/plain", answer.length));
      response.end(answer);
    });
  },
};

export function handler(request: IncomingMessage, response: ServerResponse): void {
  const { url = "" } = request;
  const query = url.indexOf("?");
  const route = routes[query === -1 ? url : url.slice(0, query)];
  if (route !== undefined) void route(request, response);
  else response.writeHead(404).end();
}

function headers(type: string, length: number): Record<string, string> {
  return { "Content-Type": type, "Content-Length": String(length) };
}
