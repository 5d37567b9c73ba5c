/** Answers by HTTP/1.0 and 1.1: Node frames them, and keeps or closes the connection. */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Header } from "../../codec/index.ts";
import { ClientAnswer } from "./client-answer.ts";
import { hasLength } from "./response-headers.ts";

export class Http1Answer extends ClientAnswer {
  private readonly res: ServerResponse;
  private readonly socket: Socket;
  /** Asked when the head goes out: whether the connection ends with this answer. */
  private readonly isLast: () => boolean;
  private isWritten = false;
  private isLengthKnown = false;
  /** The socket was to be closed, which waits until the request has been read. */
  private isCloseHeld = false;

  constructor(res: ServerResponse, socket: Socket, isLast: () => boolean, writeTimeoutMs: number) {
    super(writeTimeoutMs);
    this.res = res;
    this.socket = socket;
    this.isLast = isLast;
    res.on("close", () => this.markGone());
    res.on("drain", () => this.signal());
  }

  askForBody(): void {
    if (!this.res.headersSent && !this.isGone) this.res.writeContinue();
  }

  /**
   * As long as something of the request is unread the connection must not be closed, only its sending side: a reset would
   * overtake the answer. `release` closes it where that was to be done.
   */
  holdClose(): void {
    this.socket.destroySoon = () => {
      this.isCloseHeld = true;
      this.socket.end();
    };
  }

  /** `isDrained`: the request has been read to its end. Else there is no way to find the next one. */
  release(isDrained: boolean): void {
    // From then on the prototype's again.
    Reflect.deleteProperty(this.socket, "destroySoon");
    if (this.isCloseHeld || !isDrained) this.socket.destroySoon();
  }

  cut(): boolean {
    const isPlainTcp = !(this.socket instanceof TLSSocket) && this.socket.remoteAddress !== undefined;
    const isVisible = this.res.chunkedEncoding || this.isLengthKnown || !this.res.headersSent;
    // A reset may take with it what the client has not read yet: only where nothing else shows the break.
    if (!isVisible && isPlainTcp) this.socket.resetAndDestroy();
    else this.socket.destroy();
    return isVisible || isPlainTcp;
  }

  protected get hasRoom(): boolean {
    return !this.res.writableNeedDrain;
  }

  protected get isFinished(): boolean {
    return this.isWritten;
  }

  protected sendHead(status: number, reason: string, headers: readonly Header[]): void {
    const list = headers.flat();
    if (this.isLast()) list.push("Connection", "close");
    this.isLengthKnown = hasLength(headers);
    this.res.writeHead(status, reason, list);
  }

  protected sendChunk(chunk: Uint8Array): boolean {
    return this.res.write(chunk);
  }

  protected sendEnd(): void {
    this.res.end(() => {
      this.isWritten = true;
      this.signal();
    });
  }
}
