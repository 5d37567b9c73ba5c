/** The server's own answers: fixed texts, nothing of the request or the error in them. */
import { formatResponseHead, type Header, reasons } from "../codec/index.ts";
import { LimitError, ProtocolError, TimeoutError } from "../errors.ts";
import type { AppResponse } from "../handler/index.ts";

const headers: readonly Header[] = [["Content-Type", "text/plain; charset=utf-8"]];

/** Limits whose excess is the client's to hear of. */
const limitStatuses: ReadonlyMap<string, number> = new Map([
  ["UWSGI_BODY_LIMIT", 413],
  ["UWSGI_DATASIZE_LIMIT", 431],
  ["UWSGI_VARS_LIMIT", 431],
]);

/** The status that a request gets whose fault this is: 408, 413, 431, 400, or 500 for all else. */
export function statusOf(error: unknown): number {
  if (error instanceof TimeoutError) return error.code === "UWSGI_BODY_TIMEOUT" ? 408 : 500;
  if (error instanceof LimitError) return limitStatuses.get(error.code) ?? 400;
  return error instanceof ProtocolError ? 400 : 500;
}

/** A plain answer of that status. */
export function errorResponse(status: number): AppResponse {
  return { status, headers, body: textOf(status) };
}

/** The same as the bytes of a whole answer, latin-1. */
export function formatErrorResponse(status: number): string {
  const text = textOf(status);
  return formatResponseHead({ status, headers: [...headers, ["Content-Length", String(text.length)]] }) + text;
}

function textOf(status: number): string {
  return `${status} ${reasons.get(status) ?? "Error"}\n`;
}
