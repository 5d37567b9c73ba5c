/**
 * The contract of decoding: what is seen in a stream of bytes. Every byte is in exactly one part, so that the bytes
 * can be made again of the parts (`encode-parts.ts`).
 */
import type { Header, PayloadKind } from "../codec/index.ts";

/** What lies in a payload, by the packet family; `bytes` also where an array was to be expected and there is none. */
export type Payload =
  | { readonly kind: "vars"; readonly vars: readonly (readonly [name: string, value: string])[] }
  | { readonly kind: "array"; readonly items: readonly string[] }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array };

/** A packet: header and payload. Names, values and items are latin-1 strings. */
export interface PacketPart {
  readonly kind: "packet";
  /** Where it begins, in bytes from the start of the stream. So in all parts. */
  readonly offset: number;
  readonly modifier1: number;
  readonly datasize: number;
  readonly modifier2: number;
  readonly payload: Payload;
}

/** What follows a packet or a response head: as many bytes as that says, or all. */
export interface BodyPart {
  readonly kind: "body";
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Bytes that were announced and are not there. */
  readonly missingBytes: number;
}

/** The head of a response. */
export interface ResponsePart {
  readonly kind: "response";
  readonly offset: number;
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly Header[];
  readonly form: "http" | "cgi";
  /** The head as it came, with its empty line: line ends and blanks are not in the headers. */
  readonly head: Uint8Array;
}

/** Bytes that are neither: of a protocol behind an Upgrade, or of a packet that is broken. */
export interface RawPart {
  readonly kind: "raw";
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** What is wrong with them; absent for bytes that nothing is wrong with. */
  readonly fault?: Fault;
}

/** Why decoding has stopped. */
export interface Fault {
  readonly code: string;
  readonly message: string;
  /** Where, in bytes from the start of the stream. */
  readonly offset: number;
  /** The bytes around it, as hex and text. */
  readonly around: string;
  /** The header of the packet that is broken, as far as it is there. */
  readonly header?: { readonly modifier1: number; readonly datasize: number; readonly modifier2: number };
  /** The vars before the fault. */
  readonly vars?: readonly (readonly [name: string, value: string])[];
}

export type Part = PacketPart | BodyPart | ResponsePart | RawPart;

/** One direction of one connection. */
export interface DecodedStream {
  /** The two ends, where the capture knows them. */
  readonly from?: string;
  readonly to?: string;
  readonly parts: readonly Part[];
  /** What a reader should know: bytes that the capture lacks, a cut. */
  readonly notes: readonly string[];
}

/** Payload kinds that `modifier2` decides, from the plugins of uWSGI: cache (111) and rpc (173). */
const byModifier2: ReadonlyMap<number, ReadonlyMap<number, PayloadKind>> = new Map([
  [
    111,
    new Map<number, PayloadKind>([
      [1, "array"],
      [3, "vars"],
      [4, "vars"],
      [7, "vars"],
      [17, "vars"],
    ]),
  ],
  [
    173,
    new Map<number, PayloadKind>([
      [0, "array"],
      [1, "array"],
      [2, "vars"],
      [3, "vars"],
      [5, "vars"],
    ]),
  ],
]);

/** What a payload is to be read as. */
export function payloadKindOf(kind: PayloadKind | undefined, modifier1: number, modifier2: number): PayloadKind {
  if (kind !== "by-modifier2") return kind ?? "bytes";
  return byModifier2.get(modifier1)?.get(modifier2) ?? "bytes";
}
