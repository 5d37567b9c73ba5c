/**
 * A `DirectHandler` -> a `Handler`: for whoever has to see the response, such as middleware. It costs what the direct
 * way spares: the head is read again, and bodies go through a queue.
 */
import { decodeResponseHead, type Header, type ResponseHead } from "../codec/index.ts";
import { AppError, contractError, errorCode } from "../errors.ts";
import { AnswerStream } from "./answer-stream.ts";
import { describeThrown } from "./describe-thrown.ts";
import type { DirectAnswer, DirectHandler } from "./direct.ts";
import type { AppRequest, AppResponse, BodyChunk, Handler } from "./handler.ts";
import type { ByteStream } from "./plugin.ts";
import { isPromiseLike } from "./promise-like.ts";
import { WatchedRequest } from "./watched-request.ts";

/**
 * Makes a handler of an application that writes its answers itself. What is whole in the turn in which it begins is
 * one chunk (up to 64 KiB, else a list), anything else a stream whose reader holds up the writer; for one who leaves
 * it, writing ends with a ConnectionError (`UWSGI_PEER_GONE`).
 *
 * An upgrade answers with status 101, which nobody looks at; a failure behind it destroys the stream. A failure
 * before the head rejects, one behind it is thrown by the stream, one behind the end goes to `AppRequest.log`.
 * Rejects with an AppError (`UWSGI_APP_CONTRACT`) for a head that cannot be read strictly, or says another status or
 * length than `begin` was told.
 */
export function asHandler(direct: DirectHandler): Handler {
  return (request) => new GatheredAnswer(request).run(direct);
}

/** One answer, on its way to become a response. */
class GatheredAnswer implements DirectAnswer {
  private readonly request: AppRequest;
  private readonly stream = new AnswerStream();
  private head: ResponseHead | undefined;
  private isOver = false;
  private upgraded: ByteStream | undefined;
  private failure: { readonly error: unknown } | undefined;
  private waiting: { resolve(response: AppResponse): void; reject(error: unknown): void } | undefined;

  constructor(request: AppRequest) {
    this.request = request;
  }

  get isOpen(): boolean {
    return !this.isOver && !this.stream.isLeft;
  }

  run(direct: DirectHandler): AppResponse | Promise<AppResponse> {
    const watched = new WatchedRequest(this.request, (stream) => this.onUpgrade(stream));
    try {
      const answering = direct.answer(watched, this);
      if (isPromiseLike(answering)) answering.then(undefined, (error: unknown) => this.fail(error));
    } catch (error) {
      this.fail(error);
    }
    if (this.isOver) return this.response();
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      if (this.head !== undefined) this.settleSoon();
    });
  }

  begin(
    status: number,
    head: string,
    length: number | undefined,
    first: Uint8Array | string = "",
  ): Promise<void> | undefined {
    if (this.head !== undefined) throw contractError("the answer was begun a second time");
    this.head = readHead(status, head, length);
    this.settleSoon();
    return first.length === 0 ? undefined : this.write(first);
  }

  write(chunk: Uint8Array | string): Promise<void> | undefined {
    if (this.head === undefined) throw contractError("the application sent a body before the head");
    return chunk.length === 0 ? undefined : this.stream.write(chunkOf(chunk));
  }

  end(): void {
    if (this.isOver) return;
    if (this.head === undefined) this.fail(contractError("the answer has ended without a head"));
    this.isOver = true;
    this.stream.end();
  }

  fail(error: unknown): void {
    if (!this.isOpen) {
      // Of whoever has left, the writer has heard by such an error.
      if (!this.stream.isLeft || errorCode(error) !== "UWSGI_PEER_GONE") {
        this.request.log(`failed behind its answer: ${describeThrown(error)}`);
      }
      this.isOver = true;
      this.upgraded?.destroy();
      return;
    }
    this.isOver = true;
    this.failure = { error };
    this.stream.fail(error);
    this.settleSoon();
  }

  private onUpgrade(stream: ByteStream): void {
    this.isOver = true;
    this.upgraded = stream;
    this.settleSoon();
  }

  /** Behind what runs now: it may write all the rest. */
  private settleSoon(): void {
    if (this.waiting !== undefined) queueMicrotask(() => this.settle());
  }

  private settle(): void {
    const { waiting } = this;
    if (waiting === undefined) return;
    this.waiting = undefined;
    try {
      waiting.resolve(this.response());
    } catch (error) {
      waiting.reject(error);
    }
  }

  private response(): AppResponse {
    const { head, failure } = this;
    if (this.upgraded !== undefined) return { status: 101, headers: [], body: null };
    if (head === undefined) throw failure?.error;
    const { status, reason, headers } = head;
    const isWhole = this.isOver && failure === undefined;
    return { status, reason, headers, body: isWhole ? wholeBody(this.stream.takeAll()) : this.stream };
  }
}

function readHead(status: number, text: string, length: number | undefined): ResponseHead {
  if (status < 200) throw contractError(`status ${status}, allowed are 200 to 999`);
  const head = decodeHead(text);
  if (head === undefined || head.byteLength !== text.length || head.form !== "http") {
    throw contractError("the head is not a status line, headers and one empty line");
  }
  if (head.status !== status) throw contractError(`the head has status ${head.status}, it was begun with ${status}`);
  const lengths = head.headers.filter(isLength);
  if (length !== undefined && (lengths.length !== 1 || lengths[0]?.[1] !== String(length))) {
    throw contractError(`the head does not announce the ${length} bytes that it was begun with`);
  }
  return head;
}

function decodeHead(text: string): ResponseHead | undefined {
  try {
    return decodeResponseHead(latin1Bytes(text), { maxHeadBytes: Number.POSITIVE_INFINITY });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new AppError(`the head cannot be read: ${why}`, { code: "UWSGI_APP_CONTRACT", cause: error });
  }
}

function isLength([name]: Header): boolean {
  return name.toLowerCase() === "content-length";
}

/** The chunk for a response, whose text is UTF-8: text that is not ASCII becomes the bytes that it stands for. */
function chunkOf(chunk: Uint8Array | string): BodyChunk {
  return typeof chunk === "string" && /[\u0080-\u{10ffff}]/u.test(chunk) ? latin1Bytes(chunk) : chunk;
}

/** Throws an AppError (`UWSGI_APP_CONTRACT`) for a character above U+00FF. */
function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff)
      throw contractError(
        `text of an answer has the character U+${code.toString(16).padStart(4, "0")}, latin-1 is needed`,
      );
    bytes[i] = code;
  }
  return bytes;
}

/** What is larger goes out chunk by chunk: joined it would be there twice. */
const MOST_JOINED = 65_536;

function wholeBody(chunks: BodyChunk[]): AppResponse["body"] {
  const [first] = chunks;
  if (first === undefined) return null;
  if (chunks.length === 1) return first;
  const bytes = chunks.map(bytesOf);
  const size = bytes.reduce((sum, { length }) => sum + length, 0);
  if (size > MOST_JOINED) return chunks;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of bytes) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Text is ASCII here: see `chunkOf`. */
function bytesOf(chunk: BodyChunk): Uint8Array {
  return typeof chunk === "string" ? latin1Bytes(chunk) : chunk;
}
