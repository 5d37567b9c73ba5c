/** A response as the rules read it, all bytes at once: what the client's reading of pieces is compared with. */
import { isToken } from "../../src/codec/index.ts";
import { type Outcome, referenceHead } from "./head.ts";

export interface ResponseRules {
  readonly isHead: boolean;
  readonly decodes: boolean;
  readonly maxHeadBytes: number;
}

/** How the client sees the bytes and the end of the connection behind them. */
export interface ReferenceResponse {
  /** Code of what the request rejects with. */
  readonly rejects?: string;
  /** Or by this one, where a piece has it before the other is there. */
  readonly orRejects?: string;
  readonly status?: number;
  readonly headers?: string;
  /** Code of what the body rejects with. */
  readonly breaks?: string;
  /** Latin-1; of a body that breaks what is left of it nobody asks. */
  readonly body?: string;
}

export function referenceResponse(
  bytes: Uint8Array,
  { isHead, decodes, maxHeadBytes }: ResponseRules,
): ReferenceResponse {
  let at = 0;
  let head: Exclude<Outcome, string>;
  for (;;) {
    const left = bytes.subarray(at);
    const outcome = referenceHead(left, maxHeadBytes - at);
    if (outcome === "missing") return { rejects: left.length === 0 ? "UWSGI_PEER_GONE" : "UWSGI_BAD_RESPONSE_HEAD" };
    if (outcome === "UWSGI_RESPONSE_HEAD_LIMIT" && !isToken(String.fromCharCode(left[0] ?? 0))) {
      return { rejects: outcome, orRejects: "UWSGI_BAD_RESPONSE_HEAD" };
    }
    if (typeof outcome === "string") return { rejects: outcome };
    at += outcome.byteLength;
    head = outcome;
    if (head.status === 101 || head.status > 199) break;
  }
  const named = (name: string): string[] =>
    head.headers.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value);
  const [lengths, encodings] = [named("content-length"), named("transfer-encoding")];
  const bad = { rejects: "UWSGI_BAD_RESPONSE_HEAD" };
  if (new Set(lengths).size > 1 || lengths.some((value) => !/^\d{1,15}$/.test(value))) return bad;
  const isChunked = encodings.length > 0;
  if (isChunked && (!decodes || lengths.length > 0 || !/^chunked$/i.test(encodings.join()) || encodings.length > 1))
    return bad;
  const text = Buffer.from(bytes.subarray(at)).toString("latin1");
  const seen = {
    status: head.status,
    headers: JSON.stringify(head.headers.filter(keeps(isChunked || lengths.length > 1))),
  };
  if (head.status === 101) return { ...seen, body: text };
  if (isHead || head.status === 204 || head.status === 304) return { ...seen, body: "" };
  if (isChunked) return { ...seen, ...unchunk(text) };
  const [length] = lengths;
  if (length === undefined) return { ...seen, body: text };
  return Number(length) > text.length
    ? { ...seen, breaks: "UWSGI_RESPONSE_TRUNCATED" }
    : { ...seen, body: text.slice(0, Number(length)) };
}

/** Whether a header is kept: where the framing was said more than once, or by chunks, what is said of it is put right. */
function keeps(isPutRight: boolean): (header: readonly [string, string]) => boolean {
  let lengths = 0;
  return ([name]) => {
    const lower = name.toLowerCase();
    if (!isPutRight) return true;
    if (lower === "content-length") return ++lengths === 1;
    return lower !== "transfer-encoding" && lower !== "trailer";
  };
}

/** By regular expressions over the whole: short texts only. */
function unchunk(text: string): { readonly breaks: string } | { readonly body: string } {
  const [bad, cut] = [{ breaks: "UWSGI_BAD_CHUNKING" }, { breaks: "UWSGI_RESPONSE_TRUNCATED" }];
  let body = "";
  let left = text;
  for (;;) {
    const line = /^([0-9a-f]{1,13})(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n/i.exec(left);
    if (line === null) return /^(?:[0-9a-f]{1,13}(?:;[\t\x20-\x7e\x80-\xff]*)?\r?)?$/i.test(left) ? cut : bad;
    left = left.slice(line[0].length);
    const size = Number.parseInt(line[1] ?? "", 16);
    if (size === 0) break;
    body += left.slice(0, size);
    left = left.slice(size);
    if (left === "" || left === "\r") return cut;
    if (!left.startsWith("\r\n")) return bad;
    left = left.slice(2);
  }
  for (;;) {
    const end = left.indexOf("\r");
    if (end < 0 || end === left.length - 1) return cut;
    if (left.charAt(end + 1) !== "\n") return bad;
    const trailer = left.slice(0, end);
    if (trailer === "") return { body };
    if (!/^[\w!#$%&'*+.^`|~-]+:[\t\x20-\x7e\x80-\xff]*$/.test(trailer)) return bad;
    left = left.slice(end + 2);
  }
}
