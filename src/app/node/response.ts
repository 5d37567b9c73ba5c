/**
 * The response of a Node application: a `ServerResponse` of Node's own class. What is ours stands in the instance, as
 * Express gives each response another prototype.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "../../errors.ts";
import { storeHead } from "./head.ts";
import type { GivenHeaders, RequestParts, ResponseParts, Sendable, Written } from "./internals.ts";
import type { FrontSocket } from "./socket.ts";

/** A class of responses: Node's, or what a server was created with. */
export type ResponseClass = new (req: IncomingMessage) => ServerResponse;

/** Makes the response, which writes to `socket`. */
export function newResponse(Class: ResponseClass, req: RequestParts, socket: FrontSocket): ResponseParts {
  const res = new Class(req) as unknown as ResponseParts;
  res.sendDate = false;
  res.socket = socket;
  res._storeHeader = storeHeader;
  res._send = send;
  res._writeRaw = dropInterim;
  res._finish = finish;
  return res;
}

/** Null behind the end, as Node has it. */
function socketOf(res: ResponseParts): FrontSocket | null {
  return res.socket as FrontSocket | null;
}

/** The answer fails with a head that no front end takes; the application gets what Node throws. */
function storeHeader(this: ResponseParts, statusLine: string, headers: GivenHeaders): void {
  const socket = socketOf(this);
  let length: number | undefined;
  try {
    length = storeHead(this, statusLine, headers);
  } catch (error) {
    // Node sends such a head without a word. A throw from `end` would reach no request, or leave one without an answer.
    if (socket === null || !(error instanceof AppError)) throw error;
    this._header = statusLine;
    socket.fail(error);
    return;
  }
  if (socket === null) return;
  // What the application sets later is not sent.
  socket.status = this.statusCode;
  socket.announced = length;
}

function send(
  this: ResponseParts,
  data: Sendable,
  encoding?: string | null,
  done?: Written | null,
  byteLength?: number,
): boolean {
  const socket = socketOf(this);
  if (socket === null || socket.destroyed) return false;
  this._headerSent = true;
  return socket.send(data, encoding, done, byteLength);
}

/** A front end would take an interim response for the answer: there is none. */
function dropInterim(this: ResponseParts, _: Sendable, encoding?: unknown, done?: Written | null): boolean {
  const callback = typeof encoding === "function" ? (encoding as Written) : done;
  if (typeof callback === "function") process.nextTick(callback);
  return true;
}

function finish(this: ResponseParts): void {
  const socket = socketOf(this);
  (Object.getPrototypeOf(this) as ResponseParts)._finish.call(this);
  socket?.finish();
}
