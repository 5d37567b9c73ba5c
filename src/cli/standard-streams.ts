/** Standard input and output, for commands whose output is data. */
import { errorCode, typeError } from "../errors.ts";

let isHeard = false;

/** Resolves when the bytes are with the system, so that the end of the process loses none; rejects as the stream fails. */
export function print(data: string | Uint8Array): Promise<void> {
  const { stdout } = process;
  // Behind the callback comes an event, which without a listener would end the process.
  if (!isHeard) stdout.on("error", () => {});
  isHeard = true;
  return new Promise((resolve, reject) => {
    stdout.write(data, (error) => {
      if (error === undefined || error === null) resolve();
      else reject(error);
    });
  });
}

/** True when whoever reads our output has gone, such as `head`: that is no failure of ours. */
export function isReaderGone(error: unknown): boolean {
  return errorCode(error) === "EPIPE";
}

/** All of standard input; throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for more than `maxBytes`. */
export async function readInput(maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    const bytes = chunk as Uint8Array;
    length += bytes.length;
    if (length > maxBytes) {
      throw typeError("UWSGI_INVALID_ARGUMENT", `standard input has more than ${maxBytes} bytes, which is the most`);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
