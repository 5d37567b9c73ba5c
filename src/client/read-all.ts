/** All bytes of a body, up to a limit. */
import { LimitError, rangeError } from "../errors.ts";

export interface ReadAllOptions {
  /** Most bytes; more rejects, and closes the connection. Default 64 MiB. */
  readonly maxBytes?: number;
}

/** As `maxBytes` of `ReadAllOptions`: what comes is kept in memory. */
const MAX_BYTES = 64 * 1024 ** 2;

/** Rejects with a LimitError (`UWSGI_RESPONSE_LIMIT`), and with whatever the body rejects with. */
export async function readAll(
  body: AsyncIterable<Uint8Array>,
  { maxBytes = MAX_BYTES }: ReadAllOptions = {},
): Promise<Uint8Array> {
  if (!(maxBytes >= 0)) {
    throw rangeError("UWSGI_INVALID_ARGUMENT", `maxBytes is ${String(maxBytes)}, a number of bytes is needed`);
  }
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body) {
    length += piece.length;
    if (length > maxBytes) {
      throw new LimitError(`a response of more than ${maxBytes} bytes, at most ${maxBytes} are allowed`, {
        code: "UWSGI_RESPONSE_LIMIT",
      });
    }
    pieces.push(piece);
  }
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces, length);
}
