/** An exchange without a connection: notes what is asked of it, in order. */
import { decodePacket, type Packet } from "../../src/codec/index.ts";
import { ConnectionError } from "../../src/errors.ts";
import type { Exchange } from "../../src/handler/index.ts";

export class StubExchange implements Exchange {
  readonly packet: Packet;
  readonly peer = "stub";
  readonly localPort = 0;
  readonly server: object = {};
  readonly signal: AbortSignal = new AbortController().signal;
  readonly cutBecause = undefined;
  readonly peerGone = false;
  isOpen = true;
  /** What a write behind the end rejects with. */
  readonly refusal = new ConnectionError("not open", { code: "UWSGI_PEER_GONE" });
  /** Names of calls, in order. */
  readonly calls: string[] = [];
  /** Arguments of each write. */
  readonly writes: (readonly (Uint8Array | string)[])[] = [];
  /** What a server that closes would wait for. */
  readonly work: Promise<void>[] = [];
  /** Settles what `write` answers; without it there is always room. */
  room: Promise<void> | undefined;

  constructor(request: Uint8Array) {
    const packet = decodePacket(request);
    if (packet === undefined) throw new Error("the packet is not whole");
    this.packet = packet;
  }

  read(): Promise<Uint8Array | undefined> {
    return Promise.resolve(undefined);
  }

  write(...pieces: (Uint8Array | string)[]): Promise<void> | undefined {
    this.calls.push("write");
    this.writes.push(pieces);
    if (!this.isOpen) return Promise.reject(this.refusal);
    return this.room;
  }

  expectBody(bytes: number): void {
    this.calls.push(`expect ${bytes}`);
  }

  end(): void {
    this.calls.push("end");
    this.isOpen = false;
  }

  abort(): boolean {
    this.calls.push("abort");
    this.isOpen = false;
    return true;
  }

  waitUntil(work: Promise<void>): void {
    this.calls.push("wait");
    this.work.push(work);
  }

  noteRefusal(): void {
    this.calls.push("refusal");
  }

  upgrade(): never {
    throw new Error("not here");
  }
}
