/**
 * A response, from bytes as they come: its head, then its body. Pure.
 *
 * Interim heads (100, 102, 103) are passed over: uWSGI's applications should not send them, some do. 101 is no interim
 * head here; the bytes behind it are the other protocol's.
 */
import { decodeResponseHead, describeBytes, type Header, type ResponseHead } from "../codec/index.ts";
import { ConnectionError, gone, ProtocolError } from "../errors.ts";
import { ChunkDecoder } from "./chunk-decoder.ts";
import type { ReplyDecoder } from "./reply-decoder.ts";
import { frameResponse, type Framing, type FramingOptions } from "./response-framing.ts";

export interface ResponseDecoderOptions extends FramingOptions {
  /** Of all heads together, interim ones too. */
  readonly maxHeadBytes: number;
  /** Told of interim heads. */
  readonly onInterim?: (status: number, headers: readonly Header[]) => void;
}

const LF = 10;
const CR = 13;
const NONE: Uint8Array = new Uint8Array(0);

export class ResponseDecoder implements ReplyDecoder {
  head: ResponseHead | undefined;
  /** Those of the head, as its framing leaves them. */
  headers: readonly Header[] = [];
  isDone = false;
  /** Bytes behind the body that came with its last piece: the peer sent more than it announced. Dropped. */
  excessBytes = 0;
  private readonly options: ResponseDecoderOptions;
  /** Of a head that is not whole; more memory than bytes, so that a slow one is not copied for each of them. */
  private held: Uint8Array = NONE;
  private heldBytes = 0;
  /** Of heads that were passed over. */
  private interimBytes = 0;
  private framing: Framing | undefined;
  private chunks: ChunkDecoder | undefined;
  private leftBytes = 0;

  constructor(options: ResponseDecoderOptions) {
    this.options = options;
  }

  get isBegun(): boolean {
    return this.head !== undefined;
  }

  get isTunnel(): boolean {
    return this.head?.status === 101;
  }

  push(bytes: Uint8Array): Uint8Array | undefined {
    if (this.head !== undefined) return this.pushBody(bytes);
    const rest = this.pushHead(bytes);
    return rest === undefined ? undefined : this.pushBody(rest);
  }

  /**
   * Throws a ConnectionError (`UWSGI_PEER_GONE` where nothing came, `UWSGI_RESPONSE_TRUNCATED` inside a body) or a
   * ProtocolError (`UWSGI_BAD_RESPONSE_HEAD`, inside a head).
   */
  end(): void {
    if (this.isDone) return;
    if (this.framing === undefined) throw this.endedInHead();
    const { length } = this.framing;
    if (this.chunks !== undefined) {
      throw new ConnectionError("the response body ended before its last chunk", { code: "UWSGI_RESPONSE_TRUNCATED" });
    }
    if (length !== Number.POSITIVE_INFINITY) {
      throw new ConnectionError(
        `the response body ended ${this.leftBytes} bytes before its Content-Length of ${length}`,
        { code: "UWSGI_RESPONSE_TRUNCATED" },
      );
    }
    this.isDone = true;
  }

  /** Answers what lies behind the head, undefined while it is not whole. */
  private pushHead(bytes: Uint8Array): Uint8Array | undefined {
    let all = this.hold(bytes);
    while (all !== undefined) {
      const head = decodeResponseHead(all, { maxHeadBytes: this.options.maxHeadBytes - this.interimBytes });
      if (head === undefined) {
        this.keep(all);
        return undefined;
      }
      const rest = all.subarray(head.byteLength);
      if (head.status >= 200 || head.status === 101) {
        this.begin(head);
        return rest;
      }
      this.interimBytes += head.byteLength;
      this.options.onInterim?.(head.status, head.headers);
      this.held = NONE;
      this.heldBytes = 0;
      all = rest;
    }
    return undefined;
  }

  /** All bytes of the head so far, where there is something to be seen in them: its end, or what cannot be a head. */
  private hold(bytes: Uint8Array): Uint8Array | undefined {
    if (this.heldBytes === 0) return bytes;
    const from = this.heldBytes;
    this.append(bytes);
    const isOver = from + bytes.length >= this.options.maxHeadBytes - this.interimBytes;
    return isOver || hasEnd(this.held, Math.max(0, from - 2), this.heldBytes)
      ? this.held.subarray(0, this.heldBytes)
      : undefined;
  }

  /** For the next push. */
  private keep(all: Uint8Array): void {
    // The peer chose how its bytes are cut: those that came stand for themselves until more come.
    this.held = all;
    this.heldBytes = all.length;
  }

  private append(bytes: Uint8Array): void {
    const length = this.heldBytes + bytes.length;
    if (length > this.held.length) {
      const larger = new Uint8Array(Math.max(1_024, length * 2));
      larger.set(this.held.subarray(0, this.heldBytes));
      this.held = larger;
    }
    this.held.set(bytes, this.heldBytes);
    this.heldBytes = length;
  }

  private begin(head: ResponseHead): void {
    const framing = frameResponse(head, this.options);
    this.held = NONE;
    this.framing = framing;
    this.headers = framing.headers;
    this.leftBytes = framing.length;
    if (framing.isChunked) this.chunks = new ChunkDecoder();
    this.head = head;
  }

  private pushBody(bytes: Uint8Array): Uint8Array | undefined {
    const { chunks } = this;
    if (chunks !== undefined) {
      const data = chunks.push(bytes);
      this.isDone = chunks.isDone;
      this.excessBytes = chunks.excessBytes;
      return data.length === 0 ? undefined : data;
    }
    const { leftBytes } = this;
    const piece = bytes.length > leftBytes ? bytes.subarray(0, leftBytes) : bytes;
    this.leftBytes = leftBytes - piece.length;
    if (this.leftBytes === 0) {
      this.isDone = true;
      // An answer to HEAD, a 204 or a 304 may come with the body that it must not have: it is no error of ours.
      if (this.framing !== undefined && this.framing.length > 0) this.excessBytes = bytes.length - piece.length;
    }
    return piece.length === 0 ? undefined : piece;
  }

  private endedInHead(): Error {
    if (this.heldBytes === 0) {
      return this.interimBytes === 0
        ? gone("the server closed the connection without an answer")
        : gone("the server closed the connection behind an interim answer");
    }
    const seen = describeBytes(this.held.subarray(0, this.heldBytes));
    return new ProtocolError(
      `the response ended inside its head, after ${this.heldBytes} bytes that begin with ${seen}`,
      { code: "UWSGI_BAD_RESPONSE_HEAD", offset: this.heldBytes },
    );
  }
}

/** True for an empty line that ends among the bytes from `from` to `end`; two before them are looked at too. */
function hasEnd(bytes: Uint8Array, from: number, end: number): boolean {
  // Not beyond `end`: there is more memory than bytes.
  const seen = bytes.subarray(from, end);
  for (let at = seen.indexOf(LF); at >= 0; at = seen.indexOf(LF, at + 1)) {
    if (seen[at + 1] === LF || (seen[at + 1] === CR && seen[at + 2] === LF)) return true;
  }
  return false;
}
