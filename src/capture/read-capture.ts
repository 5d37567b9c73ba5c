/** A file of whatever form -> decoded streams. */
import { badCapture } from "./bad-capture.ts";
import { decodeStream, type DecodeOptions } from "./decode-stream.ts";
import type { DecodedStream } from "./parts.ts";
import { looksLikeHex, readHex } from "./read-hex.ts";
import { type Frame, isPcap, readPcap } from "./read-pcap.ts";
import { redactPart } from "./redact.ts";
import { segmentOf } from "./tcp-segment.ts";
import { TcpStreams } from "./tcp-streams.ts";

/** How bytes are written. `auto`: a pcap or pcapng file by its first bytes, hex when nothing else is in it, else raw. */
export type CaptureForm = "auto" | "raw" | "hex" | "base64" | "pcap";

export interface CaptureOptions extends DecodeOptions {
  /** Default `auto`. */
  readonly form?: CaptureForm;
  /** Of a network capture only the connections with this TCP port at one of their ends. Default all. */
  readonly port?: number;
  /** Hide the values of cookies and of what authenticates. Default false. */
  readonly redact?: boolean;
}

/**
 * Decodes a capture. Throws a ProtocolError (`UWSGI_BAD_CAPTURE`) when it is not of the form that it should be; what is
 * wrong with the packets in it is in the parts.
 */
export function decodeCapture(file: Uint8Array, options: CaptureOptions = {}): DecodedStream[] {
  const decoded: DecodedStream[] = [];
  for (const { bytes, ...stream } of streamsOf(file, options)) {
    const parts = decodeStream(bytes, options);
    decoded.push({ ...stream, parts: options.redact === true ? parts.map(redactPart) : parts });
  }
  return decoded;
}

type Found = Omit<DecodedStream, "parts"> & { readonly bytes: Uint8Array };

function streamsOf(file: Uint8Array, { form = "auto", port }: CaptureOptions): Found[] {
  if (form === "pcap" || (form === "auto" && isPcap(file))) {
    const { frames, isCut } = readPcap(file);
    return ofFrames(frames, port, isCut ? ["the capture file ends inside a frame"] : []);
  }
  if (form === "raw") return ofBytes(file);
  const text = Buffer.from(file.buffer, file.byteOffset, file.length).toString("latin1");
  if (form === "base64") return ofBytes(readBase64(text));
  if (form === "auto" && !looksLikeHex(text)) return ofBytes(file);
  // Escapes may have text of any script between them; their bytes are those of UTF-8.
  const content = readHex(text);
  if (content.kind === "bytes") return ofBytes(content.bytes);
  return ofFrames(content.frames.map(guessLinkType), port, []);
}

function ofBytes(bytes: Uint8Array): Found[] {
  return [{ bytes, notes: [] }];
}

function readBase64(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, "");
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(digits)) throw badCapture("not base64");
  return Buffer.from(digits, "base64");
}

const ETHERNET = 1;
const RAW_IP = 101;

/** What tcpdump prints is without the link layer (`-x`) or with it (`-xx`), and does not say which. */
function guessLinkType(bytes: Uint8Array): Frame {
  const isIp = [4, 6].includes((bytes[0] ?? 0) >> 4) && segmentOf(RAW_IP, bytes) !== undefined;
  return { linkType: isIp ? RAW_IP : ETHERNET, bytes };
}

function ofFrames(frames: readonly Frame[], port: number | undefined, notes: readonly string[]): Found[] {
  const streams = new TcpStreams();
  let fragments = 0;
  for (const { linkType, bytes } of frames) {
    const segment = segmentOf(linkType, bytes);
    if (segment === "fragment") fragments++;
    else if (
      segment !== undefined &&
      (port === undefined || hasPort(segment.from, port) || hasPort(segment.to, port))
    ) {
      streams.push(segment);
    }
  }
  const all = [...notes];
  if (fragments > 0) all.push(`${fragments} IP fragments were left out`);
  const found = streams.streams;
  if (found.length === 0) {
    const what =
      port === undefined ? "no TCP stream with a byte in it" : `no TCP stream with a byte in it on port ${port}`;
    throw badCapture(`${what}, in ${frames.length} frames`);
  }
  const [first, ...others] = found;
  // Of the file as a whole, so it is said once.
  return first === undefined ? [] : [{ ...first, notes: [...all, ...first.notes] }, ...others];
}

function hasPort(end: string, port: number): boolean {
  return end.endsWith(`:${port}`);
}
