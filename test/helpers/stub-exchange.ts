/** An exchange without a connection: notes what is asked of it, in order. */
import { decodePacket, type Packet } from "../../src/codec/index.ts";
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
  /** Names of calls, in order. */
  readonly calls: string[] = [];
  /** Arguments of each write. */
  readonly writes: (readonly (Uint8Array | string)[])[] = [];
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

  noteRefusal(): void {
    this.calls.push("refusal");
  }

  upgrade(): never {
    throw new Error("not here");
  }
}
