/** The packet of a connection out of what comes: mostly at once, else by a reader that waits for the rest. */
import { decodePacket, type DecodeLimits, HEADER_BYTES, type Packet, PacketDecoder } from "../codec/index.ts";
import type { UwsgiError } from "../errors.ts";

/** Bytes of a packet's beginning that are kept while more are awaited. */
const KEPT_BYTES = 16;

const EMPTY: Uint8Array = new Uint8Array(0);

/** Why a packet with this beginning, the header at least, is not to be answered; undefined when it is. */
type Refusal = (beginning: Uint8Array) => UwsgiError | undefined;

/**
 * The packet when all of it is there; it views `bytes`. Undefined: more is needed, and a `PacketReader`. Throws
 * what `decodePacket` throws, and the refusal.
 */
export function readWhole(bytes: Uint8Array, limits: DecodeLimits, refusal: Refusal): Packet | undefined {
  const packet = decodePacket(bytes, limits);
  if (packet === undefined) return undefined;
  const refused = refusal(bytes);
  if (refused !== undefined) throw refused;
  return packet;
}

/** The modifier1 of a packet with this beginning; undefined while the header is not whole. */
export function modifier1Of(beginning: Uint8Array): number | undefined {
  return beginning.length < HEADER_BYTES ? undefined : beginning[0];
}

/** Put together from several reads. */
export class PacketReader {
  private readonly decoder: PacketDecoder;
  private readonly refusal: Refusal;
  /** What has come of the packet, from its first byte on; `KEPT_BYTES` of it while more are awaited. */
  private beginning: Uint8Array = EMPTY;

  constructor(limits: DecodeLimits, refusal: Refusal) {
    this.decoder = new PacketDecoder(limits);
    this.refusal = refusal;
  }

  /** That of a header that has come whole. */
  get modifier1(): number | undefined {
    return modifier1Of(this.beginning);
  }

  /** The packet once it is whole. The bytes are the reader's. Throws what the decoder throws, and the refusal. */
  push(bytes: Uint8Array): Packet | undefined {
    this.noteBeginning(bytes);
    this.decoder.push(bytes);
    const packet = this.decoder.read();
    // Not only once it is whole: an HTTP request announces 21 573 bytes that never come.
    if (this.beginning.length >= HEADER_BYTES) {
      const refusal = this.refusal(this.beginning);
      if (refusal !== undefined) throw refusal;
    }
    // The chunk is not kept alive for a report of a few bytes.
    if (packet === undefined && this.beginning === bytes) {
      this.beginning = new Uint8Array(bytes.subarray(0, KEPT_BYTES));
    }
    return packet;
  }

  /** See `PacketDecoder.rest`. */
  rest(): Uint8Array {
    return this.decoder.rest();
  }

  /** See `PacketDecoder.end`. */
  end(): void {
    this.decoder.end();
  }

  private noteBeginning(bytes: Uint8Array): void {
    const missing = KEPT_BYTES - this.beginning.length;
    if (missing === KEPT_BYTES) this.beginning = bytes;
    else if (missing > 0) this.beginning = Buffer.concat([this.beginning, bytes.subarray(0, missing)]);
  }
}
