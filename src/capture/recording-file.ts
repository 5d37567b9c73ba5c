/** The file of a recording: appended to behind the traffic, never before it, and given up when the disk is. */
import type { Stats } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { ProtocolError } from "../errors.ts";
import { badCapture } from "./bad-capture.ts";
import {
  formatExchange,
  formatHeader,
  parseHeader,
  RECORDING_BEGINS,
  type RecordedExchange,
  type RecordingHeader,
} from "./record-format.ts";

export interface RecordingFileOptions {
  /** A file longer than that is renamed to `FILE.1`, that to `FILE.2`..., and a new one begun. Default 256 MiB. */
  readonly maxFileBytes?: number;
  /** How many are kept beside the one that is written. Default 4; the oldest goes. */
  readonly keepFiles?: number;
  /** Told what an operator should know: a tail that was cut off, and that recording has stopped. */
  readonly onNotice?: (text: string) => void;
}

/** Most bytes that wait to be written: a disk that is slower than the traffic loses exchanges, not memory. */
const MOST_WAITING_BYTES = 64 * 1024 * 1024;

/**
 * Whoever owns a file may read it, whatever its mode: one that somebody has put there, or behind a link, would get all
 * that passes. Answers what is known of the file.
 */
async function keepPrivate(handle: FileHandle, path: string): Promise<Stats> {
  const stats = await handle.stat();
  // Pipes and devices keep nothing.
  if (!stats.isFile()) return stats;
  const user = process.geteuid?.() ?? stats.uid;
  if (stats.uid !== user) {
    throw badCapture(
      `${path} belongs to user ${stats.uid}, and not to us, user ${user}: a recording has secrets in it`,
    );
  }
  if ((stats.mode & 0o077) !== 0) await handle.chmod(0o600);
  return stats;
}

export class RecordingFile {
  /** Exchanges in the file, and those that are not. */
  readonly counts: { written: number; lost: number } = { written: 0, lost: 0 };
  private readonly path: string;
  private readonly header: RecordingHeader;
  private readonly options: RecordingFileOptions;
  private handle: FileHandle;
  private bytes: number;
  private waitingBytes = 0;
  private isStopped = false;
  private work: Promise<void> = Promise.resolve();

  private constructor(
    path: string,
    header: RecordingHeader,
    options: RecordingFileOptions,
    handle: FileHandle,
    bytes: number,
  ) {
    this.path = path;
    this.header = header;
    this.options = options;
    this.handle = handle;
    this.bytes = bytes;
  }

  /**
   * Opens for appending, with mode 0600: there are secrets in it. A file that is there must be a recording, and our own,
   * and gets that mode; a line that was not written to its end is cut off. Rejects with a ProtocolError
   * (`UWSGI_BAD_CAPTURE`), and as the system does.
   */
  static async open(path: string, header: RecordingHeader, options: RecordingFileOptions = {}): Promise<RecordingFile> {
    const handle = await open(path, "a+", 0o600);
    try {
      const { size } = await keepPrivate(handle, path);
      const bytes = size === 0 ? 0 : await soundBytes(handle, size, path);
      if (bytes < size) {
        options.onNotice?.(`${path}: the last line was not whole, ${size - bytes} bytes were cut off`);
        await handle.truncate(bytes);
      }
      const file = new RecordingFile(path, header, options, handle, bytes);
      if (bytes === 0) await file.append(formatHeader(header));
      return file;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Takes an exchange; it is written later. */
  add(exchange: RecordedExchange): void {
    const line =
      this.isStopped || this.waitingBytes > MOST_WAITING_BYTES
        ? undefined
        : formatExchange(exchange, this.header.redacted);
    if (line === undefined) {
      this.counts.lost++;
      return;
    }
    this.waitingBytes += line.length;
    this.work = this.work.then(() => this.write(line));
  }

  /** Resolves when all that was taken is written, or lost. */
  async close(): Promise<void> {
    await this.work;
    await this.handle.close();
  }

  private async write(line: string): Promise<void> {
    this.waitingBytes -= line.length;
    if (this.isStopped) {
      this.counts.lost++;
      return;
    }
    try {
      const { maxFileBytes = 256 * 1024 * 1024 } = this.options;
      if (this.bytes + line.length > maxFileBytes && this.bytes > 0) await this.rotate();
      await this.append(line);
      this.counts.written++;
    } catch (error) {
      this.counts.lost++;
      this.isStopped = true;
      // What was written of the line would stand in the way of the next one.
      await this.handle.truncate(this.bytes).catch(() => {});
      const why = error instanceof Error ? error.message : String(error);
      this.options.onNotice?.(`${this.path}: ${why}; recording has stopped, the traffic goes on`);
    }
  }

  private async append(line: string): Promise<void> {
    const bytes = Buffer.from(line, "utf8");
    for (let at = 0; at < bytes.length;) at += (await this.handle.write(bytes, at)).bytesWritten;
    this.bytes += bytes.length;
  }

  private async rotate(): Promise<void> {
    const { keepFiles = 4 } = this.options;
    const name = (i: number): string => (i === 0 ? this.path : `${this.path}.${i}`);
    for (let i = keepFiles; i >= 1; i--) {
      await rename(name(i - 1), name(i)).catch((error: unknown) => {
        // Not there yet.
        if (i === 1) throw error;
      });
    }
    if (keepFiles === 0) await rm(this.path);
    const next = await open(this.path, "ax", 0o600);
    await this.handle.close();
    this.handle = next;
    this.bytes = 0;
    await this.append(formatHeader({ ...this.header, at: new Date().toISOString() }));
  }
}

const CHUNK_BYTES = 65_536;
const LF = 10;

/** Bytes up to the end of the last whole line; the first must be that of a recording. */
async function soundBytes(handle: FileHandle, size: number, path: string): Promise<number> {
  const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(CHUNK_BYTES), position: 0 });
  const end = buffer.subarray(0, bytesRead).indexOf(LF);
  if (end < 0) {
    // A header that was cut off, or another file, which is not ours to write to.
    const { length } = RECORDING_BEGINS;
    if (RECORDING_BEGINS.startsWith(buffer.toString("utf8", 0, Math.min(bytesRead, length)))) return 0;
    throw badCapture(`${path} is there, and is no recording`);
  }
  try {
    parseHeader(buffer.toString("utf8", 0, end));
  } catch (error) {
    throw error instanceof ProtocolError
      ? badCapture(`${path} is there, and is no recording: ${error.message}`)
      : error;
  }
  for (let to = size; to > 0;) {
    const from = Math.max(0, to - CHUNK_BYTES);
    const read = await handle.read({ buffer: Buffer.alloc(to - from), position: from });
    const last = read.buffer.subarray(0, read.bytesRead).lastIndexOf(LF);
    if (last >= 0) return from + last + 1;
    to = from;
  }
  return 0;
}
