/** `uisge decode`: bytes of the wire -> what is in them, and back. */
import { readFileSync, statSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  type CaptureForm,
  decodeCapture,
  type DecodedStream,
  type DecodeOptions,
  formatText,
  isRecording,
  isSound,
  parseJson,
  parseText,
  toJson,
} from "../capture/index.ts";
import { badInput, badOption, readWhole } from "./read-options.ts";
import { isReaderGone, print, readInput } from "./standard-streams.ts";

export const usage: string = `uisge decode: says what is in bytes of the uwsgi protocol

Usage: uisge decode [FILE|-] [options]
  Packets with their vars or items, bodies, responses, and where what is broken.
  FILE is raw bytes, hex (plain, xxd, hexdump -C, od -tx1, \\x00, tcpdump -X), or
  a network capture (.pcap, .pcapng), in which the TCP streams are put together.

  --hex, --raw, --base64, --pcap   what FILE is, where it is not guessed right
  --direction KIND     request, response, or auto (default): by the first bytes
  --port N             of a network capture: connections with that port only
  --redact             hide the values of Cookie, Set-Cookie, Authorization...
  --max-body N         show N bytes of a body
  --json               JSON instead of text; bytes are characters U+0000-U+00FF
  --encode             the way back: FILE is such text or JSON, output is bytes;
                       with --hex or --base64 as such, and hex for a terminal
  -h, --help

Examples:  uisge decode request.bin
           tcpdump -i lo -w - port 3031 | uisge decode --port 3031 -
           echo 'packet modifier1=100' | uisge decode --encode --hex
Exit codes: 0 sound, 1 by an error, 64 usage, 65 something is broken or missing,
or cannot be read, 77 no permission.
`;

/** Most bytes that are read; all of them are in memory. */
const MOST_BYTES = 512 * 1024 * 1024;

const BROKEN = 65;

const options = {
  hex: { type: "boolean" },
  raw: { type: "boolean" },
  base64: { type: "boolean" },
  pcap: { type: "boolean" },
  json: { type: "boolean" },
  encode: { type: "boolean" },
  redact: { type: "boolean" },
  direction: { type: "string" },
  port: { type: "string" },
  "max-body": { type: "string" },
} as const;

/** Resolves with 0, or 65 when something in the bytes is broken. Rejects with a ProtocolError (`UWSGI_BAD_CAPTURE`). */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [file = "-", ...more] = positionals;
  if (more.length > 0) throw badOption(`decode takes one file; got ${positionals.length}`);
  const forms = (["hex", "raw", "base64", "pcap"] as const).filter((form) => values[form] === true);
  const [form = "auto"] = forms;
  if (forms.length > 1) throw badOption(`--${forms.join(" and --")}: one of them is needed`);
  const port = readWhole("--port", values.port, 1, 65_535);
  const maxBodyBytes = readWhole("--max-body", values["max-body"]);
  const shown = maxBodyBytes === undefined ? {} : { maxBodyBytes };
  const direction = readDirection(values.direction);
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

function readDirection(text: string | undefined): Exclude<DecodeOptions["direction"], undefined> {
  if (text === undefined || text === "auto") return "auto";
  if (text === "request" || text === "response") return text;
  throw badOption(`--direction ${text}: request, response or auto is needed`);
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
