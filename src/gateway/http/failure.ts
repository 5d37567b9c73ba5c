/** What a client is told when there is no answer for it: a status, and a sentence that says why. Pure. */
import { type Header, reasons } from "../../codec/index.ts";
import { errorCode, TimeoutError } from "../../errors.ts";

/** The client's faults, in words that repeat nothing of its request: answers are cached, logged, and shown by others. */
const clientFaults: ReadonlyMap<string, readonly [status: number, sentence: string]> = new Map([
  ["UWSGI_BAD_TARGET", [400, "the request target is not valid"]],
  ["UWSGI_BAD_CONTENT_LENGTH", [400, "the Content-Length is not valid"]],
  ["UWSGI_BAD_REQUEST_HEADER", [400, "a header is not valid, or could be read in two ways"]],
  ["UWSGI_BAD_HTTP", [400, "the request is not valid HTTP"]],
  ["UWSGI_BAD_METHOD", [405, "the method is not served"]],
  ["UWSGI_HEADER_TIMEOUT", [408, "the request head did not come in time"]],
  ["UWSGI_BODY_TIMEOUT", [408, "the request body did not come in time"]],
  ["UWSGI_WRITE_TIMEOUT", [408, "the answer was not taken in time"]],
  ["UWSGI_BODY_LIMIT", [413, "the request body is too large"]],
  ["UWSGI_EXPECTATION", [417, "there is nothing to expect but 100-continue"]],
  ["UWSGI_PACKET_TOO_LARGE", [431, "the request head is too large"]],
  ["UWSGI_VARS_LIMIT", [431, "the request head is too large"]],
  ["UWSGI_BAD_VERSION", [505, "spoken are HTTP/1.0, HTTP/1.1 and HTTP/2"]],
]);

/** The upstream's, in words that name no address and no path. */
const upstreamSentences: ReadonlyMap<string, string> = new Map([
  ["UWSGI_CONNECT_FAILED", "the upstream cannot be reached"],
  ["UWSGI_CONNECT_TIMEOUT", "the upstream did not accept the connection in time"],
  ["UWSGI_SEND_TIMEOUT", "the upstream did not take the request in time"],
  ["UWSGI_RESPONSE_TIMEOUT", "the upstream did not answer in time"],
  ["UWSGI_RESPONSE_BODY_TIMEOUT", "the upstream stopped within its answer"],
  ["UWSGI_TOTAL_TIMEOUT", "the upstream took too long"],
  ["UWSGI_PEER_GONE", "the upstream closed the connection without an answer"],
  ["UWSGI_BAD_RESPONSE_HEAD", "the upstream's answer is not valid"],
  ["UWSGI_RESPONSE_HEAD_LIMIT", "the head of the upstream's answer is too large"],
  ["UWSGI_TLS_FAILED", "the TLS handshake with the upstream failed"],
  ["UWSGI_NO_NODE", "no upstream is available"],
]);

/** What the disk says when there is no room for an upload. */
const noRoom: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** When to ask again, in seconds: about the time in which nodes are looked at anew. */
const RETRY_AFTER_SECONDS = 5;

export interface Failure {
  readonly status: number;
  readonly sentence: string;
  /** Whose fault it is; our own is a disk that is full. */
  readonly blames: "client" | "upstream" | "bridge";
}

/** What to make of an error. */
export function failureOf(error: unknown): Failure {
  // What a sender says of a body that failed is said by its cause.
  if (errorCode(error) === "UWSGI_REQUEST_BODY_FAILED" && error instanceof Error && error.cause !== undefined) {
    return failureOf(error.cause);
  }
  const code = errorCode(error) ?? "";
  const fault = clientFaults.get(code);
  if (fault !== undefined) return { status: fault[0], sentence: fault[1], blames: "client" };
  if (isOfDisk(error)) {
    const status = noRoom.has(code) ? 507 : 500;
    return { status, sentence: "the request body could not be kept", blames: "bridge" };
  }
  const sentence = upstreamSentences.get(code) ?? "the upstream failed";
  if (code === "UWSGI_NO_NODE") return { status: 503, sentence, blames: "upstream" };
  return { status: error instanceof TimeoutError ? 504 : 502, sentence, blames: "upstream" };
}

/** An error of the file system, and not of a socket. */
function isOfDisk(error: unknown): boolean {
  const { syscall } = (error ?? {}) as { readonly syscall?: unknown };
  return syscall === "write" || syscall === "open" || syscall === "mkdir" || syscall === "mkdtemp" || syscall === "rm";
}

/** A whole answer that says what failed: JSON for who asks for it, else a line of text. */
export function failureAnswer(
  { status, sentence }: Failure,
  accept: string | undefined,
  requestId: string | undefined,
): { readonly reason: string; readonly headers: Header[]; readonly body: Buffer } {
  const reason = reasons.get(status) ?? "";
  const isJson = accept !== undefined && /\bapplication\/json\b/i.test(accept);
  const text = isJson
    ? `${JSON.stringify({ status, error: reason, message: sentence, request_id: requestId })}\n`
    : `${status} ${reason}: ${sentence}\n`;
  const body = Buffer.from(text);
  const headers: Header[] = [
    ["Content-Type", isJson ? "application/json" : "text/plain; charset=utf-8"],
    ["Content-Length", String(body.length)],
    ["X-Content-Type-Options", "nosniff"],
    ["Cache-Control", "no-store"],
  ];
  if (status === 503) headers.push(["Retry-After", String(RETRY_AFTER_SECONDS)]);
  if (status === 405) headers.push(["Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"]);
  return { reason, headers, body };
}
