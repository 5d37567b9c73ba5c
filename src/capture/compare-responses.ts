/** Two responses to the same request: what is different. Pure. */
import { decodeResponseHead, type Header, type ResponseHead } from "../codec/index.ts";

/** A response as it was answered, or recorded. */
export interface ComparedResponse {
  readonly status: number;
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
  /** False where the recording has kept only the beginning of the body. */
  readonly isWhole: boolean;
}

export type Difference =
  | { readonly in: "status"; readonly recorded: number; readonly now: number }
  /** `undefined`: there is none. */
  | {
      readonly in: "header";
      readonly name: string;
      readonly recorded: string | undefined;
      readonly now: string | undefined;
    }
  /** The first byte that differs, counted from 0; one that is missing differs as well. */
  | { readonly in: "body"; readonly offset: number; readonly recordedBytes: number; readonly nowBytes: number };

/** Headers that say when and where, not what. Lower case. */
export const volatileHeaders: ReadonlySet<string> = new Set([
  "age",
  "connection",
  "date",
  "expires",
  "keep-alive",
  "last-modified",
  "server",
  "set-cookie",
  "x-request-id",
]);

/** The status; with `isDeep` also the headers, but those of `volatileHeaders` and of `ignore` (lower case), and the body. */
export function compareResponses(
  recorded: ComparedResponse,
  now: ComparedResponse,
  isDeep: boolean,
  ignore: ReadonlySet<string> = new Set(),
): Difference[] {
  const differences: Difference[] = [];
  if (recorded.status !== now.status) {
    differences.push({ in: "status", recorded: recorded.status, now: now.status });
  }
  if (!isDeep) return differences;
  const before = grouped(recorded.headers);
  const after = grouped(now.headers);
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    if (volatileHeaders.has(name) || ignore.has(name) || before.get(name) === after.get(name)) continue;
    differences.push({ in: "header", name, recorded: before.get(name), now: after.get(name) });
  }
  const offset = firstDifference(recorded, now);
  if (offset !== undefined) {
    const [recordedBytes, nowBytes] = [recorded.body.length, now.body.length];
    differences.push({ in: "body", offset, recordedBytes, nowBytes });
  }
  return differences;
}

/** The bytes of a recorded response; undefined for what is none. */
export function readRecorded({
  bytes,
  length,
}: {
  readonly bytes: Uint8Array;
  readonly length: number;
}): ComparedResponse | undefined {
  let head: ResponseHead | undefined;
  try {
    head = decodeResponseHead(bytes);
  } catch {
    // Garbage was answered: there is nothing to compare with.
    return undefined;
  }
  if (head === undefined) return undefined;
  const body = bytes.subarray(head.byteLength);
  return { status: head.status, headers: head.headers, body, isWhole: bytes.length === length };
}

function grouped(headers: readonly Header[]): Map<string, string> {
  const groups = new Map<string, string>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const known = groups.get(key);
    groups.set(key, known === undefined ? value : `${known}, ${value}`);
  }
  return groups;
}

function firstDifference(recorded: ComparedResponse, now: ComparedResponse): number | undefined {
  const compared = Math.min(recorded.body.length, now.body.length);
  for (let i = 0; i < compared; i++) if (recorded.body[i] !== now.body[i]) return i;
  const isSame = recorded.isWhole && now.isWhole ? recorded.body.length === now.body.length : true;
  return isSame ? undefined : compared;
}
