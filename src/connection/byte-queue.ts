/**
 * Bytes that have arrived and were not yet asked for. One reader at a time.
 *
 * It holds little: above the high-water mark it asks to be sent no more, and below it for
 * more.
 */
import { type ConnectionError, gone, readTwice } from "../errors.ts";

/** Bytes kept unread before the transport is paused: one read of a socket, as nginx fills it. */
const HIGH_WATER = 65_536;

/** What fills the queue. */
export interface Source {
  pause(): void;
  resume(): void;
}

interface Reader {
  resolve(bytes: Uint8Array | undefined): void;
  reject(error: Error): void;
}

export class ByteQueue {
  private readonly source: Source;
  private chunks: Uint8Array[] = [];
  private size = 0;
  private reader: Reader | undefined;
  private isPaused = false;
  private isEnded = false;
  private isDiscarding = false;
  private fault: Error | undefined;

  constructor(source: Source) {
    this.source = source;
  }

  /** True while a reader waits for bytes. */
  get isWaiting(): boolean {
    return this.reader !== undefined;
  }

  /** Adds bytes, which are the queue's from now on. */
  push(bytes: Uint8Array): void {
    if (this.isDiscarding || bytes.length === 0) return;
    if (this.reader !== undefined) {
      const { resolve } = this.reader;
      this.reader = undefined;
      resolve(bytes);
      return;
    }
    this.chunks.push(bytes);
    this.size += bytes.length;
    if (this.size >= HIGH_WATER && !this.isPaused) {
      this.isPaused = true;
      this.source.pause();
    }
  }

  /** No more bytes come: readers get undefined once the rest is read. */
  end(): void {
    this.isEnded = true;
    this.reader?.resolve(undefined);
    this.reader = undefined;
  }

  /** The connection broke: readers get the error once the rest is read. */
  fail(error: Error): void {
    this.fault ??= error;
    this.reader?.reject(error);
    this.reader = undefined;
  }

  /** The oldest chunk; undefined at the end. Rejects when the connection broke. */
  read(): Promise<Uint8Array | undefined> {
    const chunk = this.chunks.shift();
    if (chunk !== undefined) {
      this.size -= chunk.length;
      this.keepFlowing();
      return Promise.resolve(chunk);
    }
    if (this.isDiscarding) return Promise.reject(ended());
    if (this.isEnded) return Promise.resolve(undefined);
    if (this.fault !== undefined) return Promise.reject(this.fault);
    if (this.reader !== undefined) return Promise.reject(readTwice());
    return new Promise((resolve, reject) => {
      this.reader = { resolve, reject };
    });
  }

  /** All that is there, for who goes on reading without the queue. */
  take(): Uint8Array[] {
    const { chunks } = this;
    this.chunks = [];
    this.size = 0;
    return chunks;
  }

  /** Throws away what is there and what still comes, and lets it flow. */
  discard(): void {
    this.isDiscarding = true;
    this.chunks = [];
    this.size = 0;
    this.reader?.reject(ended());
    this.reader = undefined;
    this.keepFlowing();
  }

  private keepFlowing(): void {
    if (!this.isPaused || this.size >= HIGH_WATER) return;
    this.isPaused = false;
    this.source.resume();
  }
}

function ended(): ConnectionError {
  return gone("the exchange has ended, its body can no longer be read");
}
