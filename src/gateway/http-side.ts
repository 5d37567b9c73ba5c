/** What the bridge makes of HTTP: the vars of a request, and the status that says what is wrong with one. */
import type { IncomingMessage } from "node:http";
import type { Header } from "../codec/index.ts";
import { varsFromHttp } from "../environ/index.ts";
import { errorCode } from "../errors.ts";

/** The vars of a request, of `contentLength` bytes where its headers do not say how many. Throws as `varsFromHttp`. */
export function readVars(req: IncomingMessage, contentLength?: number): [string, string][] {
  const { socket } = req;
  return varsFromHttp({
    method: req.method ?? "GET",
    target: req.url ?? "/",
    httpVersion: req.httpVersion,
    headers: pairs(req.rawHeaders),
    ...(contentLength === undefined ? {} : { contentLength }),
    scheme: "http",
    remoteAddress: socket.remoteAddress ?? "",
    remotePort: socket.remotePort ?? 0,
    serverName: "localhost",
    serverPort: socket.localPort ?? 0,
  });
}

/** False for HTTP/0.9 and HTTP/2.0, which Node's parser takes in a request line as well. */
export function isSpoken({ httpVersion }: IncomingMessage): boolean {
  return httpVersion === "1.0" || httpVersion === "1.1";
}

function pairs(raw: readonly string[]): Header[] {
  return Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i] ?? "", raw[2 * i + 1] ?? ""]);
}

/** Which fault is answered with what; all else is the upstream's, 502. */
const statuses: ReadonlyMap<string | undefined, number> = new Map([
  ["UWSGI_BAD_TARGET", 400],
  ["UWSGI_BAD_CONTENT_LENGTH", 400],
  ["UWSGI_BAD_REQUEST_HEADER", 400],
  ["UWSGI_BODY_LIMIT", 413],
  ["UWSGI_PACKET_TOO_LARGE", 431],
]);

/** The status that answers a failure. */
export function statusOf(error: unknown): number {
  return statuses.get(errorCode(error)) ?? 502;
}
