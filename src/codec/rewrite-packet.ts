/**
 * A packet once more, with other modifiers or some other vars. What does not change is copied as bytes: pairs that
 * stay keep their order and every bit, duplicates too.
 */
import { writeCheckedLatin1 } from "./latin1.ts";
import { HEADER_BYTES, MAX_DATASIZE } from "./limits.ts";
import { takeMemory } from "./memory.ts";
import { checkModifiers, type Packet, writeHeader } from "./packet.ts";
import { append, checked, checkName, tooLarge } from "./packet-encoder.ts";

/**
 * Name -> the value that it gets; undefined: it is removed. A var that is there gets its value in the place of the
 * first of that name, and the others of that name are removed; one that is not is added at the end. Latin-1 strings.
 */
export type VarChanges = ReadonlyMap<string, string | undefined>;

export interface PacketRewrite {
  /** 0-255; default that of the packet. */
  readonly modifier1?: number | undefined;
  /** 0-255; default that of the packet. */
  readonly modifier2?: number | undefined;
  /** For a packet whose payload is a vars block. Default none. */
  readonly vars?: VarChanges | undefined;
}

const NO_CHANGES: VarChanges = new Map();

/**
 * The bytes of a packet with these changes: a view of the packet's own when nothing changes, else new ones.
 *
 * Throws, before anything is written, a RangeError (`UWSGI_PACKET_TOO_LARGE`) when the vars would need more than
 * 65 535 bytes, a TypeError for names and values that `encodePacket` refuses, a RangeError (`UWSGI_INVALID_ARGUMENT`)
 * for an impossible modifier, and what `Packet.vars` throws when the payload is no vars block.
 */
export function rewritePacket(packet: Packet, rewrite: PacketRewrite): Uint8Array {
  const { modifier1 = packet.modifier1, modifier2 = packet.modifier2, vars = NO_CHANGES } = rewrite;
  checkModifiers(modifier1, modifier2);
  const pieces = vars.size === 0 ? undefined : splice(packet, vars);
  if (pieces !== undefined) return join(modifier1, modifier2, pieces);
  const { raw } = packet;
  if (modifier1 === packet.modifier1 && modifier2 === packet.modifier2) return raw;
  const bytes = takeMemory(raw.length);
  bytes.set(raw);
  bytes[0] = modifier1;
  bytes[3] = modifier2;
  return bytes;
}

/** The new block in pieces: runs of pairs that stay, and pairs as strings. Undefined when all stays. */
function splice(packet: Packet, changes: VarChanges): (Uint8Array | string)[] | undefined {
  const { vars, payload } = packet;
  const pieces: (Uint8Array | string)[] = [];
  const placed = new Set<string>();
  let from = 0;
  for (let i = 0; i < vars.size; i++) {
    const name = vars.nameAt(i);
    if (!changes.has(name)) continue;
    pieces.push(payload.subarray(from, vars.pairStart(i)));
    from = vars.pairStart(i + 1);
    const value = changes.get(name);
    if (value !== undefined && !placed.has(name)) pieces.push(pairOf(name, value));
    placed.add(name);
  }
  const isSame = placed.size === 0;
  pieces.push(payload.subarray(from));
  for (const [name, value] of changes) {
    if (value !== undefined && !placed.has(name)) pieces.push(pairOf(name, value));
  }
  return isSame && pieces.length === 1 ? undefined : pieces;
}

function pairOf(name: string, value: string): string {
  return checked(append(append("", checkName(name)), value));
}

function join(modifier1: number, modifier2: number, pieces: readonly (Uint8Array | string)[]): Uint8Array {
  let datasize = 0;
  for (const piece of pieces) datasize += piece.length;
  if (datasize > MAX_DATASIZE) throw tooLarge(datasize);
  const bytes = takeMemory(HEADER_BYTES + datasize);
  writeHeader(bytes, 0, modifier1, datasize, modifier2);
  let at = HEADER_BYTES;
  for (const piece of pieces) {
    if (typeof piece === "string") writeCheckedLatin1(bytes, piece, at);
    else bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
