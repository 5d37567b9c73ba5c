/** An exchange whose request came by environment and standard input, and whose answer goes to standard output. */
import type { Readable } from "node:stream";
import type { Packet } from "../codec/index.ts";
import { Room } from "../connection/index.ts";
import { type ConnectionError, errorCode, gone, rejected } from "../errors.ts";
import { SocketlessExchange } from "../server/index.ts";
import type { OwnOutput } from "./own-output.ts";

export class CgiExchange extends SocketlessExchange {
  /** Resolves when the application has ended its answer, or the client is gone. */
  readonly ended: Promise<void>;
  /** Something was written. */
  hasBegun = false;
  private onEnded: () => void = () => {};
  private readonly openInput: () => Readable;
  private readonly output: OwnOutput;
  private input: Readable | undefined;
  /** Not known of what is refused before its length is read: it ends where the input does. */
  private bodyBytes = Number.POSITIVE_INFINITY;
  private bytesRead = 0;
  private discarding: Promise<void> | undefined;
  private readonly isOneSocket: boolean;
  private chunks: AsyncIterator<Uint8Array, void> | undefined;
  /** Writes that the system has not taken yet. */
  private underway = 0;
  private room: Room | undefined;
  private onFlushed: (() => void) | undefined;

  /**
   * `openInput` is called when the body is first read: most requests have none. `isOneSocket`: input and output are
   * ends of the same.
   */
  constructor(packet: Packet, openInput: () => Readable, output: OwnOutput, isOneSocket: boolean) {
    super(packet, "CGI");
    this.isOneSocket = isOneSocket;
    this.openInput = openInput;
    this.output = output;
    this.ended = new Promise((resolve) => {
      this.onEnded = resolve;
    });
    output.stream.on("error", this.onError).on("drain", this.onDrain);
  }

  override expectBody(bytes: number): void {
    this.bodyBytes = bytes;
  }

  read(): Promise<Uint8Array | undefined> {
    if (this.discarding === undefined) return this.next();
    return Promise.reject(gone("the body was not read before the answer, and is no longer there"));
  }

  write(chunk: Uint8Array | string, next: Uint8Array | string = ""): Promise<void> | undefined {
    if (!this.isOpen) return rejected(this.goneBecause ?? gone("write after the end"));
    let hasRoom = this.put(this.hasBegun ? chunk : asCgi(chunk));
    this.hasBegun = true;
    if (next.length > 0) hasRoom = this.put(next);
    if (hasRoom) return undefined;
    // It may be waiting for us to read, and we for it.
    if (this.input === undefined) void this.discardRest();
    this.room ??= new Room();
    return this.room.promise;
  }

  /** The answer is complete; see `flushed`. */
  end(): void {
    this.isOpen = false;
    this.onEnded();
  }

  /** A web server takes the end of the output for the end of the answer; only a length tells it otherwise. */
  abort(isLengthKnown = false): boolean {
    this.end();
    return isLengthKnown || this.peerGone;
  }

  /** The client is gone, or the web server wants the program to end: nothing can be sent any more. */
  leave(reason: ConnectionError): void {
    this.end();
    this.noteAbsence(reason);
    this.room?.reject(reason);
    this.room = undefined;
    this.underway = 0;
    this.onFlushed?.();
    if (this.discarding !== undefined) this.closeInput();
  }

  /**
   * Reads the body to its end and drops it, where input and output are one socket (mod_cgid): the web server looks at
   * the answer when it has sent the whole body, and an end of ours with a body unread would be a reset, which takes
   * the answer with it.
   */
  discardRest(): Promise<void> {
    return (this.discarding ??= this.isOneSocket ? this.discard() : Promise.resolve());
  }

  /** Resolves when the system has taken all that was written, or nobody wants it any more. */
  flushed(): Promise<void> {
    if (this.underway === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.onFlushed = resolve;
    });
  }

  /** Reads no more, whatever of the body is left. */
  closeInput(): void {
    this.input?.destroy();
  }

  private async next(): Promise<Uint8Array | undefined> {
    if (this.goneBecause !== undefined) throw this.goneBecause;
    this.input ??= this.openInput();
    this.chunks ??= this.input[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, void>;
    try {
      const { done, value } = await this.chunks.next();
      if (done !== true) {
        this.bytesRead += value.length;
        return value;
      }
    } catch (error) {
      this.noteAbsence(gone("standard input cannot be read", error));
      throw error;
    }
    this.noteAbsence(gone("standard input ended before the body was complete"));
    return undefined;
  }

  private async discard(): Promise<void> {
    try {
      while (this.bytesRead < this.bodyBytes && (await this.next()) !== undefined);
    } catch {
      // The client is gone: it is the end of the body too.
    }
  }

  /** Answers whether there is room for more. */
  private put(piece: Uint8Array | string): boolean {
    this.underway++;
    const onWritten = (): void => {
      if (this.underway > 0 && --this.underway === 0) this.onFlushed?.();
    };
    return typeof piece === "string"
      ? this.output.write(piece, "latin1", onWritten)
      : this.output.write(piece, onWritten);
  }

  private readonly onDrain = (): void => {
    this.room?.resolve();
    this.room = undefined;
  };

  private readonly onError = (error: unknown): void => {
    this.leave(gone(`standard output cannot be written: ${errorCode(error) ?? String(error)}`, error));
  };
}

/** The head as a CGI program writes it (RFC 3875 6.2.1): the status line becomes a header. */
function asCgi(chunk: Uint8Array | string): Uint8Array | string {
  return typeof chunk === "string" ? chunk.replace(/^HTTP\/1\.[01] /, "Status: ") : chunk;
}
