/**
 * One connection from the server's side: a packet comes in, bytes may follow it, bytes go out.
 *
 * Life: reading the packet -> exchange (the owner answers) -> lingering (our side is closed, or about to
 * be, what still comes is thrown away) -> closed. One packet per connection: no front end sends a second, and
 * whatever follows the body must never be taken for one (a body that is itself a packet is an attack).
 *
 * Each phase has its deadline. Two can run at a time, one for each direction: `readBy` for the packet,
 * the body while it is waited for, and the peer's close; `writeBy` while an answer waits to be taken.
 */
import type { Packet } from "../codec/index.ts";
import { ConnectionError, type TimeoutError, UwsgiError } from "../errors.ts";
import { BodyInput } from "./body-input.ts";
import type { ConnectionOwner } from "./connection-owner.ts";
import { modifier1Of, PacketReader, readWhole } from "./packet-reader.ts";
import { Room } from "./room.ts";
import { bodyTimeout, headerTimeout, writeTimeout } from "./timeouts.ts";
import type { Transport, TransportUser } from "./transport.ts";

/**
 * Looks of the sweeper, more than a second: front ends connect and send, and close behind the answer. Looks and
 * not time, because what came while the process was busy is read between two of them.
 */
const STALE_LOOKS = 5;

/**
 * Behind an answer: a body that has not come for so long does not come. nginx announces one and sends none
 * for `auth_request`, Apache for the parts of a page that it includes.
 */
const BODY_PAUSE_MS = 1_000;

/** Of bytes that should follow the packet. */
const UNKNOWN = -1;

const NEVER: number = Number.POSITIVE_INFINITY;

type Phase = "packet" | "exchange" | "lingering" | "closed";

export class Connection implements TransportUser {
  readonly transport: Transport;
  private readonly owner: ConnectionOwner;
  /** Only for a packet that does not come whole. */
  private reader: PacketReader | undefined;
  /** Only when something follows the packet, or somebody asks. */
  private input: BodyInput | undefined;
  private phase: Phase = "packet";
  /** Of the packet; from then on, of the body. */
  private bytesRead = 0;
  /** Bytes that should follow the packet. */
  private bodyBytes = UNKNOWN;
  private lingered = 0;
  private isOurSideOpen = true;
  /** Its sending side is closed. */
  private hasPeerEnded = false;
  /** The answer, and our end behind it, are with the system. */
  private isTaken = false;
  /** Looks of the sweeper while the packet, or the peer's close, is awaited; from the last byte behind the answer. */
  private looks = 0;
  /** Readings of the sweeper's clock, as those below. */
  private readBy: number;
  private writeBy = NEVER;
  /** What the peer had not taken at the last look. */
  private unsentBytes = 0;
  private drainBy = NEVER;
  private isBodyGivenUp = false;
  private gone: UwsgiError | undefined;
  /** Why we closed it before its time. */
  private cut: UwsgiError | undefined;
  private isAborted = false;
  private isReset = false;
  private abortController: AbortController | undefined;
  private room: Room | undefined;

  constructor(transport: Transport, owner: ConnectionOwner) {
    this.transport = transport;
    this.owner = owner;
    this.readBy = owner.sweeper.deadline(owner.limits.headerTimeoutMs);
    transport.attach(this);
  }

  /** True while no packet has come. */
  get isIdle(): boolean {
    return this.phase === "packet";
  }

  /** True when for a second no packet has come, or nothing behind an answer that was taken. */
  get isStale(): boolean {
    return this.cut === undefined && this.looks >= STALE_LOOKS;
  }

  /** True when it is stale and no packet has begun to come: nothing is lost when it is closed. */
  get isSilent(): boolean {
    return this.isStale && (this.phase === "lingering" || this.bytesRead === 0);
  }

  get peerGone(): boolean {
    return this.gone !== undefined;
  }

  /** True from the packet to the end of the answer. */
  get isAnswering(): boolean {
    return this.phase === "exchange" && !this.isAborted;
  }

  /** Why it was closed by `destroy`, if it was. */
  get cutBecause(): UwsgiError | undefined {
    return this.cut;
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
    const input = (this.input ??= this.makeInput());
    const wasWaiting = input.isWaiting;
    const chunk = input.read();
    if (input.isWaiting && !wasWaiting && this.phase === "exchange") {
      input.wait(this.owner.sweeper.clock);
      this.readBy = this.owner.sweeper.deadline(this.owner.limits.bodyTimeoutMs);
    }
    return chunk;
  }

  /** See `Exchange.write`. */
  write(chunk: Uint8Array | string, next?: Uint8Array | string): Promise<void> | undefined {
    if (!this.isAnswering) {
      const refused = Promise.reject<void>(
        this.cut ?? this.gone ?? new ConnectionError("write after the end", { code: "UWSGI_PEER_GONE" }),
      );
      // Who writes several times waits for the last only: the others must not end the process.
      refused.catch(() => {});
      return refused;
    }
    if (this.transport.write(chunk, next)) return undefined;
    if (this.room === undefined) {
      this.room = new Room();
      this.awaitPeer();
    }
    return this.room.promise;
  }

  /** See `Exchange.expectBody`. */
  expectBody(bytes: number): void {
    this.bodyBytes = bytes;
  }

  /** See `Exchange.end`. */
  end(isLengthKnown = false): void {
    if (this.phase === "lingering" || this.phase === "closed") return;
    this.phase = "lingering";
    this.readBy = NEVER;
    const isBodyComing = this.bytesRead < this.bodyBytes && !this.isBodyGivenUp && !this.peerGone;
    if (isLengthKnown && isBodyComing) this.awaitBody();
    else if (this.bodyBytes === UNKNOWN || isBodyComing) this.closeOurSide();
    else this.closeBothSides();
    this.input?.discard();
  }

  /** See `Exchange.abort`. */
  abort(): boolean {
    if (this.isAnswering) {
      this.isAborted = true;
      this.isReset = this.transport.reset();
    }
    // Our side is closed already: Node never reports the end of a socket that is reset then.
    else if (this.phase === "lingering") this.transport.destroy();
    return this.isReset;
  }

  /** Closes both sides now; half an answer as `abort` does. The application's signal fires with `reason`. */
  destroy(reason: UwsgiError): void {
    if (this.phase === "closed") return;
    this.cut ??= reason;
    this.markGone(reason);
    if (this.phase === "exchange") this.abort();
    else this.transport.destroy();
  }

  /** See `Expiring`. */
  expire(now: number): void {
    if (this.phase === "packet" || this.isTaken) this.looks++;
    if (this.writeBy !== NEVER) this.lookForProgress();
    if (now >= this.writeBy) this.timeOut(writeTimeout(this.owner.limits.writeTimeoutMs));
    else if (now >= this.readBy) this.expireRead();
    else if (this.input?.isTooSlow(now, this.bytesRead, this.owner.limits.minBodyRate) === true) {
      this.expireBody("comes too slowly");
    }
  }

  onRead(bytes: Uint8Array): void {
    this.bytesRead += bytes.length;
    if (this.phase === "packet") this.readPacket(bytes);
    else if (this.phase === "exchange") this.readBody(bytes);
    else this.drain(bytes.length);
  }

  onEnd(): void {
    if (this.phase === "packet") {
      try {
        this.reader?.end();
        // Nothing was sent: Apache connects like this before it refuses a chunked upload itself.
        this.phase = "lingering";
        this.closeBothSides();
      } catch (error) {
        this.refuse(error, this.reader?.modifier1);
      }
      return;
    }
    this.hasPeerEnded = true;
    this.input?.end();
    if (this.phase === "lingering") this.closeBothSides();
    if (this.phase === "exchange") {
      this.readBy = NEVER;
      this.markGone(
        new ConnectionError("the peer closed the connection before the answer", { code: "UWSGI_PEER_GONE" }),
      );
    }
  }

  onDrain(): void {
    this.writeBy = NEVER;
    this.room?.resolve();
    this.room = undefined;
  }

  onFinish(): void {
    if (this.phase !== "lingering") return;
    // Only now: a peer that reads slowly still gets all of the answer.
    this.writeBy = NEVER;
    this.isTaken = true;
    this.looks = 0;
    const { sweeper, limits } = this.owner;
    const wasBodyAwaited = this.drainBy !== NEVER;
    this.readBy = wasBodyAwaited
      ? Math.max(this.drainBy, sweeper.deadline(BODY_PAUSE_MS))
      : sweeper.deadline(limits.drainTimeoutMs);
  }

  onClose(cause: Error | undefined): void {
    const wasAnswering = this.phase === "exchange";
    this.phase = "closed";
    // The usual end comes behind the answer, when nobody waits for anything.
    if (wasAnswering || this.room !== undefined) {
      const error =
        this.cut ??
        new ConnectionError(`the connection broke: ${cause?.message ?? "closed"}`, { code: "UWSGI_PEER_GONE", cause });
      this.input?.fail(error);
      this.room?.reject(error);
      this.room = undefined;
      if (wasAnswering) this.markGone(error);
    }
    this.owner.onClosed(this);
  }

  private readPacket(bytes: Uint8Array): void {
    const { limits, refusal } = this.owner;
    let packet: Packet | undefined;
    try {
      if (this.reader === undefined) packet = readWhole(bytes, limits, refusal);
      packet ??= (this.reader ??= new PacketReader(limits, refusal)).push(this.own(bytes));
    } catch (error) {
      this.refuse(error, this.reader === undefined ? modifier1Of(bytes) : this.reader.modifier1);
      return;
    }
    if (packet === undefined) return;
    this.beginExchange();
    this.bytesRead -= packet.byteLength;
    if (this.bytesRead > 0) {
      this.input = this.makeInput();
      this.input.push(this.reader?.rest() ?? this.own(bytes.subarray(packet.byteLength)));
    }
    this.owner.onPacket(this, packet);
  }

  private readBody(bytes: Uint8Array): void {
    const input = (this.input ??= this.makeInput());
    if (input.isWaiting) {
      input.go(this.owner.sweeper.clock);
      this.readBy = NEVER;
    }
    input.push(this.own(bytes));
  }

  /** Bytes that may be kept. */
  private own(bytes: Uint8Array): Uint8Array {
    return this.transport.lendsReads ? new Uint8Array(bytes) : bytes;
  }

  /** In the state of the connection: it may be asked for late. */
  private makeInput(): BodyInput {
    const input = new BodyInput(this.transport);
    if (this.hasPeerEnded) input.end();
    if (this.gone !== undefined) input.fail(this.gone);
    if (this.phase === "lingering" || !this.isOurSideOpen) input.discard();
    return input;
  }

  private refuse(error: unknown, modifier1: number | undefined): void {
    this.beginExchange();
    if (!(error instanceof UwsgiError)) throw error;
    this.owner.onMalformed(this, error, modifier1);
  }

  private beginExchange(): void {
    this.phase = "exchange";
    this.looks = 0;
    this.readBy = NEVER;
  }

  /**
   * Leaves our side open while the body is on its way, and the peer need not see our end to know that the
   * answer is complete: uWSGI's router, at our end, closes the connection of a client that still sends,
   * and the reset takes the answer with it.
   */
  private awaitBody(): void {
    const { sweeper, limits } = this.owner;
    if (this.drainBy === NEVER) this.drainBy = sweeper.deadline(limits.drainTimeoutMs);
    this.readBy = Math.min(this.drainBy, sweeper.deadline(BODY_PAUSE_MS));
  }

  private closeOurSide(): void {
    if (!this.isOurSideOpen) return;
    this.isOurSideOpen = false;
    this.readBy = NEVER;
    this.awaitPeer();
    this.transport.end();
  }

  /** Nobody sends any more: nothing has to be waited for. */
  private closeBothSides(): void {
    if (!this.isOurSideOpen) return;
    this.isOurSideOpen = false;
    if (this.transport.close()) this.onClose(undefined);
    else this.awaitPeer();
  }

  private awaitPeer(): void {
    this.writeBy = this.owner.sweeper.deadline(this.owner.limits.writeTimeoutMs);
  }

  private lookForProgress(): void {
    const { unsentBytes } = this.transport;
    if (unsentBytes === this.unsentBytes) return;
    this.unsentBytes = unsentBytes;
    this.awaitPeer();
  }

  private drain(bytes: number): void {
    this.lingered += bytes;
    this.looks = 0;
    if (this.lingered > this.owner.limits.maxDrainBytes) this.transport.destroy();
    else if (this.isOurSideOpen) {
      if (this.bytesRead < this.bodyBytes) this.awaitBody();
      else this.closeOurSide();
    }
  }

  private expireRead(): void {
    const { headerTimeoutMs, bodyTimeoutMs } = this.owner.limits;
    if (this.phase === "exchange") this.expireBody(`has stopped for ${bodyTimeoutMs} ms`);
    else if (this.phase === "packet") this.timeOut(headerTimeout(headerTimeoutMs, this.bytesRead));
    else if (this.isOurSideOpen) this.closeOurSide();
    else {
      // It has had its answer, and the time to close.
      this.readBy = NEVER;
      this.transport.destroy();
    }
  }

  /** Only the reader is told: the application may still answer. */
  private expireBody(how: string): void {
    this.readBy = NEVER;
    this.isBodyGivenUp = true;
    this.input?.fail(bodyTimeout(how, this.bytesRead));
  }

  private timeOut(error: TimeoutError): void {
    this.readBy = NEVER;
    this.writeBy = NEVER;
    this.destroy(error);
    this.owner.onTimeout(this, error);
  }

  private markGone(reason: UwsgiError): void {
    if (this.gone !== undefined) return;
    this.gone = reason;
    this.abortController?.abort(reason);
  }
}
