/** The body of a request, in all forms that undici takes: as chunks, and how many bytes if that can be known. */
import { Readable } from "node:stream";
import { typeError } from "../../errors.ts";

export interface RequestBody {
  /** Bytes, undefined when only reading it would tell. */
  readonly length: number | undefined;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** True when `chunks` gives the same bytes each time. */
  readonly isReplayable: boolean;
  /** What the body says of itself, for a request that does not. */
  readonly contentType: string | undefined;
  /** Ends a stream that is not read to its end. */
  cancel(reason: Error): void;
}

/**
 * Reads what it is; undefined for none, or an empty one. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what is no
 * body; so do the chunks when one of them is neither text nor bytes.
 */
export function readRequestBody(given: unknown): RequestBody | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given === "string") return ofBytes(Buffer.from(given));
  if (ArrayBuffer.isView(given)) return ofBytes(Buffer.from(given.buffer, given.byteOffset, given.byteLength));
  if (given instanceof ArrayBuffer) return ofBytes(Buffer.from(given));
  if (typeof given !== "object") throw invalid(`a body is ${typeof given}, text, bytes or a stream is needed`);
  if (isStream(given)) return ofStream(given);
  if (isFormData(given)) return ofFormData(given);
  if (isBlob(given)) return ofBlob(given);
  if (Symbol.asyncIterator in given || Symbol.iterator in given) return ofIterable(given as AnyIterable);
  throw invalid("a body is an object that neither is bytes nor iterates as such");
}

type AnyIterable = AsyncIterable<unknown> | Iterable<unknown>;

function ofBytes(bytes: Buffer): RequestBody | undefined {
  if (bytes.length === 0) return undefined;
  return {
    length: bytes.length,
    chunks: {
      async *[Symbol.asyncIterator]() {
        yield bytes;
      },
    },
    isReplayable: true,
    contentType: undefined,
    cancel: () => {},
  };
}

function ofBlob(blob: Blob): RequestBody {
  return {
    length: blob.size,
    chunks: { [Symbol.asyncIterator]: () => chunksOf(blob.stream()) },
    isReplayable: true,
    contentType: blob.type === "" ? undefined : blob.type,
    cancel: () => {},
  };
}

function ofStream(stream: Readable): RequestBody {
  // Node keeps the error of a stream that fails before it is iterated, but would end the process for want of a listener.
  stream.on("error", () => {});
  return {
    length: undefined,
    chunks: chunksOf(stream),
    isReplayable: false,
    contentType: undefined,
    cancel: (reason) => {
      if (!stream.destroyed && !stream.readableEnded) stream.destroy(reason);
    },
  };
}

function ofIterable(iterable: AnyIterable): RequestBody {
  const chunks = chunksOf(iterable);
  const cancel = (): void => {
    // A generator that was never begun has nothing to end, and one that waits ends when its wait does.
    chunks.return().catch(() => {});
  };
  return { length: undefined, chunks, isReplayable: false, contentType: undefined, cancel };
}

/** The built-in fetch knows how to write a form; what another FormData holds is copied to a built-in one. */
function ofFormData(form: Iterable<[string, unknown]>): RequestBody {
  let own: FormData;
  if (form instanceof FormData) own = form;
  else {
    own = new FormData();
    for (const [name, value] of form) {
      if (typeof value !== "object" || value === null || !isBlob(value)) own.append(name, String(value));
      else own.append(name, value, (value as { name?: string }).name ?? "blob");
    }
  }
  const { body, headers } = new Response(own);
  return {
    ...ofIterable((body ?? []) as AnyIterable),
    contentType: headers.get("content-type") ?? undefined,
  };
}

async function* chunksOf(iterable: AnyIterable): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of iterable) {
    if (typeof chunk === "string") yield Buffer.from(chunk);
    else if (ArrayBuffer.isView(chunk)) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    else if (chunk instanceof ArrayBuffer) yield Buffer.from(chunk);
    else throw invalid(`a body gave ${chunk === null ? "null" : typeof chunk}, text or bytes are needed`);
  }
}

function isStream(given: object): given is Readable {
  return given instanceof Readable || ("pipe" in given && "on" in given && Symbol.asyncIterator in given);
}

/** By what it can do: a Blob of another package has another class. */
function isBlob(given: object): given is Blob {
  return "size" in given && "stream" in given && typeof given.stream === "function";
}

function isFormData(given: object): given is FormData & Iterable<[string, unknown]> {
  return (given as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] === "FormData" && "append" in given;
}

function invalid(message: string): TypeError {
  return typeError("UWSGI_INVALID_ARGUMENT", message);
}
