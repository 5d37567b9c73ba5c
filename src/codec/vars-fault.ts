/** Says why a vars block is refused. Slow on purpose; see `vars.ts` for the fast walk. */
import { LimitError, ProtocolError } from "../errors.ts";

/** Walks a refused block once more and answers the error that names its first fault. */
export function explainVars(bytes: Uint8Array, start: number, end: number, maxVars: number): ProtocolError {
  const u16 = (at: number): number => (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
  let at = start;
  for (let count = 0; at < end; count++) {
    const here = at;
    if (count >= maxVars) {
      return new LimitError(`more than ${maxVars} vars in one block, at most ${maxVars} are allowed`, {
        code: "UWSGI_VARS_LIMIT",
        offset: here,
      });
    }
    if (end - at < 2) return trailing(here, end - at, "the length of a key needs 2");
    const keyLength = u16(at);
    if (keyLength === 0) {
      return new ProtocolError(`var ${count + 1} has an empty key at offset ${here}, at least 1 byte is needed`, {
        code: "UWSGI_EMPTY_KEY",
        offset: here,
      });
    }
    at += 2;
    if (keyLength > end - at) {
      return pastEnd("UWSGI_KEY_PAST_END", "key", keyLength, here, end - at);
    }
    at += keyLength;
    if (end - at < 2) return trailing(at, end - at, "the length of a value needs 2");
    const valueLength = u16(at);
    if (valueLength > end - at - 2) {
      return pastEnd("UWSGI_VALUE_PAST_END", "value", valueLength, at, end - at - 2);
    }
    at += 2 + valueLength;
  }
  throw new Error("a sound vars block was refused: the fast walk and this one disagree");
}

function pastEnd(
  code: "UWSGI_KEY_PAST_END" | "UWSGI_VALUE_PAST_END",
  what: string,
  length: number,
  offset: number,
  left: number,
): ProtocolError {
  return new ProtocolError(
    `${what} of ${length} bytes at offset ${offset} runs past the block, which has ${left} bytes left`,
    { code, offset },
  );
}

function trailing(offset: number, left: number, need: string): ProtocolError {
  return new ProtocolError(`vars block ends with ${left} bytes at offset ${offset}, ${need}`, {
    code: "UWSGI_TRAILING_BYTES",
    offset,
  });
}
