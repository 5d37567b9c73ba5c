/**
 * The request and the response of a Node application: Node's own classes. What is ours stands in the instances, as
 * Express gives them other prototypes.
 */
import { IncomingMessage, ServerResponse } from "node:http";
import { headersOf, routedTargetOf } from "../../environ/index.ts";
import type { AppRequest } from "../../handler/index.ts";
import { storeHead } from "./head.ts";
import type { GivenHeaders, RequestParts, ResponseParts, Sendable, Written } from "./internals.ts";
import { FrontSocket } from "./socket.ts";

/** Makes the request. */
export function newRequest(request: AppRequest, socket: object): RequestParts {
  const req = new IncomingMessage(socket as IncomingMessage["socket"]) as RequestParts;
  const { environ } = request;
  const { SERVER_PROTOCOL: protocol } = environ;
  // IncomingMessage is of HTTP/1: who finds a 2 here looks for a message of another class.
  const isOld = protocol === "HTTP/1.0" || protocol === "HTTP/0.9";
  req.httpVersionMajor = 1;
  req.httpVersionMinor = isOld ? 0 : 1;
  req.httpVersion = isOld ? "1.0" : "1.1";
  req.method = environ.REQUEST_METHOD;
  req.url = routedTargetOf(environ);
  const raw = headersOf(environ).flat();
  req._addHeaderLines(raw, raw.length);
  // Behind the headers: what comes to a complete message are trailers.
  req.complete = request.body.length === 0;
  return req;
}

/** Makes the response, which writes to `socket`. */
export function newResponse(req: RequestParts): ResponseParts {
  const res = new ServerResponse(req) as unknown as ResponseParts;
  res.sendDate = false;
  res._storeHeader = storeHeader;
  res._send = send;
  res._writeRaw = dropInterim;
  res._finish = finish;
  res.on("finish", onFinish);
  return res;
}

function storeHeader(this: ResponseParts, statusLine: string, headers: GivenHeaders): void {
  const length = storeHead(this, statusLine, headers);
  if (this.socket instanceof FrontSocket) this.socket.length = length;
}

function send(this: ResponseParts, data: Sendable, encoding?: string | null, done?: Written | null): boolean {
  const { socket } = this;
  if (!(socket instanceof FrontSocket) || socket.destroyed) return false;
  this._headerSent = true;
  return socket.send(data, encoding, done);
}

/** A front end would take an interim response for the answer, so there is none. */
function dropInterim(this: ResponseParts, _: Sendable, encoding?: unknown, done?: Written | null): boolean {
  const callback = typeof encoding === "function" ? (encoding as Written) : done;
  if (typeof callback === "function") process.nextTick(callback);
  return true;
}

function finish(this: ResponseParts): void {
  const { socket } = this;
  (ServerResponse.prototype as unknown as ResponseParts)._finish.call(this);
  if (socket instanceof FrontSocket) socket.finish();
}

function onFinish(this: ResponseParts): void {
  if (this.socket instanceof FrontSocket) this.socket.detach();
}
