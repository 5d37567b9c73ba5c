/**
 * Packets out of a stream that is cut anywhere.
 *
 * A packet that lies whole in one chunk is decoded where it lies. Only one that is spread over chunks
 * is put together, in a buffer that grows with what has really arrived: a header that merely
 * announces 65 535 bytes costs nothing. Bytes behind the packet stay views of their chunk.
 */
import { ProtocolError } from "../errors.ts";
import { type DecodeLimits, HEADER_BYTES } from "./limits.ts";
import { announcedDatasize, decodePacket, type Packet } from "./packet.ts";

const EMPTY: Uint8Array = new Uint8Array(0);

/** Reads packets: `push` a chunk, `read` until undefined, `rest` for what is not a packet. */
export class PacketDecoder {
  private readonly limits: DecodeLimits;
  /** Chunks not yet looked at, oldest first. */
  private chunks: Uint8Array[] = [];
  /** Beginning of a packet that did not lie in one chunk: `gathered[0..gatheredLength)`. */
  private gathered: Uint8Array = EMPTY;
  private gatheredLength = 0;
  private fault: unknown;

  /** Limits as for `decodePacket`. */
  constructor(limits: DecodeLimits = {}) {
    this.limits = limits;
  }

  /** Adds bytes. They are kept as they are: do not change them until they have been read. */
  push(chunk: Uint8Array): void {
    if (chunk.length > 0) this.chunks.push(chunk);
  }

  /**
   * The next packet, or undefined while bytes are missing. Throws what `decodePacket` throws, and
   * the same error again at every later call: after a fault there is no next packet to find.
   */
  read(): Packet | undefined {
    if (this.fault !== undefined) throw this.fault;
    try {
      return this.next();
    } catch (error) {
      this.fault = error;
      throw error;
    }
  }

  /**
   * All bytes that have not become packets, and forgets them: what follows the last packet, such as
   * a request body. A view of the chunk pushed last; copied only when several chunks are waiting or
   * a packet is incomplete.
   */
  rest(): Uint8Array {
    const waiting = this.chunks;
    const rest =
      this.gatheredLength === 0 && waiting.length <= 1
        ? (waiting[0] ?? EMPTY)
        : concat([this.gathered.subarray(0, this.gatheredLength), ...waiting]);
    this.chunks = [];
    this.gatheredLength = 0;
    return rest;
  }

  /**
   * Says that no more bytes come. Throws a ProtocolError (`UWSGI_TRUNCATED_PACKET`) when the next
   * packet is begun and not complete; one that is complete waits to be read. Forgets nothing.
   */
  end(): void {
    if (this.fault !== undefined) return;
    const waiting = concat([this.gathered.subarray(0, this.gatheredLength), ...this.chunks]);
    const left = waiting.length;
    if (left === 0) return;
    const needed = left < HEADER_BYTES ? undefined : HEADER_BYTES + announcedDatasize(waiting, this.limits.maxDatasize);
    if (needed !== undefined && needed <= left) return;
    const need = needed === undefined ? `a header has ${HEADER_BYTES}` : `the header announces ${needed}`;
    throw new ProtocolError(`the stream ended after ${left} bytes of a packet, ${need}`, {
      code: "UWSGI_TRUNCATED_PACKET",
      offset: left,
    });
  }

  private next(): Packet | undefined {
    while (this.chunks.length > 0) {
      const chunk = this.chunks[0] as Uint8Array;
      if (this.gatheredLength === 0) {
        const packet = decodePacket(chunk, this.limits);
        if (packet !== undefined) {
          this.keepBehind(packet.byteLength);
          return packet;
        }
      }
      const packet = this.gather(chunk);
      if (packet !== undefined) return packet;
    }
    return undefined;
  }

  /** Moves what the packet still needs from the chunk, header first, then the payload. */
  private gather(chunk: Uint8Array): Packet | undefined {
    const wanted =
      this.gatheredLength < HEADER_BYTES
        ? HEADER_BYTES
        : HEADER_BYTES + announcedDatasize(this.gathered, this.limits.maxDatasize);
    const taken = Math.min(wanted - this.gatheredLength, chunk.length);
    this.reserve(this.gatheredLength + taken, wanted);
    this.gathered.set(taken === chunk.length ? chunk : chunk.subarray(0, taken), this.gatheredLength);
    this.gatheredLength += taken;
    this.keepBehind(taken);
    const packet = decodePacket(this.gathered.subarray(0, this.gatheredLength), this.limits);
    if (packet === undefined) return undefined;
    // The packet views this buffer: it now owns it.
    this.gathered = EMPTY;
    this.gatheredLength = 0;
    return packet;
  }

  private keepBehind(offset: number): void {
    const chunk = this.chunks[0] as Uint8Array;
    if (offset === chunk.length) this.chunks.shift();
    else if (offset > 0) this.chunks[0] = chunk.subarray(offset);
  }

  /** Makes room for `needed` bytes, doubling, but never beyond the packet. */
  private reserve(needed: number, wanted: number): void {
    if (needed <= this.gathered.length) return;
    const room = Math.max(needed, Math.min(wanted, Math.max(256, 2 * this.gathered.length)));
    const larger = new Uint8Array(room);
    larger.set(this.gathered.subarray(0, this.gatheredLength));
    this.gathered = larger;
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
