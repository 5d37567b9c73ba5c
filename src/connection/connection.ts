/**
 * One connection from the server's side: a packet comes in, bytes may follow it, bytes go out.
 *
 * Life: reading the packet -> exchange (the owner answers) -> lingering (our side is closed, or about to
 * be, what still comes is thrown away) -> closed. One packet per connection: no front end sends a second, and
 * whatever follows the body must never be taken for one (a body that is itself a packet is an attack).
 *
 * Each phase has its deadline. Two can run at a time, one for each direction: `readBy` for the packet,
 * the body while it is waited for, and the peer's close; `writeWatch` while an answer waits to be taken.
 */
import type { Packet } from "../codec/index.ts";
import { gone, rejected, type TimeoutError, UwsgiError } from "../errors.ts";
import { Absence } from "./absence.ts";
import { BodyInput } from "./body-input.ts";
import type { ConnectionOwner } from "./connection-owner.ts";
import { ConnectionStream } from "./connection-stream.ts";
import { Lingering } from "./lingering.ts";
import { modifier1Of, PacketReader, readWhole } from "./packet-reader.ts";
import type { Placed } from "./roster.ts";
import { bodyTimeout, headerTimeout, writeTimeout } from "./timeouts.ts";
import { checkPieces, type Transport, type TransportUser } from "./transport.ts";
import { WriteWatch } from "./write-watch.ts";

/**
 * Looks of the sweeper, more than a second: front ends connect and send, and close behind the answer. Looks and
 * not time, because what came while the process was busy is read between two of them.
 */
const STALE_LOOKS = 5;

/** Of bytes of the body: they should follow the packet. */
const UNKNOWN = -1;

/** No deadline. */
const NONE = 0;

type Phase = "packet" | "exchange" | "lingering" | "handed-over" | "closed";

export class Connection implements TransportUser, Placed {
  readonly transport: Transport;
  place = -1;
  private readonly owner: ConnectionOwner;
  /** Only for a packet that does not come whole. */
  private reader: PacketReader | undefined;
  /** Only when something follows the packet, or somebody asks. */
  private input: BodyInput | undefined;
  private phase: Phase = "packet";
  /** Of the packet; from then on, of the body. */
  private bytesRead = 0;
  private bodyBytes = UNKNOWN;
  /** When bytes are waited for behind the answer. */
  private lingering: Lingering | undefined;
  private isOurSideOpen = true;
  private hasPeerEnded = false;
  /** The answer, and our end behind it, are with the system. */
  private isTaken = false;
  /** Looks of the sweeper while the packet, or the peer's close, is awaited; from the last byte behind the answer. */
  private looks = 0;
  /** A reading of the sweeper's clock. For the packet it is set at the first look, which most never see. */
  private readBy = NONE;
  /** While an answer waits to be taken. */
  private writeWatch: WriteWatch | undefined;
  private isBodyGivenUp = false;
  readonly absence: Absence = new Absence();
  /** Why it was closed by `destroy`, if it was. */
  cutBecause: UwsgiError | undefined;
  /** How it was broken off: so that the peer sees it, or not. */
  private broken: "seen" | "unseen" | undefined;

  constructor(transport: Transport, owner: ConnectionOwner) {
    this.transport = transport;
    this.owner = owner;
  }

  /** The owner, who has taken the connection in, hears of it from now on: before this returns already. */
  begin(): void {
    this.transport.attach(this);
  }

  /** True while no packet has come. */
  get isIdle(): boolean {
    return this.phase === "packet";
  }

  /** True when for a second no packet has come, or nothing behind an answer that was taken. */
  get isStale(): boolean {
    return this.cutBecause === undefined && this.looks >= STALE_LOOKS;
  }

  /** True when it is stale and no packet has begun to come: nothing is lost with it. */
  get isSilent(): boolean {
    return this.isStale && (this.phase === "lingering" || this.bytesRead === 0);
  }

  get peerGone(): boolean {
    return this.absence.reason !== undefined;
  }

  /** True from the packet to the end of the answer. */
  get isAnswering(): boolean {
    return this.phase === "exchange" && this.broken === undefined;
  }

  get signal(): AbortSignal {
    return this.absence.signal;
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
    if (!this.isAnswering) return rejected(this.cutBecause ?? this.absence.reason ?? gone("write after the end"));
    checkPieces(chunk, next);
    return this.transport.write(chunk, next) ? undefined : this.awaitPeer().ended;
  }

  /** See `Exchange.expectBody`. */
  expectBody(bytes: number): void {
    this.bodyBytes = bytes;
  }

  /** See `Exchange.end`. */
  end(isLengthKnown = false): void {
    if (this.phase !== "exchange") return;
    this.beginPhase("lingering");
    const isKnown = this.bodyBytes !== UNKNOWN;
    if (this.hasPeerEnded || (isKnown && this.bytesRead >= this.bodyBytes)) this.closeBothSides();
    // Our side stays open while a body comes, if the peer knows the answer for complete: uWSGI's router, at our
    // end, closes the connection of a client that still sends, and the reset takes the answer with it.
    else if (isKnown && isLengthKnown && !this.isBodyGivenUp) this.readBy = this.linger().bodyDeadline();
    else this.closeOurSide();
    this.input?.discard();
  }

  /** See `Exchange.upgrade`. */
  takeOver(): ConnectionStream {
    if (!this.isAnswering || this.input?.isWaiting === true) {
      throw gone("only an exchange that is open, and not being read, can be upgraded");
    }
    this.beginPhase("handed-over");
    this.onDrain();
    const { transport, hasPeerEnded, input } = this;
    return new ConnectionStream(transport, input?.take() ?? [], hasPeerEnded, (cause) => this.onClose(cause));
  }

  /** See `Exchange.abort`. */
  abort(): boolean {
    const isHandedOver = this.phase === "handed-over" && this.broken === undefined;
    if (this.isAnswering || isHandedOver) this.broken = this.transport.reset() ? "seen" : "unseen";
    // Our side is closed already: Node never reports the end of a socket that is reset then.
    else if (this.phase === "lingering") this.transport.destroy();
    return this.broken === "seen";
  }

  /** Closes both sides now; half an answer as `abort` does. The signal fires with `reason`. */
  destroy(reason: UwsgiError): void {
    if (this.phase === "closed") return;
    this.cutBecause ??= reason;
    this.absence.note(reason);
    if (this.phase === "exchange") this.abort();
    // Who took the connection over may have broken it off just now, by the signal.
    else if (this.broken === undefined) this.transport.destroy();
  }

  /** See `Expiring`. */
  expire(now: number): void {
    if (this.cutBecause !== undefined || this.phase === "closed") return;
    if (this.phase === "packet" || this.isTaken) this.looks++;
    const { headerTimeoutMs, writeTimeoutMs, minBodyRate } = this.owner.limits;
    if (this.phase === "packet" && this.readBy === NONE) this.readBy = now + headerTimeoutMs;
    if (this.writeWatch?.isDue(now, this.transport.unsentBytes, writeTimeoutMs) === true) {
      this.timeOut(writeTimeout(writeTimeoutMs));
    } else if (this.readBy !== NONE && now >= this.readBy) this.expireRead();
    else if (this.input?.isTooSlow(now, this.bytesRead, minBodyRate) === true) {
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
    this.hasPeerEnded = true;
    this.input?.end();
    if (this.phase === "packet") this.endPacket();
    else if (this.phase === "lingering") this.closeBothSides();
    else if (this.phase === "exchange") {
      this.readBy = NONE;
      this.absence.note(gone("the peer closed the connection before the answer"));
    }
  }

  onDrain(): void {
    this.writeWatch?.end();
    this.writeWatch = undefined;
  }

  onFinish(): void {
    if (this.phase !== "lingering") return;
    // Only now: a peer that reads slowly still gets all of the answer.
    this.onDrain();
    this.isTaken = true;
    this.looks = 0;
    this.readBy = this.linger().closeDeadline();
  }

  onClose(cause: Error | undefined): void {
    const wasAnswering = this.phase === "exchange";
    this.phase = "closed";
    // The usual end comes behind the answer, when nobody waits for anything.
    if (wasAnswering || this.writeWatch?.isAwaited === true) {
      const error = this.cutBecause ?? gone(`the connection broke: ${cause?.message ?? "closed"}`, cause);
      this.input?.fail(error);
      this.writeWatch?.fail(error);
      if (wasAnswering) this.absence.note(error);
    }
    this.owner.onClosed(this);
  }

  private readPacket(bytes: Uint8Array): void {
    const { limits, refusal } = this.owner;
    let packet: Packet | undefined;
    try {
      if (this.reader === undefined) packet = readWhole(bytes, limits, refusal);
      packet ??= (this.reader ??= new PacketReader(limits, refusal)).push(this.transport.keep(bytes));
    } catch (error) {
      this.refuse(error, this.reader === undefined ? modifier1Of(bytes) : this.reader.modifier1);
      return;
    }
    if (packet === undefined) return;
    this.beginPhase("exchange");
    this.bytesRead -= packet.byteLength;
    if (this.bytesRead > 0) this.readBody(this.reader?.rest() ?? bytes.subarray(packet.byteLength));
    this.owner.onPacket(this, packet);
  }

  private endPacket(): void {
    try {
      this.reader?.end();
    } catch (error) {
      this.refuse(error, this.reader?.modifier1);
      return;
    }
    // Nothing was sent: Apache connects like this before it refuses a chunked upload itself.
    this.phase = "lingering";
    this.closeBothSides();
  }

  private readBody(bytes: Uint8Array): void {
    const input = (this.input ??= this.makeInput());
    if (input.isWaiting) {
      input.go(this.owner.sweeper.clock);
      this.readBy = NONE;
    }
    input.push(this.transport.keep(bytes));
  }

  /** In the state of the connection: it may be asked for late. What nobody else ends is discarded. */
  private makeInput(): BodyInput {
    const input = new BodyInput(this.transport);
    if (this.hasPeerEnded) input.end();
    if (this.absence.reason !== undefined) input.fail(this.absence.reason);
    const isBroken = this.phase === "closed" && this.isOurSideOpen && this.peerGone;
    if (this.phase !== "exchange" && !isBroken) input.discard();
    return input;
  }

  private refuse(error: unknown, modifier1: number | undefined): void {
    this.beginPhase("exchange");
    if (!(error instanceof UwsgiError)) throw error;
    this.owner.onMalformed(this, error, modifier1);
  }

  private beginPhase(phase: Phase): void {
    this.phase = phase;
    this.looks = 0;
    this.readBy = NONE;
  }

  private linger(): Lingering {
    return (this.lingering ??= new Lingering(this.owner.limits, this.owner.sweeper));
  }

  private closeOurSide(): void {
    if (!this.isOurSideOpen) return;
    this.isOurSideOpen = false;
    this.readBy = NONE;
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

  private awaitPeer(): WriteWatch {
    const { sweeper, limits } = this.owner;
    return (this.writeWatch ??= new WriteWatch(sweeper.deadline(limits.writeTimeoutMs)));
  }

  private drain(bytes: number): void {
    this.looks = 0;
    if (!this.linger().allows(bytes)) this.transport.destroy();
    else if (this.isOurSideOpen) {
      if (this.bytesRead < this.bodyBytes) this.readBy = this.linger().bodyDeadline();
      else this.closeBothSides();
    }
  }

  private expireRead(): void {
    const { headerTimeoutMs, bodyTimeoutMs } = this.owner.limits;
    if (this.phase === "exchange") this.expireBody(`has stopped for ${bodyTimeoutMs} ms`);
    else if (this.phase === "packet") this.timeOut(headerTimeout(headerTimeoutMs, this.bytesRead));
    else if (this.isOurSideOpen) this.closeOurSide();
    else {
      // It has had its answer, and the time to close.
      this.readBy = NONE;
      this.transport.destroy();
    }
  }

  /** Only the reader is told: the application may still answer. */
  private expireBody(how: string): void {
    this.readBy = NONE;
    this.isBodyGivenUp = true;
    this.input?.fail(bodyTimeout(how, this.bytesRead));
  }

  private timeOut(error: TimeoutError): void {
    this.destroy(error);
    this.owner.onTimeout(this, error);
  }
}
