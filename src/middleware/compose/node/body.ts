/** What is left of the body of a Node request, as a `RequestBody`. */
import type { IncomingMessage } from "node:http";
import { ConnectionError, gone, readTwice } from "../../../errors.ts";
import type { RequestBody } from "../../../handler/index.ts";

interface Reader {
  resolve(chunk: Uint8Array | undefined): void;
  reject(error: unknown): void;
}

export class NodeBody implements RequestBody {
  readonly length: number;
  private readonly req: IncomingMessage;
  private reader: Reader | undefined;
  private isListening = false;
  private isReleased = false;

  constructor(req: IncomingMessage, length: number) {
    this.req = req;
    this.length = length;
  }

  /** Middleware may have read some of it, or all: then there is less than `length`. */
  read(): Promise<Uint8Array | undefined> {
    if (this.length === 0) return NOTHING_LEFT;
    if (this.reader !== undefined) return Promise.reject(readTwice());
    if (this.isReleased) return Promise.reject(tooLate());
    return new Promise((resolve, reject) => {
      this.reader = { resolve, reject };
      this.listen();
      this.take();
    });
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) yield chunk;
  }

  /** The answer ends: a request that somebody listens to would be taken for one that is still being read. */
  release(): void {
    this.isReleased = true;
    this.leave();
    this.reader?.reject(tooLate());
    this.reader = undefined;
  }

  private listen(): void {
    if (this.isListening) return;
    this.isListening = true;
    for (const event of EVENTS) this.req.on(event, this.take);
  }

  private leave(): void {
    if (!this.isListening) return;
    this.isListening = false;
    for (const event of EVENTS) this.req.off(event, this.take);
  }

  private readonly take = (): void => {
    const { reader, req } = this;
    if (reader === undefined) return;
    const chunk = req.read() as Uint8Array | string | null;
    const isOver = chunk === null && (req.readableEnded || req.destroyed);
    if (chunk === null && !isOver) return;
    this.reader = undefined;
    if (chunk !== null) {
      // Text, where a parser has asked for it.
      reader.resolve(typeof chunk === "string" ? Buffer.from(chunk, req.readableEncoding ?? "utf8") : chunk);
    } else if (req.readableEnded) reader.resolve(undefined);
    else reader.reject(truncated(req.errored));
    if (isOver) this.leave();
  };
}

const EVENTS = ["readable", "end", "error", "close"];

const NOTHING_LEFT: Promise<undefined> = Promise.resolve(undefined);

function tooLate(): ConnectionError {
  return gone("the answer has ended, nothing more is read of the request");
}

function truncated(cause: unknown): ConnectionError {
  return new ConnectionError("the client was gone before the end of the request body", {
    code: "UWSGI_BODY_TRUNCATED",
    cause,
  });
}
