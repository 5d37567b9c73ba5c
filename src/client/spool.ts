/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A body of unknown length, kept until its length is known: uwsgi has no framing, so a chunked upload
 * must be whole before its packet can be sent. Small ones stay in memory, larger ones go to a file.
 */
import { open, type FileHandle, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LimitError } from "../errors.ts";
import { BytesBody } from "./bytes-body.ts";

/** Bytes kept in memory; more goes to disk. */
const MEMORY_BYTES = 1024 * 1024;

export interface Spooled extends AsyncDisposable {
  readonly length: number;
  /** May be gone through several times, until it is disposed of. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface SpoolOptions {
  /** Bytes kept in memory before a file is made. Default 1 MiB. */
  readonly memoryBytes?: number;
  /** Ends the wait for the body when it fires: rejects with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Reads `body` to its end; what does not stay in memory goes to a file in `folder`. Rejects with a
 * LimitError (`UWSGI_BODY_LIMIT`) over `maxBytes`, and with whatever the body or the disk fails with: then nothing is left.
 */
export async function spool(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  folder: string = tmpdir(),
  { memoryBytes = MEMORY_BYTES, signal }: SpoolOptions = {},
): Promise<Spooled> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let file: SpoolFile | undefined;
  try {
    for await (const chunk of signal === undefined ? body : until(body, signal)) {
      length += chunk.length;
      if (length > maxBytes) {
        throw new LimitError(`request body of more than ${maxBytes} bytes, at most ${maxBytes} are allowed`, {
          code: "UWSGI_BODY_LIMIT",
        });
      }
      chunks.push(chunk);
      if (length <= memoryBytes) continue;
      file ??= await SpoolFile.create(folder);
      await file.append(chunks.splice(0));
    }
  } catch (error) {
    await file?.[Symbol.asyncDispose]();
    throw error;
  }
  if (file !== undefined) {
    const spooled = file;
    const { readable } = spooled;
    return { length, body: readable, [Symbol.asyncDispose]: () => spooled[Symbol.asyncDispose]() };
  }
  const kept = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  return { length, body: new BytesBody(kept), [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** The same pieces, and no wait for one behind the end of `signal`. Lets the source go then, and waits no longer for that either. */
async function* until(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
  const source = body[Symbol.asyncIterator]();
  let giveUp: (reason: unknown) => void = () => {};
  const onAbort = (): void => giveUp(signal.reason);
  signal.addEventListener("abort", onAbort);
  let isEnded = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      // Not `Promise.race`: it would leave something at the other promise for each piece.
      const { done, value } = await new Promise<IteratorResult<Uint8Array, unknown>>((resolve, reject) => {
        giveUp = reject;
        source.next().then(resolve, (error: unknown) => {
          isEnded = true;
          reject(error);
        });
      });
      if (done === true) {
        isEnded = true;
        return;
      }
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    if (!isEnded) source.return?.()?.catch(() => {});
  }
}

/** A file without a name: in a directory of its own, and removed as soon as it is open. */
class SpoolFile implements AsyncDisposable {
  private readonly handle: FileHandle;

  private constructor(handle: FileHandle) {
    this.handle = handle;
  }

  static async create(folder: string): Promise<SpoolFile> {
    const directory = await mkdtemp(join(folder, "uisge-spool-"));
    try {
      return new SpoolFile(await open(join(directory, "body"), "wx+", 0o600));
    } finally {
      await rm(directory, { recursive: true });
    }
  }

  async append(chunks: readonly Uint8Array[]): Promise<void> {
    for (const chunk of chunks) await this.handle.appendFile(chunk);
  }

  /** What was appended, from its beginning each time. */
  get readable(): AsyncIterable<Uint8Array> {
    return { [Symbol.asyncIterator]: () => this.read() };
  }

  private async *read(): AsyncGenerator<Uint8Array, void> {
    for (let position = 0; ;) {
      const { bytesRead, buffer } = await this.handle.read({ buffer: Buffer.allocUnsafe(65_536), position });
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.handle.close();
  }
}
