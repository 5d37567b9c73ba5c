/** Bodies of responses that need no `Response` of the platform to be sent. */
import { Readable } from "node:stream";
import { isUint8Array } from "node:util/types";
import type { Header } from "../../codec/index.ts";

/** A body, and the type that it has by itself (Fetch 5.2, "extract a body"). */
export interface UsualBody {
  readonly body: Uint8Array | string | ReadableStream | Blob | null;
  readonly type: Header | undefined;
}

/**
 * Text, bytes, form fields, blobs and streams as they can be sent; undefined for all else, for bytes in shared
 * memory, and for streams that somebody has begun to read: they are the platform's to judge.
 */
export function usualBody(given: unknown): UsualBody | undefined {
  if (typeof given === "string") return { body: given, type: TEXT };
  if (given === undefined || given === null) return NOTHING;
  if (isUint8Array(given)) return given.buffer instanceof ArrayBuffer ? { body: given, type: undefined } : undefined;
  if (given instanceof ReadableStream) return isFresh(given) ? { body: given, type: undefined } : undefined;
  if (given instanceof Blob) return { body: given, type: given.type === "" ? undefined : ["content-type", given.type] };
  if (given instanceof ArrayBuffer) return { body: new Uint8Array(given), type: undefined };
  return given instanceof URLSearchParams ? { body: given.toString(), type: FORM } : undefined;
}

function isFresh(stream: ReadableStream): boolean {
  return !stream.locked && !Readable.isDisturbed(stream as unknown as Readable);
}

const TEXT: Header = Object.freeze(["content-type", "text/plain;charset=UTF-8"]);
const FORM: Header = Object.freeze(["content-type", "application/x-www-form-urlencoded;charset=UTF-8"]);
const NOTHING: UsualBody = { body: null, type: undefined };
