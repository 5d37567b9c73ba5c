/** Whatever people send as a body, as pieces of bytes; and how long it is, where that is known. */
import { typeError } from "../errors.ts";
import { BytesBody } from "./bytes-body.ts";

/**
 * A body. Text is sent as UTF-8. Node's streams and web streams are async iterables; a FormData is sent as
 * `multipart/form-data`.
 */
export type RequestBody =
  | string
  | Uint8Array
  | ArrayBuffer
  | Blob
  | URLSearchParams
  | FormData
  | AsyncIterable<Uint8Array | string>
  | Iterable<Uint8Array | string>;

export interface PreparedBody {
  readonly source: AsyncIterable<Uint8Array>;
  /** Undefined: it must be read to be known. */
  readonly length: number | undefined;
  /** The Content-Type that goes with it, where it has one of its own. */
  readonly type: string | undefined;
  /** True when it can be read again. */
  readonly isReplayable: boolean;
}

/** Reads nothing yet. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what is no body. */
export function prepareBody(body: RequestBody): PreparedBody {
  if (typeof body === "string") return ofBytes(Buffer.from(body));
  if (body instanceof Uint8Array) return ofBytes(body);
  if (body instanceof ArrayBuffer) return ofBytes(new Uint8Array(body));
  if (body instanceof URLSearchParams) {
    return ofBytes(Buffer.from(body.toString()), "application/x-www-form-urlencoded;charset=UTF-8");
  }
  if (body instanceof Blob) return ofBlob(body);
  if (body instanceof FormData) return ofForm(body);
  if (typeof body === "object" && body !== null) {
    if (Symbol.asyncIterator in body) return ofPieces(body);
    if (Symbol.iterator in body) return ofPieces(inTurn(body));
  }
  throw typeError(
    "UWSGI_INVALID_ARGUMENT",
    `body is ${body === null ? "null" : `of type ${typeof body}`}, allowed are text, bytes, Blob, URLSearchParams, FormData, streams and iterables of bytes`,
  );
}

function ofBytes(bytes: Uint8Array, type?: string): PreparedBody {
  return { source: new BytesBody(bytes), length: bytes.length, type, isReplayable: true };
}

function ofBlob(blob: Blob): PreparedBody {
  const source = { [Symbol.asyncIterator]: () => blob.stream()[Symbol.asyncIterator]() };
  return { source, length: blob.size, type: blob.type === "" ? undefined : blob.type, isReplayable: true };
}

/** The platform knows how a form is written. */
function ofForm(form: FormData): PreparedBody {
  const { body, headers } = new Response(form);
  if (body === null) return ofBytes(new Uint8Array(0));
  return { source: body, length: undefined, type: headers.get("content-type") ?? undefined, isReplayable: false };
}

function ofPieces(pieces: AsyncIterable<Uint8Array | string>): PreparedBody {
  return { source: new Bytes(pieces), length: undefined, type: undefined, isReplayable: false };
}

async function* inTurn<Piece>(pieces: Iterable<Piece>): AsyncGenerator<Piece, void> {
  yield* pieces;
}

/** The same pieces, text as UTF-8. What is neither text nor bytes is refused by whoever sends it. */
class Bytes implements AsyncIterable<Uint8Array> {
  private readonly pieces: AsyncIterable<Uint8Array | string>;

  constructor(pieces: AsyncIterable<Uint8Array | string>) {
    this.pieces = pieces;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const pieces = this.pieces[Symbol.asyncIterator]();
    return {
      next: async () => {
        const { done, value } = await pieces.next();
        if (done === true) return { done, value: undefined };
        if (typeof value === "string") return { done: false, value: Buffer.from(value) };
        if (value instanceof Uint8Array) return { done: false, value };
        // By this iterator the source would not be let go.
        await pieces.return?.();
        throw typeError(
          "UWSGI_INVALID_ARGUMENT",
          `the request body gave a piece of type ${typeof value}, text or bytes are needed`,
        );
      },
      return: async () => {
        await pieces.return?.();
        return { done: true, value: undefined };
      },
    };
  }
}
