/** Capture files, written field by field as the specifications say, with no code of the package. */

/** A TCP segment to be put into a frame. */
export interface SegmentInit {
  readonly from: string;
  readonly to: string;
  readonly sequence: number;
  /** Letters of `SAF`. */
  readonly flags?: string;
  readonly payload?: string | Uint8Array;
  /** The capture has only so many bytes of the frame. */
  readonly snap?: number;
}

/** An IPv4 packet with a TCP segment. */
export function ipv4({ from, to, sequence, flags = "A", payload = "" }: SegmentInit): Buffer {
  const bytes = Buffer.from(payload as string, "latin1");
  const [source = "", sourcePort] = from.split(":");
  const [target = "", targetPort] = to.split(":");
  const ip = Buffer.alloc(20);
  ip[0] = 0x45;
  ip.writeUInt16BE(44 + bytes.length, 2);
  ip[8] = 64;
  ip[9] = 6;
  ip.set(source.split(".").map(Number), 12);
  ip.set(target.split(".").map(Number), 16);
  return Buffer.concat([ip, tcp(Number(sourcePort), Number(targetPort), sequence, flags, bytes)]);
}

/** An IPv6 packet with a TCP segment from ::1 to ::1; a hop-by-hop header before it when wanted. */
export function ipv6(
  sourcePort: number,
  targetPort: number,
  sequence: number,
  payload: string,
  hasExtension = false,
): Buffer {
  const segment = tcp(sourcePort, targetPort, sequence, "A", Buffer.from(payload, "latin1"));
  const extension = hasExtension ? Buffer.from([6, 0, 1, 4, 0, 0, 0, 0]) : Buffer.alloc(0);
  const ip = Buffer.alloc(40);
  ip[0] = 0x60;
  ip.writeUInt16BE(extension.length + segment.length, 4);
  ip[6] = hasExtension ? 0 : 6;
  ip[23] = 1;
  ip[39] = 1;
  return Buffer.concat([ip, extension, segment]);
}

function tcp(sourcePort: number, targetPort: number, sequence: number, flags: string, payload: Buffer): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(targetPort, 2);
  header.writeUInt32BE(sequence >>> 0, 4);
  // 24 bytes: one option, so that nobody takes 20 for granted.
  header[12] = 6 << 4;
  header[13] = (flags.includes("S") ? 2 : 0) | (flags.includes("A") ? 16 : 0) | (flags.includes("F") ? 1 : 0);
  return Buffer.concat([header, payload]);
}

/** In an Ethernet frame, padded to its least length; `tags`: of virtual networks. */
export function ethernet(ip: Buffer, tags = 0): Buffer {
  const type = (ip[0] ?? 0) >> 4 === 6 ? [0x86, 0xdd] : [0x08, 0x00];
  const frame = Buffer.concat([
    Buffer.alloc(12),
    ...Array.from({ length: tags }, () => Buffer.from([0x81, 0x00, 0, 7])),
    Buffer.from(type),
    ip,
  ]);
  return frame.length >= 60 ? frame : Buffer.concat([frame, Buffer.alloc(60 - frame.length, 0xee)]);
}

export interface PcapOptions {
  readonly linkType?: number;
  readonly isBig?: boolean;
  readonly isNano?: boolean;
  readonly snap?: number;
}

/** A classic file. */
export function pcap(frames: readonly Buffer[], options: PcapOptions = {}): Buffer {
  const { linkType = 1, isBig = false, isNano = false, snap = 65_535 } = options;
  const u32 = (...numbers: number[]): Buffer => {
    const bytes = Buffer.alloc(4 * numbers.length);
    for (const [i, number] of numbers.entries()) {
      if (isBig) bytes.writeUInt32BE(number >>> 0, 4 * i);
      else bytes.writeUInt32LE(number >>> 0, 4 * i);
    }
    return bytes;
  };
  const version = isBig ? Buffer.from([0, 2, 0, 4]) : Buffer.from([2, 0, 4, 0]);
  return Buffer.concat([
    u32(isNano ? 0xa1b23c4d : 0xa1b2c3d4),
    version,
    u32(0, 0, snap, linkType),
    ...frames.flatMap((frame) => {
      const kept = frame.subarray(0, snap);
      return [u32(1, 2, kept.length, frame.length), kept];
    }),
  ]);
}

/** A pcapng file: a section, an interface, one enhanced packet block a frame, and a block of a kind to be passed over. */
export function pcapng(frames: readonly Buffer[], linkType = 1, isBig = false): Buffer {
  const u16 = (number: number): Buffer => {
    const bytes = Buffer.alloc(2);
    if (isBig) bytes.writeUInt16BE(number);
    else bytes.writeUInt16LE(number);
    return bytes;
  };
  const u32 = (number: number): Buffer => {
    const bytes = Buffer.alloc(4);
    if (isBig) bytes.writeUInt32BE(number);
    else bytes.writeUInt32LE(number);
    return bytes;
  };
  const block = (type: number, ...content: Buffer[]): Buffer => {
    const body = Buffer.concat(content);
    const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
    return Buffer.concat([u32(type), u32(padded.length + 12), padded, u32(padded.length + 12)]);
  };
  return Buffer.concat([
    block(0x0a0d0d0a, u32(0x1a2b3c4d), u16(1), u16(0), u32(0xffffffff), u32(0xffffffff)),
    block(1, u16(linkType), u16(0), u32(65_535)),
    block(5, u32(0), u32(0), u32(0)),
    ...frames.map((frame) => block(6, u32(0), u32(0), u32(0), u32(frame.length), u32(frame.length), frame)),
  ]);
}
