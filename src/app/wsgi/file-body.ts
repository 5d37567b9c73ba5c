/** `wsgi.file_wrapper`: a file as a response body. */
import { typeError } from "../../errors.ts";
import { type FileSource, sourceOf, type WsgiFile } from "./file-source.ts";

/** One page of most caches and pipes, and what a connection takes at once. */
const DEFAULT_BLOCK_BYTES = 65_536;

/** Blocks of a file that the server reads itself: fewer larger ones cost less, up to here. */
const SENT_BLOCK_BYTES = 262_144;

/** The function that applications find as `wsgi.file_wrapper`. */
export function fileBody(file: WsgiFile, blockSize: number = DEFAULT_BLOCK_BYTES): FileBody {
  return new FileBody(file, blockSize);
}

/** To whom it is an iterable: blocks of the file, from where it stands to its end. */
export class FileBody implements AsyncIterable<Uint8Array> {
  private readonly source: FileSource;
  private readonly blockSize: number;
  private closing: Promise<void> | undefined;

  constructor(file: WsgiFile, blockSize: number) {
    if (!Number.isInteger(blockSize) || blockSize < 1) {
      throw typeError(
        "UWSGI_INVALID_ARGUMENT",
        `the block size of a file is ${String(blockSize)}, whole numbers from 1 are allowed`,
      );
    }
    this.source = sourceOf(file);
    this.blockSize = blockSize;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array, undefined> {
    return new Blocks(this.source, this.blockSize, Number.POSITIVE_INFINITY);
  }

  /** @internal Bytes to the end of a regular file. */
  left(): Promise<number | undefined> {
    return this.source.left();
  }

  /** @internal The same body for a server that has got it back: in large blocks, and not more than `most` bytes. */
  upTo(most: number): AsyncIterable<Uint8Array> & { close(): Promise<void> } {
    return {
      [Symbol.asyncIterator]: () => new Blocks(this.source, SENT_BLOCK_BYTES, most),
      close: () => this.close(),
    };
  }

  /** Closes the file. Idempotent. */
  close(): Promise<void> {
    return (this.closing ??= this.source.close());
  }
}

class Blocks implements AsyncIterableIterator<Uint8Array, undefined> {
  private readonly source: FileSource;
  private readonly blockSize: number;
  private left: number;

  constructor(source: FileSource, blockSize: number, left: number) {
    this.source = source;
    this.blockSize = blockSize;
    this.left = left;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const { left } = this;
    if (left === 0) return DONE;
    const block = await this.source.read(Math.min(this.blockSize, left));
    if (block.length === 0) this.left = 0;
    else this.left -= Math.min(left, block.length);
    if (block.length === 0) return DONE;
    // A stream gives chunks of its own sizes.
    return { done: false, value: block.length <= left ? block : block.subarray(0, left) };
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.left = 0;
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });
