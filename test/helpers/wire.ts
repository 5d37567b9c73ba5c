/** Bytes written the way specifications write them, and what comes of reading them. */
import { type DecodeLimits, type Packet, PacketDecoder } from "../../src/codec/index.ts";
import type { Pair } from "./vectors.ts";

/** Bytes of hex digits and quoted text, read as latin-1: `wire('04 00 "ABCD" 00 00')`. */
export function wire(notation: string): Uint8Array {
  const parts = notation.match(/"[^"]*"|[0-9a-fA-F]{2}|\S+/g) ?? [];
  return concat(
    parts.map((part) => {
      if (part.startsWith('"')) return latin1(part.slice(1, -1));
      if (!/^[0-9a-fA-F]{2}$/.test(part)) throw new Error(`not a byte: ${part}`);
      return new Uint8Array([Number.parseInt(part, 16)]);
    }),
  );
}

/** The bytes of a string of code points U+0000 to U+00FF. */
export function latin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

/** Hex digits of bytes, for failures that can be read. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** A vars block, written without the codec. */
export function varsBlock(pairs: Iterable<Pair>): Uint8Array {
  return concat([...pairs].flatMap(([name, value]) => [sized(name), sized(value)]));
}

/** A packet, written without the codec. */
export function packetOf(payload: Uint8Array, modifier1 = 0, modifier2 = 0): Uint8Array {
  return concat([new Uint8Array([modifier1, payload.length & 0xff, payload.length >> 8, modifier2]), payload]);
}

/** What an error says, as a plain value to compare with. */
export interface Fault {
  readonly name: string;
  readonly code: unknown;
  readonly offset?: unknown;
  readonly message: string;
}

/** The error that a call throws, or undefined when it throws none. */
export function faultOf(call: () => unknown): Fault | undefined {
  try {
    call();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { name, message } = error;
    const { code, offset } = error as { code?: unknown; offset?: unknown };
    return offset === undefined ? { name, code, message } : { name, code, offset, message };
  }
  return undefined;
}

export type Received = { readonly packet: Packet; readonly behind: Uint8Array } | { readonly fault: Fault };

/**
 * Reads one packet as a connection does: each chunk is pushed and read at once, what follows the
 * packet is taken with `rest()` and from the later chunks, and at the end of the stream `end()` is told.
 */
export function receive(chunks: Iterable<Uint8Array>, limits?: DecodeLimits): Received {
  const decoder = new PacketDecoder(limits);
  const behind: Uint8Array[] = [];
  let packet: Packet | undefined;
  const fault = faultOf(() => {
    for (const chunk of chunks) {
      if (packet !== undefined) {
        behind.push(chunk);
        continue;
      }
      decoder.push(chunk);
      packet = decoder.read();
      if (packet !== undefined) behind.push(decoder.rest());
    }
    decoder.end();
  });
  if (fault !== undefined) return { fault };
  if (packet === undefined) throw new Error("end() said nothing of a packet that is missing");
  return { packet, behind: concat(behind) };
}

function sized(text: string): Uint8Array {
  return concat([new Uint8Array([text.length & 0xff, text.length >> 8]), latin1(text)]);
}
