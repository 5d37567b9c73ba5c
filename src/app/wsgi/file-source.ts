/** What can be sent as a file, and how each kind is read: descriptors, objects with `read`, streams. */
import { close as closeFd, fstat, read as readFd } from "node:fs";
import { readFile } from "node:fs/promises";
import { isUint8Array } from "node:util/types";
import { contractError, typeError } from "../../errors.ts";
import type { BodyChunk } from "../../handler/index.ts";

/** Closed at the end of the answer: by `close`, or `destroy` where a stream has that. */
interface Closable {
  close?(): unknown;
  destroy?(): unknown;
}

/** The next at most `size` bytes; empty, `null` or undefined at the end. Text is sent as UTF-8. */
type Read = (size: number) => BodyChunk | null | undefined | PromiseLike<BodyChunk | null | undefined>;

/**
 * What `wsgi.file_wrapper` takes: a `FileHandle` of `node:fs/promises` or what has a descriptor `fd` like it, a bare
 * descriptor, an object with `read(size)`, or a stream (a `Readable`, or whatever iterates chunks). Read from where it
 * stands.
 */
export type WsgiFile =
  | number
  | ({ readonly fd: number } & Closable)
  | ({ readonly read: Read } & Closable)
  | (AsyncIterable<BodyChunk> & Closable);

export interface FileSource {
  /**
   * Bytes from where it stands to its end; undefined for what is no regular file, or where nobody can say: of files
   * that it makes as they are read, such as those in /proc, the system says that they are empty.
   */
  left(): Promise<number | undefined>;
  /** The next bytes, at most `size` unless they are a stream's; none at the end. The bytes are the caller's. */
  read(size: number): Promise<Uint8Array>;
  /** Waits for a read that is under way. */
  close(): Promise<void>;
}

/** How the file is read. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what is none. */
export function sourceOf(file: WsgiFile): FileSource {
  if (typeof file === "number" && Number.isInteger(file) && file >= 0) return new Descriptor(new BareDescriptor(file));
  if (typeof file === "object" && file !== null) {
    // First: a stream of a file has `fd` and `read` too, and both mean something else.
    if ("pipe" in file && Symbol.asyncIterator in file) return new StreamSource(file);
    if ("fd" in file && typeof file.fd === "number") return new Descriptor(file);
    if ("read" in file && typeof file.read === "function") return new ReaderSource(file);
    if (Symbol.asyncIterator in file) return new StreamSource(file);
  }
  throw typeError(
    "UWSGI_INVALID_ARGUMENT",
    `wsgi.file_wrapper was given ${file === null ? "null" : typeof file}, needed is a FileHandle, a descriptor, an ` +
      "object with read(size), or a stream",
  );
}

class BareDescriptor {
  readonly fd: number;

  constructor(fd: number) {
    this.fd = fd;
  }

  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      closeFd(this.fd, (error) => (error === null || error === undefined ? resolve() : reject(error)));
    });
  }
}

class Descriptor implements FileSource {
  private readonly file: { readonly fd: number } & Closable;
  private reading: Promise<unknown> | undefined;

  constructor(file: { readonly fd: number } & Closable) {
    this.file = file;
  }

  async left(): Promise<number | undefined> {
    const { fd } = this.file;
    const size = await new Promise<number | undefined>((resolve, reject) => {
      fstat(fd, (error, stats) => {
        if (error === null) resolve(stats.isFile() && stats.size > 0 ? stats.size : undefined);
        else reject(error);
      });
    });
    if (size === undefined) return undefined;
    const position = await positionOf(fd);
    return position === undefined ? undefined : Math.max(0, size - position);
  }

  /** By the descriptor also for a `FileHandle`, whose own `read` makes more promises. */
  read(size: number): Promise<Uint8Array> {
    const reading = new Promise<Uint8Array>((resolve, reject) => {
      const block = Buffer.allocUnsafeSlow(size);
      readFd(this.file.fd, block, 0, size, null, (error, bytes) => {
        if (error === null) resolve(bytes === size ? block : block.subarray(0, bytes));
        else reject(error);
      });
    });
    this.reading = reading;
    return reading;
  }

  async close(): Promise<void> {
    // The system would give the number to another file, and the read its bytes to us.
    await this.reading?.catch(() => {});
    await this.file.close?.();
  }
}

/** Where the next read of a descriptor begins. Node has no `lseek`, and only Linux tells it otherwise. */
async function positionOf(fd: number): Promise<number | undefined> {
  const told = await readFile(`/proc/self/fdinfo/${fd}`, "latin1").catch(() => "");
  const position = /^pos:\s*([0-9]+)$/m.exec(told)?.[1];
  return position === undefined ? undefined : Number(position);
}

class ReaderSource implements FileSource {
  private readonly file: { readonly read: Read } & Closable;

  constructor(file: { readonly read: Read } & Closable) {
    this.file = file;
  }

  left(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async read(size: number): Promise<Uint8Array> {
    return bytesOf((await this.file.read(size)) ?? "");
  }

  async close(): Promise<void> {
    await this.file.close?.();
  }
}

class StreamSource implements FileSource {
  private readonly stream: AsyncIterable<BodyChunk> & Closable;
  private iterator: AsyncIterator<BodyChunk> | undefined;

  constructor(stream: AsyncIterable<BodyChunk> & Closable) {
    this.stream = stream;
  }

  left(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async read(): Promise<Uint8Array> {
    this.iterator ??= this.stream[Symbol.asyncIterator]();
    for (;;) {
      const { done, value } = await this.iterator.next();
      if (done === true) return NOTHING;
      // To whoever asks, no bytes are the end.
      const bytes = bytesOf(value);
      if (bytes.length > 0) return bytes;
    }
  }

  async close(): Promise<void> {
    const { stream } = this;
    if (typeof stream.destroy === "function") stream.destroy();
    else if (typeof stream.close === "function") await stream.close();
    else await this.iterator?.return?.();
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);

function bytesOf(chunk: BodyChunk): Uint8Array {
  if (typeof chunk === "string") return Buffer.from(chunk);
  if (isUint8Array(chunk)) return chunk;
  throw contractError(`a file gave ${typeof chunk}, allowed are Uint8Array and string`);
}
