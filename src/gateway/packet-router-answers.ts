/** What the router itself answers: fixed texts, nothing of the request or the failure in them. */
import { formatResponseHead, reasons } from "../codec/index.ts";
import { errorCode, TimeoutError } from "../errors.ts";

export interface Answer {
  /** All of it, latin-1. */
  readonly text: string;
  readonly bodyBytes: number;
}

/** A whole answer of that status; 0: none. `isHead`: to a HEAD request, which has no body. */
export function answerOf(status: number, isHead: boolean): Answer {
  if (status === 0) return { text: "", bodyBytes: 0 };
  if (status === 204 || status === 304) return { text: formatResponseHead({ status }), bodyBytes: 0 };
  const text = `${status} ${reasons.get(status) ?? "Error"}\n`;
  const head = formatResponseHead({
    status,
    headers: [
      ["Content-Type", "text/plain; charset=utf-8"],
      ["Content-Length", String(text.length)],
    ],
  });
  return isHead ? { text: head, bodyBytes: 0 } : { text: head + text, bodyBytes: text.length };
}

/** The status for a server that failed: 503 when none is left, 504 when it was too slow, else 502. */
export function statusOfFailure(error: unknown): number {
  if (errorCode(error) === "UWSGI_NO_NODE") return 503;
  return error instanceof TimeoutError ? 504 : 502;
}
