/**
 * One connection from the server's side: a packet comes in, bytes may follow it, bytes go out.
 *
 * Life: reading the packet -> exchange (the owner answers) -> lingering (our side is closed, what
 * still comes is thrown away) -> closed. One packet per connection: no front end sends a second, and
 * whatever follows the body must never be taken for one (a body that is itself a packet is an attack).
 */
import { type DecodeLimits, HEADER_BYTES, type Packet, PacketDecoder } from "../codec/index.ts";
import { ConnectionError, UwsgiError } from "../errors.ts";
import { ByteQueue } from "./byte-queue.ts";
import type { Reaper } from "./reaper.ts";
import { Room } from "./room.ts";
import type { Transport, TransportUser } from "./transport.ts";

/** Who is told what becomes of a connection. */
export interface ConnectionOwner {
  readonly limits: DecodeLimits;
  /** Watches connections that linger. */
  readonly reaper: Reaper;
  /** Most bytes thrown away behind an answer before the connection is cut. */
  readonly maxDrainBytes: number;
  /** Why a packet with this beginning, the header at least, is not to be answered; undefined: `onPacket` will be called. */
  refusal(beginning: Uint8Array): UwsgiError | undefined;
  /** A whole packet has come: the owner answers it. */
  onPacket(connection: Connection, packet: Packet): void;
  /** What came is no packet; the owner answers or destroys. `modifier1`: that of a header that came whole. */
  onMalformed(connection: Connection, error: UwsgiError, modifier1: number | undefined): void;
  onClosed(connection: Connection): void;
}

/** Bytes of a packet's beginning that are kept for reports while more are awaited. */
const KEPT_BYTES = 16;

const EMPTY: Uint8Array = new Uint8Array(0);

type Phase = "packet" | "exchange" | "lingering" | "closed";

export class Connection implements TransportUser {
  readonly transport: Transport;
  private readonly owner: ConnectionOwner;
  private readonly decoder: PacketDecoder;
  private readonly input: ByteQueue;
  private phase: Phase = "packet";
  /** What has come of the packet, from its first byte on; `KEPT_BYTES` of it while more are awaited. */
  private beginning: Uint8Array = EMPTY;
  private lingered = 0;
  private gone: ConnectionError | undefined;
  private abortController: AbortController | undefined;
  private room: Room | undefined;

  constructor(transport: Transport, owner: ConnectionOwner) {
    this.transport = transport;
    this.owner = owner;
    this.decoder = new PacketDecoder(owner.limits);
    this.input = new ByteQueue(transport);
    transport.attach(this);
  }

  /** True while no packet has come: nothing is lost when it is closed. */
  get isIdle(): boolean {
    return this.phase === "packet";
  }

  get peerGone(): boolean {
    return this.gone !== undefined;
  }

  get signal(): AbortSignal {
    if (this.abortController === undefined) {
      this.abortController = new AbortController();
      if (this.gone !== undefined) this.abortController.abort(this.gone);
    }
    return this.abortController.signal;
  }

  /** The next bytes behind the packet; see `Exchange.read`. */
  read(): Promise<Uint8Array | undefined> {
    return this.input.read();
  }

  /** See `Exchange.write`. */
  write(chunk: Uint8Array | string): Promise<void> | undefined {
    if (this.phase !== "exchange") {
      const refused = Promise.reject<void>(
        this.gone ?? new ConnectionError("write after the end", { code: "UWSGI_PEER_GONE" }),
      );
      // Who writes several times waits for the last only: the others must not end the process.
      refused.catch(() => {});
      return refused;
    }
    if (this.transport.write(chunk)) return undefined;
    this.room ??= new Room();
    return this.room.promise;
  }

  /** See `Exchange.end`. */
  end(): void {
    if (this.phase === "lingering" || this.phase === "closed") return;
    this.phase = "lingering";
    this.transport.end();
    this.input.discard();
  }

  /** See `Exchange.abort`. */
  abort(): boolean {
    if (this.phase === "closed") return false;
    if (this.phase !== "lingering") return this.transport.reset();
    // Our side is closed already: Node never reports the end of a socket that is reset then.
    this.transport.destroy();
    return false;
  }

  /** Closes both sides now. The application's signal fires with `reason`, if it is given. */
  destroy(reason?: ConnectionError): void {
    if (reason !== undefined) this.markGone(reason);
    if (this.phase !== "closed") this.transport.destroy();
  }

  onRead(bytes: Uint8Array): void {
    const owned = this.transport.lendsReads ? new Uint8Array(bytes) : bytes;
    if (this.phase === "packet") this.readPacket(owned);
    else if (this.phase === "exchange") this.input.push(owned);
    else this.drain(owned.length);
  }

  onEnd(): void {
    if (this.phase === "packet") {
      try {
        this.decoder.end();
        // Nothing was sent: Apache connects like this before it refuses a chunked upload itself.
        this.transport.end();
        this.phase = "lingering";
      } catch (error) {
        this.refuse(error);
      }
      return;
    }
    this.input.end();
    if (this.phase === "exchange") {
      this.markGone(
        new ConnectionError("the peer closed the connection before the answer", { code: "UWSGI_PEER_GONE" }),
      );
    }
  }

  onDrain(): void {
    this.room?.resolve();
    this.room = undefined;
  }

  onFinish(): void {
    // Only now: a peer that reads slowly still gets all of the answer.
    if (this.phase === "lingering") this.owner.reaper.watch(this);
  }

  onClose(cause: Error | undefined): void {
    const wasAnswering = this.phase === "exchange";
    this.phase = "closed";
    this.owner.reaper.forget(this);
    // The usual end comes behind the answer, when nobody waits for anything.
    if (wasAnswering || this.room !== undefined) {
      const error = new ConnectionError(`the connection broke: ${cause?.message ?? "closed"}`, {
        code: "UWSGI_PEER_GONE",
        cause,
      });
      this.input.fail(error);
      this.room?.reject(error);
      this.room = undefined;
      if (wasAnswering) this.markGone(error);
    }
    this.owner.onClosed(this);
  }

  private readPacket(bytes: Uint8Array): void {
    let packet: Packet | undefined;
    try {
      this.noteBeginning(bytes);
      this.decoder.push(bytes);
      packet = this.decoder.read();
      // Not only once it is whole: an HTTP request announces 21 573 bytes that never come.
      if (this.beginning.length >= HEADER_BYTES) {
        const refusal = this.owner.refusal(this.beginning);
        if (refusal !== undefined) throw refusal;
      }
    } catch (error) {
      this.refuse(error);
      return;
    }
    if (packet === undefined) {
      // The chunk is not kept alive for a report of a few bytes.
      if (this.beginning === bytes) this.beginning = new Uint8Array(bytes.subarray(0, KEPT_BYTES));
      return;
    }
    this.phase = "exchange";
    this.input.push(this.decoder.rest());
    this.owner.onPacket(this, packet);
  }

  private noteBeginning(bytes: Uint8Array): void {
    const missing = KEPT_BYTES - this.beginning.length;
    if (missing === KEPT_BYTES) this.beginning = bytes;
    else if (missing > 0) this.beginning = Buffer.concat([this.beginning, bytes.subarray(0, missing)]);
  }

  private refuse(error: unknown): void {
    this.phase = "exchange";
    if (!(error instanceof UwsgiError)) throw error;
    this.owner.onMalformed(this, error, this.beginning.length < HEADER_BYTES ? undefined : this.beginning[0]);
  }

  private drain(bytes: number): void {
    this.lingered += bytes;
    if (this.lingered > this.owner.maxDrainBytes) this.transport.destroy();
  }

  private markGone(reason: ConnectionError): void {
    if (this.gone !== undefined) return;
    this.gone = reason;
    this.abortController?.abort(reason);
  }
}
