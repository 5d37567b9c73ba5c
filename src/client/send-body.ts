/** The body of a request, piece by piece as there is room for it. */
import { rangeError, typeError } from "../errors.ts";

/** Where the pieces go. */
export interface BodySink {
  /** Nobody wants more. */
  readonly isOver: boolean;
  /** False: `room` before the next piece. */
  write(bytes: Uint8Array): boolean;
  /** Settles when there is room, or nobody wants more. */
  room(): Promise<void>;
}

/**
 * Sends what `source` gives; settles when it has ended, or nobody wants more. Rejects with its error; with a RangeError
 * (`UWSGI_BODY_LENGTH`) when there are more or fewer bytes than `length`, of which none goes out that is too many; with a
 * TypeError (`UWSGI_INVALID_ARGUMENT`) for what is no bytes.
 */
export async function sendBody(
  source: AsyncIterator<Uint8Array>,
  length: number | undefined,
  sink: BodySink,
): Promise<void> {
  let sent = 0;
  for (;;) {
    const { done, value } = await source.next();
    if (sink.isOver) return;
    if (done === true) break;
    if (!(value instanceof Uint8Array)) throw notBytes(value);
    sent += value.length;
    if (length !== undefined && sent > length) {
      throw rangeError("UWSGI_BODY_LENGTH", `the request body has more than the ${length} bytes that it was to have`);
    }
    if (value.length === 0 || sink.write(value)) continue;
    await sink.room();
    if (sink.isOver) return;
  }
  if (length === undefined || sent === length) return;
  throw rangeError("UWSGI_BODY_LENGTH", `the request body has ${sent} bytes, it was to have ${length}`);
}

/** Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what cannot be sent. */
export function checkBody(body: AsyncIterable<Uint8Array> | undefined): void {
  if (body === undefined || typeof body[Symbol.asyncIterator] === "function") return;
  throw typeError(
    "UWSGI_INVALID_ARGUMENT",
    `body is of type ${typeof body}, an async iterable of Uint8Array is needed`,
  );
}

function notBytes(value: unknown): TypeError {
  const seen = value === null ? "null" : typeof value;
  return typeError("UWSGI_INVALID_ARGUMENT", `the request body gave a piece of type ${seen}, a Uint8Array is needed`);
}
