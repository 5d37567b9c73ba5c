/**
 * One packet: a header of 4 bytes, then `datasize` bytes of payload.
 *
 *     | modifier1: u8 | datasize: u16 little-endian | modifier2: u8 | payload ... |
 *
 * What follows the payload (a request body, a cache value) is not part of the packet.
 * See https://uwsgi-docs.readthedocs.io/en/latest/Protocol.html
 */
import { LimitError, rangeError } from "../errors.ts";
import { type DecodeLimits, DEFAULT_MAX_VARS, HEADER_BYTES, MAX_DATASIZE } from "./limits.ts";
import { takeMemory } from "./memory.ts";
import { payloadOf } from "./modifiers.ts";
import { checkVars, decodeVarsAt, lastWalk, Vars } from "./vars.ts";

/** A decoded packet. Views the bytes it was decoded from: it is good for as long as they are. */
export class Packet {
  /** Packet family, 0-255; 0 is a request. See `modifiers`. */
  readonly modifier1: number;
  /** Payload length in bytes, 0-65 535; a body that follows is not counted. */
  readonly datasize: number;
  /** Sub-command, 0-255; its meaning depends on modifier1, a request ignores it. */
  readonly modifier2: number;
  private bytes: Uint8Array;
  private readonly maxVars: number;
  /** Number of vars of a validated block, and the walk that left it in the index; -1: not validated yet. */
  private readonly size: number;
  private readonly walked: number;
  private decoded: Vars | undefined;

  /** @internal Made by `decodePacket` only: the bytes must hold the whole packet. */
  constructor(bytes: Uint8Array, datasize: number, maxVars: number, size: number, walked: number) {
    this.modifier1 = bytes[0] as number;
    this.datasize = datasize;
    this.modifier2 = bytes[3] as number;
    this.bytes = bytes;
    this.maxVars = maxVars;
    this.size = size;
    this.walked = walked;
    this.decoded = undefined;
  }

  /** Length in bytes of the whole packet: what follows starts here. */
  get byteLength(): number {
    return HEADER_BYTES + this.datasize;
  }

  /** The whole packet, header first: a view of the decoded bytes. */
  get raw(): Uint8Array {
    return this.bytes.subarray(0, this.byteLength);
  }

  /** The payload, a view of the decoded bytes. */
  get payload(): Uint8Array {
    return this.bytes.subarray(HEADER_BYTES, HEADER_BYTES + this.datasize);
  }

  /**
   * The payload as a vars block. For a modifier1 whose payload is one (see `modifiers`) it was
   * validated when the packet was decoded; for all others that happens now, and throws as
   * `decodeVars` does.
   */
  get vars(): Vars {
    this.decoded ??=
      this.size < 0
        ? decodeVarsAt(this.bytes, HEADER_BYTES, this.byteLength, this.maxVars)
        : new Vars(this.bytes, HEADER_BYTES, this.byteLength, this.size, this.walked);
    return this.decoded;
  }

  /**
   * @internal Copies the packet into memory of its own, which it and its `Vars` use from now on. For bytes
   * that were only lent: to be called before they change. Views handed out earlier (`payload`, `getBytes`)
   * stay views of what was lent.
   */
  keep(): void {
    const kept = takeMemory(this.byteLength);
    kept.set(this.bytes.length === kept.length ? this.bytes : this.bytes.subarray(0, kept.length));
    this.bytes = kept;
    this.decoded?.moveTo(kept);
  }
}

const NO_LIMITS: DecodeLimits = {};

/**
 * Decodes the packet at the start of `bytes`; undefined while bytes are missing.
 *
 * A payload that is a vars block is validated whole before anything is handed out, and no string is
 * made before it is read. Throws a ProtocolError for a malformed block (see `decodeVars`) and a
 * LimitError (`UWSGI_DATASIZE_LIMIT`) for a datasize over the limit, as soon as the header is there.
 */
export function decodePacket(bytes: Uint8Array, limits: DecodeLimits = NO_LIMITS): Packet | undefined {
  const { maxDatasize = MAX_DATASIZE, maxVars = DEFAULT_MAX_VARS } = limits;
  if (bytes.length < HEADER_BYTES) return undefined;
  const datasize = announcedDatasize(bytes, maxDatasize);
  const end = HEADER_BYTES + datasize;
  if (bytes.length < end) return undefined;
  if (payloadOf[bytes[0] as number] !== "vars") return new Packet(bytes, datasize, maxVars, -1, 0);
  return new Packet(bytes, datasize, maxVars, checkVars(bytes, HEADER_BYTES, end, maxVars), lastWalk());
}

/** @internal The datasize of a header whose 4 bytes are there; throws when it is over the limit. */
export function announcedDatasize(bytes: Uint8Array, maxDatasize: number = MAX_DATASIZE): number {
  const datasize = (bytes[1] as number) | ((bytes[2] as number) << 8);
  // Turned round, so that a limit that is no number refuses all, not none.
  if (!(datasize <= maxDatasize)) {
    throw new LimitError(`datasize of ${datasize} bytes, at most ${maxDatasize} are allowed`, {
      code: "UWSGI_DATASIZE_LIMIT",
      offset: 1,
    });
  }
  return datasize;
}

/** @internal Writes a header at `offset`. */
export function writeHeader(
  target: Uint8Array,
  offset: number,
  modifier1: number,
  datasize: number,
  modifier2: number,
): void {
  target[offset] = modifier1;
  target[offset + 1] = datasize & 0xff;
  target[offset + 2] = datasize >> 8;
  target[offset + 3] = modifier2;
}

/** @internal Refuses a modifier that one byte cannot hold. */
export function checkModifiers(modifier1: number, modifier2: number): void {
  for (const [name, value] of [
    ["modifier1", modifier1],
    ["modifier2", modifier2],
  ] as const) {
    if (!Number.isInteger(value) || value < 0 || value > 255) {
      throw rangeError("UWSGI_INVALID_ARGUMENT", `${name} is ${value}, allowed are whole numbers from 0 to 255`);
    }
  }
}
