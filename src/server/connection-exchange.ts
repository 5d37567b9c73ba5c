/** An `Exchange` on a `Connection`. */
import type { Packet } from "../codec/index.ts";
import type { Connection, Expiring, Placed } from "../connection/index.ts";
import type { UwsgiError } from "../errors.ts";
import type { AboutRequest, ByteStream, Exchange, RunningAnswer } from "../handler/index.ts";
import type { Server } from "./server.ts";

export class ConnectionExchange implements Exchange, Expiring, Placed {
  readonly packet: Packet;
  readonly server: Server;
  /** What is being answered, where the plugin has said it. */
  answer: RunningAnswer | undefined;
  /** The server waits for it when it closes. */
  isHeld = false;
  place = -1;
  /** A reading of the clock of who looks for what takes too long; 0: never. */
  dueAt = 0;
  private readonly connection: Connection;

  constructor(connection: Connection, packet: Packet, server: Server) {
    this.connection = connection;
    this.packet = packet;
    this.server = server;
  }

  get peer(): string {
    return this.connection.transport.peer;
  }

  get localPort(): number {
    return this.connection.transport.localPort;
  }

  get signal(): AbortSignal {
    return this.connection.signal;
  }

  get cutBecause(): UwsgiError | undefined {
    return this.connection.cutBecause;
  }

  get isOpen(): boolean {
    return this.connection.isAnswering;
  }

  get peerGone(): boolean {
    return this.connection.peerGone;
  }

  read(): Promise<Uint8Array | undefined> {
    return this.connection.read();
  }

  write(chunk: Uint8Array | string, next?: Uint8Array | string): Promise<void> | undefined {
    return this.connection.write(chunk, next);
  }

  expectBody(bytes: number): void {
    this.connection.expectBody(bytes);
  }

  end(isLengthKnown = false): void {
    this.connection.end(isLengthKnown);
  }

  abort(isLengthKnown = false): boolean {
    const { connection } = this;
    const isPeerGone = connection.peerGone && connection.cutBecause === undefined;
    if (connection.abort() || isLengthKnown || isPeerGone) return true;
    this.server.counts.unsignalled++;
    return false;
  }

  upgrade(): ByteStream {
    const stream = this.connection.takeOver();
    this.server.requests.delete(this);
    return stream;
  }

  noteAnswer(answer: RunningAnswer): void {
    this.answer = answer;
  }

  /** The answer was ended in the application's place: its signal fires with `reason`. */
  dismiss(reason: UwsgiError): void {
    this.connection.absence.note(reason);
  }

  /** See `Expiring`. */
  expire(now: number): void {
    if (this.dueAt !== 0 && now >= this.dueAt) this.server.requests.harakiri(this);
  }

  waitUntil(work: Promise<void>): void {
    this.server.hold(work);
  }

  noteRefusal(error: UwsgiError, status: number, request?: AboutRequest): void {
    this.server.noteRefusal(this.peer, error, status, request);
  }
}
