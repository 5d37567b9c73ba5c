/** What an exchange without a connection has, and what it cannot do: for CGI programs and for tests. */
import type { Packet } from "../codec/index.ts";
import { Absence } from "../connection/index.ts";
import { connectionRefused } from "../diagnostics.ts";
import { type ConnectionError, contractError, type UwsgiError } from "../errors.ts";
import type { AboutRequest, ByteStream, Exchange } from "../handler/index.ts";

export abstract class SocketlessExchange implements Exchange {
  readonly packet: Packet;
  readonly peer: string;
  readonly localPort = 0;
  readonly server: object = {};
  readonly cutBecause = undefined;
  isOpen = true;
  private readonly absence = new Absence();
  private readonly work: Promise<void>[] = [];

  constructor(packet: Packet, peer: string) {
    this.packet = packet;
    this.peer = peer;
  }

  get signal(): AbortSignal {
    return this.absence.signal;
  }

  get peerGone(): boolean {
    return this.absence.reason !== undefined;
  }

  /** Why the peer is gone, if it is. */
  get goneBecause(): UwsgiError | undefined {
    return this.absence.reason;
  }

  /** The peer is gone: the signal fires. */
  noteAbsence(reason: ConnectionError): void {
    this.absence.note(reason);
  }

  abstract read(): Promise<Uint8Array | undefined>;
  abstract write(chunk: Uint8Array | string, next?: Uint8Array | string): Promise<void> | undefined;
  abstract end(): void;
  abstract abort(isLengthKnown?: boolean): boolean;

  /** Nothing depends on it where nothing is read ahead. */
  expectBody(_bytes: number): void {}

  upgrade(): ByteStream {
    throw contractError("the request did not come by a connection that could be taken over");
  }

  waitUntil(work: Promise<void>): void {
    this.work.push(work);
  }

  /** Resolves when the work beside the answer has ended. */
  async worked(): Promise<void> {
    // Not `Promise.all` over what there is now: work may begin more of it.
    for (let i = 0; i < this.work.length; i++) await this.work[i];
  }

  noteRefusal(error: UwsgiError, status: number, request?: AboutRequest): void {
    if (!connectionRefused.hasSubscribers) return;
    const about = request === undefined ? {} : { environ: request.environ, requestId: request.id };
    connectionRefused.publish({ server: this.server, peer: this.peer, error, status, ...about });
  }
}
