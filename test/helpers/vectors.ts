/** Reads the packets in test/vectors; what the files hold is explained in its README.md. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ErrorCode } from "../../src/errors.ts";
import { projectRoot } from "./project.ts";

export type Pair = readonly [name: string, value: string];

/** What follows the packet: the request body, or whatever else the client sent. */
export interface VectorBody {
  readonly length: number;
  readonly sha256: string;
  /** Empty where the length is 0; undefined where the body is too long to be kept. */
  readonly bytes: Uint8Array | undefined;
}

export interface Vector {
  /** Folder and file without `.json`: `nginx/tcp-get-browser`. */
  readonly name: string;
  readonly about: string;
  readonly client: string;
  readonly version: string | undefined;
  readonly transport: "tcp" | "unix" | "tls" | undefined;
  readonly note: string | undefined;
  /** Header and payload; of a refused packet all bytes that were sent. */
  readonly packet: Uint8Array;
  readonly header: { readonly modifier1: number; readonly datasize: number; readonly modifier2: number } | undefined;
  readonly vars: readonly Pair[] | undefined;
  /** Instead of `vars` where there are thousands. */
  readonly varsCount: number | undefined;
  readonly items: readonly string[] | undefined;
  readonly body: VectorBody | undefined;
  readonly refused: { readonly code: ErrorCode; readonly offset: number; readonly reason: string } | undefined;
  /** Sizes of the reads in which the bytes arrived, where there was more than one. */
  readonly reads: readonly number[] | undefined;
  /** The client's request that made the front end send the packet. */
  readonly http: Uint8Array | undefined;
  readonly httpNote: string | undefined;
  readonly send: { readonly piece: number; readonly pauseMs: number } | undefined;
  readonly then: "keep open" | "half-close" | "close" | undefined;
  /** The answer of uWSGI, for families that answer with a packet. */
  readonly answer: Uint8Array | undefined;
}

/** As the file has it: bytes are base64. */
type Stored = { [Key in keyof Vector]?: unknown } & {
  readonly packet: string;
  readonly http?: string;
  readonly answer?: string;
  readonly body?: Omit<VectorBody, "bytes"> & { readonly bytes?: string };
};

const folder = join(projectRoot, "test", "vectors");

/** All vectors, or those of some folders, by name. */
export function readVectors(...folders: string[]): Vector[] {
  const wanted = folders.length > 0 ? folders : subfolders();
  return wanted.flatMap((sub) =>
    readdirSync(join(folder, sub))
      .filter((file) => file.endsWith(".json"))
      .sort()
      .map((file) => readVector(`${sub}/${file.slice(0, -".json".length)}`)),
  );
}

/** One vector: `readVector("nginx/tcp-get-browser")`. */
export function readVector(name: string): Vector {
  const stored = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as Stored;
  const { body } = stored;
  return {
    ...stored,
    name,
    packet: fromBase64(stored.packet),
    http: stored.http === undefined ? undefined : fromBase64(stored.http),
    answer: stored.answer === undefined ? undefined : fromBase64(stored.answer),
    body: body === undefined ? undefined : { ...body, bytes: bodyBytes(body.length, body.bytes) },
  } as Vector;
}

/** All bytes of a vector, as they were sent; of a body that is not kept only the packet. */
export function wholeOf({ packet, body }: Vector): Uint8Array {
  return new Uint8Array(Buffer.concat([packet, body?.bytes ?? new Uint8Array(0)]));
}

/** Bytes of the body, by its CONTENT_LENGTH. */
export function announcedBy({ vars = [] }: Vector): number {
  return Number(vars.find(([name]) => name === "CONTENT_LENGTH")?.[1] ?? 0);
}

/** What captured front ends ask, without what announces a body and sends none of it. */
export function requestsOfFrontEnds(): Vector[] {
  return readVectors("apache", "lighttpd", "nginx", "nginx-1.31", "tools").filter(
    (vector) => vector.header?.modifier1 === 0 && announcedBy(vector) <= (vector.body?.bytes?.length ?? -1),
  );
}

/** Offsets at which lengths, names and values of a vector begin, and where its packet ends. */
export function boundariesOf({ packet, vars = [] }: Vector): number[] {
  const offsets = [4, packet.length];
  let at = 4;
  for (const [name, value] of vars.slice(0, 40)) {
    offsets.push(at + 2, at + 2 + name.length, at + 4 + name.length);
    at += 4 + name.length + value.length;
    offsets.push(at);
  }
  return offsets;
}

function subfolders(): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

function bodyBytes(length: number, bytes: string | undefined): Uint8Array | undefined {
  if (bytes !== undefined) return fromBase64(bytes);
  return length === 0 ? new Uint8Array(0) : undefined;
}

function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"));
}
