/** A response of ours -> a Node response: whole, or chunk by chunk as its reader takes them. */
import type { ServerResponse } from "node:http";
import { isUint8Array } from "node:util/types";
import { contractError } from "../../../errors.ts";
import {
  type AppResponse,
  type BodyChunk,
  discard,
  isPromiseLike,
  isStreamed,
  type StreamedBody,
} from "../../../handler/index.ts";
import type { NodeRequest } from "./request.ts";
import { checkHead, type CheckedHead, setHead } from "./head.ts";

/**
 * Writes a response, and closes its body. Resolves when all has been given over, or the client is gone; rejects with
 * what the body threw, and an AppError (`UWSGI_APP_CONTRACT`) for what is no response. Then the caller answers, or breaks
 * the answer off, by `res.headersSent`.
 */
export async function sendResponse(
  response: AppResponse,
  request: NodeRequest,
  method: string,
  res: ServerResponse,
): Promise<void> {
  const sending = sendAndClose(response, request, method, res);
  // A client that leaves ends the answer before the body has been closed: a server that closes waits for that.
  if (isResponse(response) && isStreamed(response.body)) request.waitUntil(sending.catch(() => {}));
  await sending;
}

async function sendAndClose(
  response: AppResponse,
  request: NodeRequest,
  method: string,
  res: ServerResponse,
): Promise<void> {
  let closing: Promise<void> | undefined;
  const end = (): void => {
    request.release();
    // Before the end of the answer, whose own body is closed by that: the inner one first.
    closing = close(response, request);
  };
  try {
    await send(response, method, res, end);
  } finally {
    await (closing ?? close(response, request));
  }
}

/** Closes the body of a response that is not sent, or has been; never rejects. */
export async function close(response: AppResponse | undefined, request: NodeRequest): Promise<void> {
  try {
    if (isResponse(response)) await discard(response);
  } catch (error) {
    request.log(`in close(): ${String(error)}`);
  }
}

function isResponse(response: AppResponse | null | undefined): response is AppResponse {
  return typeof response === "object" && response !== null;
}

/** `onEnd` is called when all but the end has been written. */
function send(
  response: AppResponse,
  method: string,
  res: ServerResponse,
  onEnd: () => void,
): Promise<void> | undefined {
  const head = checkHead(response);
  const { body } = response;
  // The client is gone, or somebody else has answered meanwhile.
  if (res.destroyed || res.writableEnded) return undefined;
  const isHead = method === "HEAD";
  if (isHead || head.status === 204 || head.status === 304) {
    setHead(head, res);
    // Of null nobody knows whether a GET has one.
    const isKnown = isHead && head.status !== 204 && head.status !== 304 && body !== null && !isStreamed(body);
    if (isKnown && head.length === undefined) res.setHeader("Content-Length", Buffer.byteLength(body));
    onEnd();
    res.end();
    return undefined;
  }
  if (isStreamed(body)) return new Pump(head, body, res, onEnd).run();
  const whole = chunkOf(body ?? "");
  const length = Buffer.byteLength(whole);
  if (head.length !== undefined && head.length !== length) throw wrongLength(length, head.length);
  setHead(head, res);
  onEnd();
  // With the head still to be made Node, or whoever has replaced `end`, knows the length.
  if (length === 0) res.end();
  else res.end(whole);
  return undefined;
}

class Pump {
  private readonly head: CheckedHead;
  private readonly body: StreamedBody;
  private readonly res: ServerResponse;
  private readonly onEnd: () => void;
  private isBegun = false;
  private bytes = 0;
  private wake: (() => void) | undefined;

  constructor(head: CheckedHead, body: StreamedBody, res: ServerResponse, onEnd: () => void) {
    this.head = head;
    this.body = body;
    this.res = res;
    this.onEnd = onEnd;
  }

  async run(): Promise<void> {
    const { res, head } = this;
    // Once for all chunks, and before the head: compression takes over the listeners that are there by then.
    res.on("drain", this.onRoom);
    res.on("close", this.onRoom);
    try {
      if (!(await this.writeAll())) return;
      if (head.length !== undefined && this.bytes !== head.length) throw wrongLength(this.bytes, head.length);
      this.begin();
      this.onEnd();
      res.end();
    } finally {
      res.off("drain", this.onRoom);
      res.off("close", this.onRoom);
    }
  }

  /** False when the client is gone. */
  private async writeAll(): Promise<boolean> {
    const { body, res, head } = this;
    const iterator = Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
    for (;;) {
      const next = iterator.next() as IteratorResult<BodyChunk> | PromiseLike<IteratorResult<BodyChunk>>;
      const { done, value } = isPromiseLike(next) ? await this.awaited(next) : next;
      if (done === true) return !res.destroyed;
      let isWanted = false;
      try {
        // A list may hold promises.
        const chunk = chunkOf(isPromiseLike(value) ? await value : value);
        this.bytes += Buffer.byteLength(chunk);
        if (head.length !== undefined && this.bytes > head.length) throw wrongLength(this.bytes, head.length);
        isWanted = await this.write(chunk);
      } finally {
        if (!isWanted) await iterator.return?.();
      }
      if (!isWanted) return false;
    }
  }

  /** Settles when there is room for more; false when the client is gone. */
  private async write(chunk: BodyChunk): Promise<boolean> {
    const { res } = this;
    if (res.destroyed || chunk.length === 0) return !res.destroyed;
    this.begin();
    if (res.write(chunk)) return true;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      if (res.destroyed) resolve();
    });
    return !res.destroyed;
  }

  private readonly onRoom = (): void => this.wake?.();

  private begin(): void {
    if (this.isBegun) return;
    this.isBegun = true;
    setHead(this.head, this.res);
  }

  private async awaited<Value>(next: PromiseLike<Value>): Promise<Value> {
    const idle = setImmediate(this.onIdle);
    try {
      return await next;
    } finally {
      clearImmediate(idle);
    }
  }

  /** The next chunk takes its time: what is there goes out meanwhile. */
  private readonly onIdle = (): void => {
    const { res } = this;
    if (res.destroyed) return;
    // Compression holds bytes back until it is told.
    if (this.isBegun) (res as { flush?: () => void }).flush?.();
    else if (this.body.isHeadFinal === true) {
      this.begin();
      res.flushHeaders();
    }
  };
}

function chunkOf(chunk: unknown): BodyChunk {
  if (typeof chunk === "string" || isUint8Array(chunk)) return chunk;
  throw contractError(`a body chunk is ${chunk === null ? "null" : typeof chunk}, allowed are Uint8Array and string`);
}

function wrongLength(bytes: number, announced: number): Error {
  return contractError(`the body has ${bytes} bytes, its Content-Length is ${announced}`);
}
