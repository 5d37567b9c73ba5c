/**
 * Hex as people have it -> bytes: `xxd`, `hexdump -C`, `od -tx1`, Wireshark's dumps, plain digits, `0x00, 0x06`,
 * `\x00\x06`, and `tcpdump -x` or `-X`, of which each packet is a frame with its IP header.
 */
import { badCapture } from "./bad-capture.ts";

/** What a text of hex has in it: bytes, or network frames that streams are yet to be made of. */
export type HexContent =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "frames"; readonly frames: readonly Uint8Array[] };

/** Most bytes that a repeated line (`*`) may stand for. */
const MOST_REPEATED = 64 * 1024 * 1024;

/** Reads hex in any of the forms above. Throws a ProtocolError (`UWSGI_BAD_CAPTURE`) that says what was seen. */
export function readHex(text: string): HexContent {
  if (/^\s*0x[0-9a-f]{4,}:\s/im.test(text)) return { kind: "frames", frames: readTcpdump(text) };
  if (text.includes("\\x")) return { kind: "bytes", bytes: readEscapes(text) };
  if (isDump(text)) return { kind: "bytes", bytes: readDump(text) };
  return { kind: "bytes", bytes: readDigits(text) };
}

/** True for a text that `readHex` is worth trying on: nothing in it but what such forms are made of. */
export function looksLikeHex(text: string): boolean {
  if (/^\s*0x[0-9a-f]{4,}:\s/im.test(text) || /^b?["']?\\x[0-9a-f]{2}/i.test(text.trim())) return true;
  return isDump(text) || (/^[0-9a-fx,\s]+$/i.test(text) && /[0-9a-f]{2}/i.test(text));
}

/** A dump begins with an offset of 0: digits that are too many for a byte, or too few. */
function isDump(text: string): boolean {
  return /^\s*(?:0{4,16}:\s|(?:0{4}|0{6}|0{8}|0{16})\s+[0-9a-f]{2}(?:\s|$)|0{7}\s)/i.test(text);
}

/** Digits with blanks, commas, braces or `0x` between them. */
function readDigits(text: string): Uint8Array {
  const words = text
    .replace(/\b0x/gi, " ")
    .split(/[\s,;{}]+/)
    .filter((word) => word !== "");
  const wrong = words.find((word) => !/^[0-9a-f]+$/i.test(word));
  if (wrong !== undefined) throw badCapture(`${JSON.stringify(wrong.slice(0, 40))} is not hex`);
  const odd = words.find((word) => word.length % 2 === 1);
  if (odd !== undefined && !(/0x/i.test(text) && odd.length === 1)) {
    throw badCapture(`${JSON.stringify(odd.slice(0, 40))} has an odd number of hex digits`);
  }
  return Buffer.from(words.map((word) => (word.length === 1 ? `0${word}` : word)).join(""), "hex");
}

/** Text as programs print bytes: `b'\x00\x06...A'`. */
function readEscapes(text: string): Uint8Array {
  const inner = text.trim().replace(/^b?(["'])(.*)\1$/s, "$2");
  const singles: Readonly<Record<string, string>> = {
    n: "\n",
    r: "\r",
    t: "\t",
    "0": "\0",
    a: "\x07",
    b: "\b",
    f: "\f",
    v: "\v",
  };
  const latin1 = inner.replace(/\\(x[0-9a-f]{2}|[\s\S])|([\r\n])/gi, (_, escape: string | undefined) => {
    // A line break between escapes is the printer's.
    if (escape === undefined) return "";
    return escape.length === 3
      ? String.fromCharCode(Number.parseInt(escape.slice(1), 16))
      : (singles[escape] ?? escape);
  });
  const wide = /[\u{100}-\u{10ffff}]/u.exec(latin1);
  if (wide !== null) throw badCapture(`${JSON.stringify(wide[0])} is no byte`);
  return Buffer.from(latin1, "latin1");
}

/** Lines of offset, hex, and perhaps text behind two blanks or a bar. */
function readDump(text: string): Uint8Array {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let isRepeating = false;
  const isOctal = /^0{7}\s/.test(text.trimStart()) && /^0000020(?:\s|$)/m.test(text);
  for (const [i, whole] of text.split("\n").entries()) {
    const line = whole.trimEnd();
    if (line.trim() === "") continue;
    if (line === "*") {
      isRepeating = true;
      continue;
    }
    const match = /^\s*([0-9a-f]{4,16})(:?)(?:\s+(.*))?$/i.exec(line);
    if (match === null)
      throw badCapture(`line ${i + 1} is no line of a hex dump: ${JSON.stringify(line.slice(0, 80))}`);
    const [, place = "", colon, rest = ""] = match;
    const offset = Number.parseInt(place, isOctal ? 8 : 16);
    const hex = colon === ":" ? (rest.split(/ {2,}/, 1)[0] ?? "") : withoutText(rest);
    if (isRepeating) {
      repeat(chunks, length, offset);
      length = Math.max(length, offset);
      isRepeating = false;
    }
    const groups = hex.split(/\s+/).filter((group) => group !== "");
    if (colon === "" && groups.some((group) => group.length !== 2)) {
      throw badCapture(
        `line ${i + 1}: groups of 2 digits are needed (hexdump -C, od -tx1): in larger ones the order of bytes is not known`,
      );
    }
    if (offset !== length) throw badCapture(`line ${i + 1} is at offset ${offset}, ${length} bytes came before it`);
    const bytes = readDigits(groups.join(" "));
    chunks.push(bytes);
    length += bytes.length;
  }
  return Buffer.concat(chunks);
}

/** The hex of a line whose text is behind a bar (`hexdump -C`), or behind 16 bytes and blanks (Wireshark). */
function withoutText(rest: string): string {
  const [hex = ""] = rest.split("|", 1);
  const match = /^(?:[0-9a-f]{2}(?: {1,2}|$)){1,16}/i.exec(hex);
  const lineOfWireshark = rest.includes("|") ? undefined : /^((?:[0-9a-f]{2} ){0,15}[0-9a-f]{2}) {3,}/i.exec(hex);
  return (
    lineOfWireshark?.[1] ?? (match !== null && match[0].length < hex.length && / {2}$/.test(match[0]) ? match[0] : hex)
  );
}

function repeat(chunks: Uint8Array[], from: number, to: number): void {
  const last = chunks.at(-1);
  const left = to - from;
  if (last === undefined || last.length === 0 || left < 0 || left > MOST_REPEATED) {
    throw badCapture(`a repeated line (*) from offset ${from} to ${to} cannot be`);
  }
  const filled = Buffer.alloc(left);
  for (let at = 0; at < left; at += last.length) filled.set(last.subarray(0, Math.min(last.length, left - at)), at);
  chunks.push(filled);
}

/** The frames of `tcpdump -x`, `-X`, `-xx` or `-XX`; lines without hex, which describe them, stand between. */
function readTcpdump(text: string): Uint8Array[] {
  const frames: string[][] = [];
  for (const line of text.split("\n")) {
    const match = /^\s*0x([0-9a-f]{4,}):\s+(.*)$/i.exec(line);
    if (match === null) continue;
    if (Number.parseInt(match[1] ?? "", 16) === 0 || frames.length === 0) frames.push([]);
    frames.at(-1)?.push((match[2] ?? "").split(/ {2,}/, 1)[0] ?? "");
  }
  return frames.map((lines) => readDigits(lines.join(" ")));
}
