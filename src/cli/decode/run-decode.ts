/** What `uisge decode` does: bytes of the wire -> what is in them, and back. */
import { readFileSync, statSync } from "node:fs";
import {
  type CaptureForm,
  decodeCapture,
  type DecodedStream,
  formatText,
  isRecording,
  isSound,
  parseJson,
  parseText,
  toJson,
} from "../../capture/index.ts";
import type { DecodeValues } from "../decode-command.ts";
import { badInput, badOption, readWhole } from "../read-options.ts";
import { isReaderGone, print, readInput } from "../standard-streams.ts";

/** Most bytes that are read; all of them are in memory. */
const MOST_BYTES = 512 * 1024 * 1024;

const BROKEN = 65;

/** Resolves with 0, or 65 when something in the bytes is broken. Rejects with a ProtocolError (`UWSGI_BAD_CAPTURE`). */
export async function runDecode(file: string, values: DecodeValues): Promise<number> {
  const forms = (["hex", "raw", "base64", "pcap"] as const).filter((form) => values[form] === true);
  const [form = "auto"] = forms;
  if (forms.length > 1) throw badOption(`--${forms.join(" and --")}: one of them is needed`);
  const port = readWhole("--port", values.port, 1, 65_535);
  const maxBodyBytes = readWhole("--max-body", values["max-body"]);
  const shown = maxBodyBytes === undefined ? {} : { maxBodyBytes };
  const { direction = "auto" } = values as { readonly direction?: "request" | "response" | "auto" };
  const input = await readFile(file);
  if (isRecording(input)) {
    throw badInput(file, new Error("a recording of uisge record, whose lines are JSON; uisge replay sends it again"));
  }
  try {
    if (values.encode === true) {
      await print(encode(input, form));
      return 0;
    }
    const redact = values.redact === true;
    const streams = decodeCapture(input, { form, redact, direction, ...(port === undefined ? {} : { port }) });
    if (values.json === true) await print(`${JSON.stringify(toJson(streams, shown), undefined, 1)}\n`);
    else await printLines(formatText(streams, shown));
    return tell(streams);
  } catch (error) {
    if (isReaderGone(error)) return 0;
    throw error;
  }
}

async function readFile(file: string): Promise<Buffer> {
  if (file === "-") return readInput(MOST_BYTES);
  try {
    if (statSync(file).size > MOST_BYTES) throw new Error(`more than ${MOST_BYTES} bytes`);
    return readFileSync(file);
  } catch (error) {
    throw badInput(file, error);
  }
}

/** Lines by the many: each by itself would be a call to the system. */
async function printLines(lines: Iterable<string>): Promise<void> {
  let waiting = "";
  for (const line of lines) {
    waiting += line;
    if (waiting.length < 65_536) continue;
    await print(waiting);
    waiting = "";
  }
  await print(waiting);
}

function encode(input: Buffer, form: CaptureForm): string | Uint8Array {
  const text = input.toString("utf8");
  const bytes = Buffer.concat(/^\s*[[{]/.test(text) ? parseJson(text) : parseText(text));
  if (form === "base64") return `${bytes.toString("base64")}\n`;
  const isHex = form === "hex" || (form === "auto" && process.stdout.isTTY);
  return isHex ? `${bytes.toString("hex").replace(/.{64}(?=.)/g, "$&\n")}\n` : bytes;
}

/** Says on standard error what is broken, once a stream; answers the exit code. */
function tell(streams: readonly DecodedStream[]): number {
  const broken = streams.filter(({ parts }) => !isSound(parts));
  for (const { parts, from } of broken) {
    const part = parts.find((each) => !isSound([each]));
    const where = from === undefined ? "" : ` in the stream from ${from}`;
    if (part?.kind === "raw") {
      const { code = "", message = "", offset = 0 } = part.fault ?? {};
      process.stderr.write(`uisge decode: broken${where} at byte ${offset}: ${visible(message)} (${code})\n`);
    } else if (part?.kind === "body") {
      process.stderr.write(`uisge decode: ${part.missingBytes} bytes are missing of a body${where}\n`);
    }
  }
  return broken.length === 0 ? 0 : BROKEN;
}

function visible(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, ".");
}
