/** A frame -> the TCP segment in it. Of link types those that tcpdump writes for loopback, Ethernet and "any". */

/** One segment; sequence numbers are those of the wire. */
export interface Segment {
  /** `address:port`. */
  readonly from: string;
  readonly to: string;
  readonly sequence: number;
  readonly isSyn: boolean;
  readonly isAck: boolean;
  readonly payload: Uint8Array;
  /** Bytes of payload that the frame had and the capture has not (a snapshot length). */
  readonly missingBytes: number;
}

const TCP = 6;
/** Link types: see https://www.tcpdump.org/linktypes.html */
const NULL = 0;
const ETHERNET = 1;
const RAW: ReadonlySet<number> = new Set([12, 14, 101, 228, 229]);
const LOOP = 108;
const LINUX_SLL = 113;
const LINUX_SLL2 = 276;

/** Undefined for whatever is no TCP over IP; `fragment` for a part of an IP packet, which is not put together here. */
export function segmentOf(linkType: number, frame: Uint8Array): Segment | "fragment" | undefined {
  const at = ipOffset(linkType, frame);
  if (at === undefined) return undefined;
  const version = (frame[at] ?? 0) >> 4;
  if (version === 4) return ofIpv4(frame.subarray(at));
  return version === 6 ? ofIpv6(frame.subarray(at)) : undefined;
}

function ipOffset(linkType: number, frame: Uint8Array): number | undefined {
  if (RAW.has(linkType)) return 0;
  if (linkType === NULL || linkType === LOOP) return 4;
  if (linkType === LINUX_SLL) return 16;
  if (linkType === LINUX_SLL2) return 20;
  if (linkType !== ETHERNET) return undefined;
  let at = 12;
  // Tags of virtual networks, one or two.
  while (isTag(u16(frame, at))) at += 4;
  const type = u16(frame, at);
  return type === 0x0800 || type === 0x86dd ? at + 2 : undefined;
}

function isTag(type: number): boolean {
  return type === 0x8100 || type === 0x88a8;
}

function ofIpv4(ip: Uint8Array): Segment | "fragment" | undefined {
  const headerBytes = ((ip[0] ?? 0) & 15) * 4;
  if (ip.length < 20 || headerBytes < 20 || ip[9] !== TCP) return undefined;
  if ((u16(ip, 6) & 0x3fff) !== 0) return "fragment";
  // 0 where the network card was to cut the packet: then it is as long as the frame.
  const total = u16(ip, 2) || ip.length;
  const address = (at: number): string => ip.subarray(at, at + 4).join(".");
  return ofTcp(ip, headerBytes, total, address(12), address(16));
}

/** Extension headers that may stand before TCP. */
const EXTENSIONS: ReadonlySet<number> = new Set([0, 43, 60]);
const FRAGMENT = 44;

function ofIpv6(ip: Uint8Array): Segment | "fragment" | undefined {
  if (ip.length < 40) return undefined;
  let next = ip[6] ?? 0;
  let at = 40;
  while (EXTENSIONS.has(next) && at + 8 <= ip.length) {
    next = ip[at] ?? 0;
    at += ((ip[at + 1] ?? 0) + 1) * 8;
  }
  if (next === FRAGMENT) return "fragment";
  if (next !== TCP) return undefined;
  const length = u16(ip, 4);
  const address = (from: number): string =>
    `[${Array.from({ length: 8 }, (_, i) => u16(ip, from + 2 * i).toString(16))
      .join(":")
      .replace(/(?:^|:)0(?::0)+(?::|$)/, "::")}]`;
  return ofTcp(ip, at, length === 0 ? ip.length : 40 + length, address(8), address(24));
}

/** `start`: where TCP begins in the IP packet, which has `total` bytes, whatever of it was captured, or pads it. */
function ofTcp(ip: Uint8Array, start: number, total: number, source: string, target: string): Segment | undefined {
  if (ip.length < start + 20) return undefined;
  const from = start + ((ip[start + 12] ?? 0) >> 4) * 4;
  if (from < start + 20 || from > total) return undefined;
  const flags = ip[start + 13] ?? 0;
  const payload = ip.subarray(from, Math.max(from, total));
  return {
    from: `${source}:${u16(ip, start)}`,
    to: `${target}:${u16(ip, start + 2)}`,
    sequence: ((u16(ip, start + 4) << 16) | u16(ip, start + 6)) >>> 0,
    isSyn: (flags & 2) !== 0,
    isAck: (flags & 16) !== 0,
    payload,
    missingBytes: Math.max(0, total - from - payload.length),
  };
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
