/** The server's own answers: fixed texts, nothing of the request or the error in them. */
import { formatResponseHead, type Header, reasons } from "../codec/index.ts";
import type { AppResponse } from "../handler/index.ts";

const headers: readonly Header[] = [["Content-Type", "text/plain; charset=utf-8"]];

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
