/** Behind a 101: what both sides say to each other, as the stream that undici hands to those who asked for it. */
import { Duplex, PassThrough } from "node:stream";

/**
 * After `end` nothing more goes out, but uwsgi has no way to say so before the connection is closed: the other side may
 * still answer for so long.
 */
const LINGER_MS = 3_000;

export class UpgradedSocket extends Duplex {
  /** What is sent behind the packet. */
  readonly outgoing: PassThrough = new PassThrough();
  private incoming: AsyncIterator<Uint8Array> | undefined;
  private readonly cut: () => void;
  private linger: NodeJS.Timeout | undefined;

  /** `cut`: closes the connection. */
  constructor(cut: () => void) {
    // As a socket of Node's: who is not spoken to any more does not speak.
    super({ allowHalfOpen: false });
    this.cut = cut;
    this.outgoing.on("error", () => {});
  }

  /** The other side has agreed. */
  open(incoming: AsyncIterable<Uint8Array>): this {
    this.incoming = incoming[Symbol.asyncIterator]();
    return this;
  }

  /** As `net.Socket.address()`, for diagnostics of undici 6: there is nothing to tell. */
  address(): object {
    return {};
  }

  override _read(): void {
    this.incoming?.next().then(
      ({ done, value }) => this.push(done === true ? null : value),
      (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.outgoing.write(chunk, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.outgoing.end();
    this.linger = setTimeout(() => this.destroy(), LINGER_MS);
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.linger);
    this.outgoing.destroy();
    this.cut();
    callback(error);
  }
}
