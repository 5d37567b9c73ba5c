/**
 * Messages over a pipe or a socket, one JSON object a line, both ways: between a master and its workers, and on the
 * control socket. What comes is believed only as far as its form goes: a line that is too long, or no object with a
 * `kind`, ends the channel.
 */
import type { Duplex } from "node:stream";
import { type ErrorCode, ProtocolError } from "../../errors.ts";

/** Most bytes of a line, and most that wait to be sent. */
const MOST_BYTES = 1_048_576;

/** How much of a line that is none an error shows. */
const MOST_SHOWN = 60;

const LINE_FEED = 0x0a;

export interface Message {
  readonly kind: string;
}

export interface LineChannelOptions<Received extends Message> {
  readonly onMessage: (message: Received) => void;
  /**
   * Told once, at the end of what comes: without an error where the other side has closed; else why
   * (`UWSGI_BAD_MESSAGE`, or the system's error).
   */
  readonly onEnd: (error?: Error) => void;
}

export class LineChannel<Sent extends Message, Received extends Message> {
  private readonly stream: Duplex;
  private readonly options: LineChannelOptions<Received>;
  /** Parts of a line whose end has not come. */
  private parts: Buffer[] = [];
  private length = 0;
  private isOver = false;

  /** The stream becomes the channel's: it is destroyed at the end of what comes. */
  constructor(stream: Duplex, options: LineChannelOptions<Received>) {
    this.stream = stream;
    this.options = options;
    stream.on("data", (chunk: Buffer) => this.take(chunk));
    stream.on("end", () => this.end());
    stream.on("close", () => this.end());
    stream.on("error", (error) => this.end(error));
  }

  /** True when all that was sent is with the system. */
  get isEmpty(): boolean {
    return this.stream.writableLength === 0;
  }

  /** False when it was not sent, for the other side has gone, or does not read: 1 MiB waits. */
  send(message: Sent): boolean {
    const { stream } = this;
    if (!stream.writable || stream.writableLength > MOST_BYTES) return false;
    stream.write(`${JSON.stringify(message)}\n`);
    return true;
  }

  /** Closes the channel behind what was sent; nothing is told from now on. */
  close(): void {
    this.isOver = true;
    this.stream.end();
    this.stream.resume();
  }

  private take(chunk: Buffer): void {
    let start = 0;
    for (;;) {
      if (this.isOver) return;
      const end = chunk.indexOf(LINE_FEED, start);
      const part = chunk.subarray(start, end === -1 ? chunk.length : end);
      this.length += part.length;
      if (this.length > MOST_BYTES) {
        this.fail(`a line of more than ${MOST_BYTES} bytes, which is the most`);
        return;
      }
      if (part.length > 0) this.parts.push(part);
      if (end === -1) return;
      const line = this.parts.length === 1 ? (this.parts[0] as Buffer) : Buffer.concat(this.parts);
      this.parts = [];
      this.length = 0;
      start = end + 1;
      this.read(line);
    }
  }

  private read(line: Buffer): void {
    const text = line.toString("utf8");
    const message = parse(text);
    if (message !== undefined) this.options.onMessage(message as Received);
    else this.fail(`${JSON.stringify(text.slice(0, MOST_SHOWN))}, a JSON object with a kind is needed`);
  }

  private fail(seen: string): void {
    const code: ErrorCode = "UWSGI_BAD_MESSAGE";
    this.end(new ProtocolError(`the other process has sent ${seen}`, { code }));
  }

  private end(error?: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.stream.destroy();
    this.options.onEnd(error);
  }
}

function parse(text: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isMessage = typeof value === "object" && value !== null && "kind" in value && typeof value.kind === "string";
    return isMessage ? (value as Message) : undefined;
  } catch {
    return undefined;
  }
}
