/**
 * Frames out of capture files: classic pcap (both byte orders, micro- and nanoseconds) and pcapng. What tcpdump and
 * Wireshark write, and no more: of pcapng the blocks that hold frames.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcap/ and draft-ietf-opsawg-pcapng
 */
import { badCapture } from "./bad-capture.ts";

/** One frame, as it was captured. */
export interface Frame {
  readonly linkType: number;
  readonly bytes: Uint8Array;
}

/** Frames, and whether the file ends inside one. */
export interface FrameFile {
  readonly frames: readonly Frame[];
  readonly isCut: boolean;
}

const PCAP_MAGIC: ReadonlySet<number> = new Set([0xa1b2c3d4, 0xa1b23c4d]);
const PCAPNG_MAGIC = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** True for the beginning of a file that `readPcap` reads. */
export function isPcap(bytes: Uint8Array): boolean {
  if (bytes.length < 24) return false;
  const view = viewOf(bytes);
  return view.getUint32(0) === PCAPNG_MAGIC || orderOf(view) !== undefined;
}

/** Reads all frames. Throws a ProtocolError (`UWSGI_BAD_CAPTURE`) for what is no capture; one that was cut off is read as far as it goes. */
export function readPcap(bytes: Uint8Array): FrameFile {
  if (!isPcap(bytes)) throw badCapture("neither a pcap nor a pcapng file", 0);
  const view = viewOf(bytes);
  return view.getUint32(0) === PCAPNG_MAGIC ? readPcapng(bytes, view) : readClassic(bytes, view);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** True for little-endian; undefined for another file. */
function orderOf(view: DataView): boolean | undefined {
  return [true, false].find((isLittle) => PCAP_MAGIC.has(view.getUint32(0, isLittle)));
}

function readClassic(bytes: Uint8Array, view: DataView): FrameFile {
  const isLittle = orderOf(view) === true;
  // The upper bits say how long a frame check sequence is.
  const linkType = view.getUint32(20, isLittle) & 0xffff;
  const frames: Frame[] = [];
  for (let at = 24; at < bytes.length;) {
    if (at + 16 > bytes.length) return { frames, isCut: true };
    const length = view.getUint32(at + 8, isLittle);
    if (at + 16 + length > bytes.length) return { frames, isCut: true };
    frames.push({ linkType, bytes: bytes.subarray(at + 16, at + 16 + length) });
    at += 16 + length;
  }
  return { frames, isCut: false };
}

const SECTION = PCAPNG_MAGIC;
const INTERFACE = 1;
const OLD_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;

function readPcapng(bytes: Uint8Array, view: DataView): FrameFile {
  const frames: Frame[] = [];
  let isLittle = true;
  let linkTypes: number[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + 12 > bytes.length) return { frames, isCut: true };
    const type = view.getUint32(at, isLittle);
    if (type === SECTION) {
      isLittle = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
      if (!isLittle && view.getUint32(at + 8) !== BYTE_ORDER_MAGIC)
        throw badCapture("a section without byte order", at);
      linkTypes = [];
    }
    const length = view.getUint32(at + 4, isLittle);
    if (length < 12 || length % 4 !== 0)
      throw badCapture(`a block of ${length} bytes, 12 or more by 4 are allowed`, at);
    if (at + length > bytes.length) return { frames, isCut: true };
    const block = bytes.subarray(at + 8, at + length - 4);
    if (type === INTERFACE && block.length >= 8) linkTypes.push(viewOf(block).getUint16(0, isLittle));
    else {
      const frame = frameOf(type, block, linkTypes, isLittle);
      if (frame !== undefined) frames.push(frame);
    }
    at += length;
  }
  return { frames, isCut: false };
}

function frameOf(type: number, block: Uint8Array, linkTypes: readonly number[], isLittle: boolean): Frame | undefined {
  const view = viewOf(block);
  if (type === SIMPLE_PACKET && block.length >= 4) {
    return frameFrom(linkTypes[0], block.subarray(4), view.getUint32(0, isLittle));
  }
  if ((type !== ENHANCED_PACKET && type !== OLD_PACKET) || block.length < 20) return undefined;
  const source = type === OLD_PACKET ? view.getUint16(0, isLittle) : view.getUint32(0, isLittle);
  return frameFrom(linkTypes[source], block.subarray(20), view.getUint32(12, isLittle));
}

function frameFrom(linkType: number | undefined, bytes: Uint8Array, length: number): Frame | undefined {
  return linkType === undefined ? undefined : { linkType, bytes: bytes.subarray(0, length) };
}
