/** A reader of response heads that is nothing but the rules, line by line: what the codec's is compared with. */
import { reasons } from "../../src/codec/index.ts";

export interface ReferenceHead {
  readonly status: number;
  readonly reason: string;
  readonly headers: (readonly [name: string, value: string])[];
  readonly form: "http" | "cgi";
  readonly byteLength: number;
}

/** `missing`: its empty line has not come. */
export type Outcome = ReferenceHead | "missing" | "UWSGI_BAD_RESPONSE_HEAD" | "UWSGI_RESPONSE_HEAD_LIMIT";

const BAD = "UWSGI_BAD_RESPONSE_HEAD";
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

export function referenceHead(bytes: Uint8Array, maxHeadBytes = 65_536): Outcome {
  const text = Buffer.from(bytes).toString("latin1");
  const lines: string[] = [];
  let at = 0;
  for (;;) {
    const lineFeed = text.indexOf("\n", at);
    if (lineFeed < 0) {
      if (bytes.length >= maxHeadBytes) return "UWSGI_RESPONSE_HEAD_LIMIT";
      return text === "" || TOKEN.test(text.charAt(0)) ? "missing" : BAD;
    }
    const line = text.slice(at, text.charAt(lineFeed - 1) === "\r" && lineFeed > at ? lineFeed - 1 : lineFeed);
    at = lineFeed + 1;
    // An empty first line ends nothing: there is no head before it.
    if (line === "" && lines.length > 0) break;
    lines.push(line);
  }
  if (at > maxHeadBytes) return "UWSGI_RESPONSE_HEAD_LIMIT";
  return readLines(lines, at);
}

function readLines(lines: readonly string[], byteLength: number): Outcome {
  const [first = ""] = lines;
  const status = first.startsWith("HTTP/") ? statusIn(first.replace(/^HTTP\/(1|2|1\.\d|2\.\d) /, "")) : undefined;
  if (first.startsWith("HTTP/") && status === undefined) return BAD;
  const headers: (readonly [string, string])[] = [];
  for (const line of status === undefined ? lines : lines.slice(1)) {
    const [name = "", ...parts] = line.split(":");
    if (parts.length === 0 || !TOKEN.test(name)) return BAD;
    const value = parts
      .join(":")
      .replace(/^[ \t]*/, "")
      .replace(/[ \t]*$/, "");
    if (hasControl(value)) return BAD;
    headers.push([name, value]);
  }
  if (status !== undefined) return hasControl(status.reason) ? BAD : { ...status, headers, form: "http", byteLength };
  const named = headers.filter(([name]) => /^status$/i.test(name));
  const rest = headers.filter((header) => !named.includes(header));
  if (named.length > 1) return BAD;
  const [given] = named;
  if (given !== undefined) {
    const read = statusIn(given[1]);
    return read === undefined ? BAD : { ...read, headers: rest, form: "cgi", byteLength };
  }
  const code = rest.some(([name]) => /^location$/i.test(name)) ? 302 : 200;
  return { status: code, reason: reasons.get(code) ?? "", headers: rest, form: "cgi", byteLength };
}

/** `NNN` or `NNN Reason`. */
function statusIn(text: string): { status: number; reason: string } | undefined {
  const number = text.slice(0, 3);
  if (!/^[1-9]\d\d$/.test(number) || (text.length > 3 && text.charAt(3) !== " ")) return undefined;
  return { status: Number(number), reason: text.slice(4) };
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 127 || (code < 32 && code !== 9)) return true;
  }
  return false;
}
