/**
 * Messages over a pipe, one JSON object a line, both ways: between a master and its workers. What comes is believed
 * only as far as its form goes: a line that is too long, or no object with a `kind`, ends the channel.
 */
import type { Duplex } from "node:stream";
import { errorCode, ProtocolError } from "../../errors.ts";
import { LineReader } from "./line-reader.ts";

/** Most bytes of a line, and most that wait to be sent. */
const MOST_BYTES = 1_048_576;

/** How much of a line that is none an error shows. */
const MOST_SHOWN = 60;

export interface Message {
  readonly kind: string;
}

export interface LineChannelOptions<Received extends Message> {
  /** What it throws ends the channel when it is a `UWSGI_BAD_MESSAGE`, too. */
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
  private readonly reader = new LineReader(MOST_BYTES, badMessage);
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
    if (this.isOver) return;
    try {
      for (const line of this.reader.push(chunk)) {
        this.options.onMessage(parse(line) as Received);
        if (this.isOver) return;
      }
    } catch (error) {
      // Anything else is a fault of ours, and not to be hidden.
      if (errorCode(error) !== "UWSGI_BAD_MESSAGE") throw error;
      this.end(error as Error);
    }
  }

  private end(error?: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.stream.destroy();
    this.options.onEnd(error);
  }
}

function parse(text: string): Message {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Undefined is no object either.
  }
  const isMessage = typeof value === "object" && value !== null && "kind" in value && typeof value.kind === "string";
  if (isMessage) return value as Message;
  throw badMessage(`${JSON.stringify(text.slice(0, MOST_SHOWN))}, a JSON object with a kind is needed`);
}

function badMessage(seen: string): ProtocolError {
  return new ProtocolError(`the other process has sent ${seen}`, { code: "UWSGI_BAD_MESSAGE" });
}
