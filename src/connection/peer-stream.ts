/** A transport as two calls, read and write: the client's side of a connection. */
import { type ConnectionError, gone } from "../errors.ts";
import { ByteQueue } from "./byte-queue.ts";
import { Room } from "./room.ts";
import type { Transport, TransportUser } from "./transport.ts";

export class PeerStream implements TransportUser {
  private readonly transport: Transport;
  private readonly input: ByteQueue;
  private room: Room | undefined;
  private broken: ConnectionError | undefined;

  constructor(transport: Transport) {
    this.transport = transport;
    this.input = new ByteQueue(transport);
    transport.attach(this);
  }

  /** The next bytes, or undefined at the end. Rejects with a ConnectionError (`UWSGI_PEER_GONE`). */
  read(): Promise<Uint8Array | undefined> {
    return this.input.read();
  }

  /** Sends bytes; settles when there is room for more, rejects when the connection is broken. */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.broken !== undefined) throw this.broken;
    if (this.transport.write(chunk)) return;
    this.room ??= new Room();
    await this.room.promise;
  }

  /** Closes both sides now; the peer's side of an exchange sees its client go away. `cause`: why, for the error. */
  destroy(cause?: unknown): void {
    this.broken ??= gone("the connection was closed here", cause);
    this.transport.destroy();
  }

  onRead(bytes: Uint8Array): void {
    this.input.push(this.transport.keep(bytes));
  }

  onEnd(): void {
    this.input.end();
  }

  onDrain(): void {
    this.room?.resolve();
    this.room = undefined;
  }

  onFinish(): void {}

  onClose(cause: Error | undefined): void {
    this.broken ??= gone(`${this.transport.peer} closed the connection: ${cause?.message ?? "no reason"}`, cause);
    this.input.fail(this.broken);
    this.room?.reject(this.broken);
    this.room = undefined;
  }
}
