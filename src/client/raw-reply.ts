/// <reference lib="esnext.disposable" preserve="true" />
/** What a server answers to a packet, as bytes: replies of other families than requests have no common form. */
import { describeBytes, HEADER_BYTES } from "../codec/index.ts";
import { gone, LimitError, ProtocolError, rangeError } from "../errors.ts";
import type { PeerExchange } from "./peer-exchange.ts";
import { readAll, type ReadAllOptions } from "./read-all.ts";
import type { ReplyDecoder } from "./reply-decoder.ts";

/** Takes bytes as they are. */
export class RawDecoder implements ReplyDecoder {
  isBegun = false;
  isDone = false;
  readonly isTunnel = true;

  push(bytes: Uint8Array): Uint8Array {
    this.isBegun = true;
    return bytes;
  }

  end(): void {
    this.isBegun = true;
    this.isDone = true;
  }
}

/** A packet that was read. */
export interface ReplyPacket {
  /** 0-255. */
  readonly modifier1: number;
  /** 0-255. */
  readonly modifier2: number;
  /** 0-65 535 bytes: see `decodeVars` and `decodeArray` of `uisge/codec` for what is in them. */
  readonly payload: Uint8Array;
}

export interface ReadPacketOptions {
  /** Most bytes of the payload. Default 65 535, all that a packet can have. */
  readonly maxDatasize?: number;
  /** What its header must say; another one is refused before its payload is waited for. */
  readonly modifier1?: number;
  readonly modifier2?: number;
}

/** A reply: its bytes, read once, in whatever pieces suit. */
export class RawReply implements AsyncDisposable {
  private readonly exchange: PeerExchange;
  /** Bytes that were read from the connection and not yet asked for. */
  private held: Uint8Array = new Uint8Array(0);

  /** @internal Made by `exchange`. */
  constructor(exchange: PeerExchange) {
    this.exchange = exchange;
  }

  /** What was not read yet, as it comes; ending the iteration early closes the connection. */
  get body(): AsyncIterable<Uint8Array> {
    return { [Symbol.asyncIterator]: () => this.pieces() };
  }

  /**
   * Reads one packet. Rejects with a ConnectionError (`UWSGI_PEER_GONE`) where there is none, a ProtocolError
   * (`UWSGI_TRUNCATED_PACKET`, `UWSGI_BAD_REPLY` where its modifiers are others than asked for), a LimitError
   * (`UWSGI_DATASIZE_LIMIT`), and a TimeoutError (`UWSGI_RESPONSE_BODY_TIMEOUT`, `UWSGI_TOTAL_TIMEOUT`). All of them close the connection.
   */
  async readPacket(options: ReadPacketOptions = {}): Promise<ReplyPacket> {
    try {
      return await this.packet(options);
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  /** Reads exactly so many bytes; rejects with a ProtocolError (`UWSGI_TRUNCATED_PACKET`) where there are fewer. */
  async read(length: number): Promise<Uint8Array> {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw rangeError("UWSGI_INVALID_ARGUMENT", `length is ${String(length)}, a whole number of bytes is needed`);
    }
    if (await this.fill(length)) return this.take(length);
    this.destroy();
    throw new ProtocolError(`the reply ended after ${this.held.length} of ${length} bytes`, {
      code: "UWSGI_TRUNCATED_PACKET",
    });
  }

  /** All that was not read yet. Rejects with a LimitError (`UWSGI_RESPONSE_LIMIT`). */
  bytes(options?: ReadAllOptions): Promise<Uint8Array> {
    return readAll(this.body, options);
  }

  /** Closes the connection, if it is open. */
  destroy(): void {
    this.exchange.cancel();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }

  private async packet({ maxDatasize = 65_535, modifier1, modifier2 }: ReadPacketOptions): Promise<ReplyPacket> {
    if (!(await this.fill(HEADER_BYTES))) {
      if (this.held.length === 0) throw gone("the server closed the connection without a reply");
      throw this.truncated();
    }
    const [first = 0, low = 0, high = 0, last = 0] = this.held;
    if ((modifier1 ?? first) !== first || (modifier2 ?? last) !== last) {
      const wanted = `modifier1 ${modifier1 ?? "of any kind"} and modifier2 ${modifier2 ?? "of any kind"}`;
      throw new ProtocolError(
        `not the reply that was asked for, ${wanted}: it begins with ${describeBytes(this.held)}`,
        {
          code: "UWSGI_BAD_REPLY",
          offset: 0,
        },
      );
    }
    const datasize = low | (high << 8);
    if (datasize > maxDatasize) {
      throw new LimitError(`reply with a payload of ${datasize} bytes, at most ${maxDatasize} are allowed`, {
        code: "UWSGI_DATASIZE_LIMIT",
        offset: 1,
      });
    }
    if (!(await this.fill(HEADER_BYTES + datasize))) throw this.truncated();
    return { modifier1: first, modifier2: last, payload: this.take(HEADER_BYTES + datasize).subarray(HEADER_BYTES) };
  }

  private truncated(): ProtocolError {
    const { held } = this;
    return new ProtocolError(`the reply ended inside a packet, after ${held.length} bytes: ${describeBytes(held)}`, {
      code: "UWSGI_TRUNCATED_PACKET",
      offset: held.length,
    });
  }

  /** Waits for so many bytes; false where the reply ends before. */
  private async fill(length: number): Promise<boolean> {
    if (this.held.length >= length) return true;
    // Together at the end: a peer that sends byte by byte must not have them copied for each.
    const pieces = [this.held];
    let size = this.held.length;
    try {
      while (size < length) {
        const { done, value } = await this.exchange.read();
        if (done === true) break;
        pieces.push(value);
        size += value.length;
      }
    } finally {
      this.held = pieces.length === 1 ? this.held : Buffer.concat(pieces, size);
    }
    return size >= length;
  }

  private take(length: number): Uint8Array {
    const taken = this.held.subarray(0, length);
    this.held = this.held.subarray(length);
    return taken;
  }

  private async *pieces(): AsyncGenerator<Uint8Array, void> {
    try {
      const first = this.take(this.held.length);
      if (first.length > 0) yield first;
      for (;;) {
        const { done, value } = await this.exchange.read();
        if (done === true) return;
        yield value;
      }
    } finally {
      this.destroy();
    }
  }
}
