/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A body of unknown length, kept until its length is known: uwsgi has no framing, so a chunked upload
 * must be whole before its packet can be sent. Small ones stay in memory, larger ones go to a file.
 */
import { open, type FileHandle, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LimitError } from "../errors.ts";

/** Bytes kept in memory; more goes to disk. */
const MEMORY_BYTES = 1024 * 1024;

export interface Spooled extends AsyncDisposable {
  readonly length: number;
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Reads `body` to its end; what does not stay in memory goes to a file in `folder`. Rejects with a
 * LimitError (`UWSGI_BODY_LIMIT`) over `maxBytes`.
 */
export async function spool(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  folder: string = tmpdir(),
): Promise<Spooled> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let file: SpoolFile | undefined;
  try {
    for await (const chunk of body) {
      length += chunk.length;
      if (length > maxBytes) {
        throw new LimitError(`request body of more than ${maxBytes} bytes, at most ${maxBytes} are allowed`, {
          code: "UWSGI_BODY_LIMIT",
        });
      }
      chunks.push(chunk);
      if (length <= MEMORY_BYTES) continue;
      file ??= await SpoolFile.create(folder);
      await file.append(chunks.splice(0));
    }
  } catch (error) {
    await file?.[Symbol.asyncDispose]();
    throw error;
  }
  if (file !== undefined) {
    const spooled = file;
    return { length, body: spooled.read(), [Symbol.asyncDispose]: () => spooled[Symbol.asyncDispose]() };
  }
  return { length, body: iterate(chunks), [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function* iterate(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  yield* chunks;
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

  async *read(): AsyncGenerator<Uint8Array, void> {
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
