/** The client's side of a connection by a bare handle: what a server has said counts, also where it no longer listens. */
import { getSystemErrorName } from "node:util";
import { DirectTransport, END_OF_STREAM } from "./direct-transport.ts";
import { QUIET_TURNS } from "./last-reads.ts";

/**
 * A write that fails ends it only when all is read that had come: see `last-reads.ts`. Meanwhile the write counts as one
 * that goes on.
 */
export class DialledTransport extends DirectTransport {
  /** Why it is about to be broken off: an error of the system, 0 for none. */
  private writeFault = 0;
  private bytesSeen = 0;
  private quietTurns = 0;
  private isLookDue = false;
  private isStartDue = false;
  private knownPort: number | undefined;

  override get localPort(): number {
    if (this.knownPort !== undefined) return this.knownPort;
    const own: { port?: number } = {};
    if (this.isClosed || this.handle.getsockname === undefined || this.handle.getsockname(own) < 0) return 0;
    return (this.knownPort = own.port ?? 0);
  }

  override write(chunk: Uint8Array | string, next?: Uint8Array | string): boolean {
    return this.writeFault === 0 && super.write(chunk, next);
  }

  override end(): void {
    if (this.writeFault === 0) super.end();
  }

  override resume(): void {
    super.resume();
    if (!this.isLookDue) return;
    this.isLookDue = false;
    setImmediate(look, this);
  }

  /** Not within a turn that could have an end in store: see `last-reads.ts`. */
  protected override startReading(): void {
    if (this.handle.transport === undefined) super.startReading();
    else if (!this.isStartDue) {
      this.isStartDue = true;
      setImmediate(startAgain, this);
    }
  }

  /** @internal The turn is over. */
  startAgain(): void {
    this.isStartDue = false;
    if (!this.isPaused && !this.isClosed) super.startReading();
  }

  /** Behind a reset there is nothing more to come from a unix socket, and nothing is missing: see `last-reads.ts`. */
  override onRead(result: number): void {
    const isEnd = result < 0 && this.handle.getpeername === undefined && getSystemErrorName(result) === "ECONNRESET";
    super.onRead(isEnd ? END_OF_STREAM : result);
  }

  /** What was written before it has not all been sent: that is no end. */
  override onShutdown(status: number): void {
    if (this.writeFault === 0) super.onShutdown(status);
  }

  protected override failWrite(status: number): void {
    const code = getSystemErrorName(status);
    if (code !== "EPIPE" && code !== "ECONNRESET") {
      super.failWrite(status);
      return;
    }
    if (this.writeFault !== 0) return;
    this.writeFault = status;
    // It stays one that goes on.
    this.writing++;
    this.bytesSeen = this.handle.bytesRead;
    setImmediate(look, this);
  }

  /** @internal A turn of the loop is over. */
  look(): void {
    if (this.isClosed) return;
    if (this.isPaused) {
      this.isLookDue = true;
      return;
    }
    const { bytesRead } = this.handle;
    this.quietTurns = bytesRead === this.bytesSeen ? this.quietTurns + 1 : 0;
    this.bytesSeen = bytesRead;
    if (this.quietTurns > QUIET_TURNS) super.failWrite(this.writeFault);
    else setImmediate(look, this);
  }
}

function startAgain(transport: DialledTransport): void {
  transport.startAgain();
}

function look(transport: DialledTransport): void {
  transport.look();
}
