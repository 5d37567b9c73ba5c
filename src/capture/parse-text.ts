/** The text form of decoded streams -> the bytes that it describes. */
import { encodePacket } from "../codec/index.ts";
import { badCapture } from "./bad-capture.ts";
import { unquote } from "./quoted.ts";

/** What is being read: one part, its lines so far. */
interface Open {
  readonly kind: "packet" | "response" | "body" | "raw";
  readonly line: number;
  readonly modifier1: number;
  readonly modifier2: number;
  readonly vars: [string, string][];
  readonly items: string[];
  readonly bytes: string[];
}

/** Reads what `formatText` writes. Throws a ProtocolError (`UWSGI_BAD_CAPTURE`) that names the line, and as `encodePacket`. */
export function parseText(text: string): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let open: Open | undefined;
  for (const [i, whole] of text.split("\n").entries()) {
    const line = whole.trim();
    if (line === "" || line.startsWith("#")) continue;
    const begun = begin(line, i + 1);
    if (begun !== undefined) {
      if (open !== undefined) pieces.push(bytesOf(open));
      open = begun;
    } else if (open === undefined) {
      throw badCapture(`line ${i + 1}: packet, response, body or raw is needed first, it is ${show(line)}`);
    } else add(open, line, i + 1);
  }
  if (open !== undefined) pieces.push(bytesOf(open));
  return pieces;
}

function begin(text: string, line: number): Open | undefined {
  const match = /^(packet|response|body|raw)(?=\s|$)([^#"]*)(?:#.*)?$/.exec(text);
  // A var may have such a name.
  if (match === null || match[2]?.trim().startsWith("=") === true) return undefined;
  const kind = match[1] as Open["kind"];
  const numbers = { modifier1: 0, modifier2: 0 };
  for (const word of (match[2] ?? "").split(/\s+/).filter((each) => each !== "")) {
    const [, name, digits] = /^(modifier1|modifier2)=([0-9]{1,3})$/.exec(word) ?? [];
    if (kind !== "packet" || name === undefined || Number(digits) > 255) {
      throw badCapture(
        `line ${line}: ${show(word)} is not understood, a packet has modifier1=N and modifier2=N, 0-255`,
      );
    }
    numbers[name as "modifier1" | "modifier2"] = Number(digits);
  }
  return { kind, line, ...numbers, vars: [], items: [], bytes: [] };
}

function add(open: Open, text: string, line: number): void {
  if (/^cut [0-9]+$/.test(text)) {
    throw badCapture(`line ${line}: bytes were cut when this was written, it cannot be encoded again`);
  }
  if (open.kind !== "packet") {
    const [bytes, rest] = unquote(text, line);
    expectEnd(rest, line);
    open.bytes.push(bytes);
    return;
  }
  const word = /^(item|payload)\s+(?=")/.exec(text);
  if (word !== null) {
    const [value, rest] = unquote(text.slice(word[0].length), line);
    expectEnd(rest, line);
    (word[1] === "item" ? open.items : open.bytes).push(value);
  } else {
    const [name, behind] = text.startsWith('"') ? unquote(text, line) : bare(text, line);
    const equals = /^\s*=\s*/.exec(behind);
    if (equals === null) throw badCapture(`line ${line}: NAME = "value" is needed, it is ${show(text)}`);
    const [value, rest] = unquote(behind.slice(equals[0].length), line);
    expectEnd(rest, line);
    if (name === "") throw badCapture(`line ${line}: a name has at least 1 byte`);
    open.vars.push([name, value]);
  }
  const kinds = [open.vars, open.items, open.bytes].filter(({ length }) => length > 0);
  if (kinds.length > 1) throw badCapture(`line ${line}: a packet has vars, items or a payload, not two of them`);
}

function bare(text: string, line: number): readonly [string, string] {
  const name = /^[^\s="]+/.exec(text)?.[0];
  if (name === undefined) throw badCapture(`line ${line}: NAME = "value" is needed, it is ${show(text)}`);
  return [name, text.slice(name.length)];
}

function expectEnd(rest: string, line: number): void {
  if (/^\s*(?:#.*)?$/.test(rest)) return;
  throw badCapture(`line ${line}: ${show(rest)} behind the value`);
}

function bytesOf({ kind, modifier1, modifier2, vars, items, bytes }: Open): Uint8Array {
  if (kind !== "packet") return Buffer.from(bytes.join(""), "latin1");
  if (items.length > 0) return encodePacket({ modifier1, modifier2, items });
  if (bytes.length > 0) return encodePacket({ modifier1, modifier2, payload: bytes.join("") });
  return encodePacket({ modifier1, modifier2, vars });
}

function show(text: string): string {
  return JSON.stringify(text.trim().slice(0, 80));
}
