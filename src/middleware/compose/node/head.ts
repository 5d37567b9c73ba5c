/** The head of a response of ours -> the headers of a Node response, beside those that others have set there. */
import type { ServerResponse } from "node:http";
import { checkStatus, type Header, isLengthValue, reasons } from "../../../codec/index.ts";
import { contractError } from "../../../errors.ts";
import { type AppResponse, knownHeader, varyOn } from "../../../handler/index.ts";

/** A head that has been checked. */
export interface CheckedHead {
  readonly status: number;
  /** Undefined for the registered one. */
  readonly reason: string | undefined;
  readonly headers: readonly Header[];
  /** The Content-Length in it. */
  readonly length: number | undefined;
}

/**
 * Checks a response as the server does; hop-by-hop headers, and a Content-Length with 204, are left out. Throws an
 * AppError (`UWSGI_APP_CONTRACT`), or as `checkHeader`.
 */
export function checkHead(response: AppResponse): CheckedHead {
  if (typeof response !== "object" || response === null || !Array.isArray(response.headers)) {
    throw contractError("the handler did not return a response: an object with status, headers (a list) and body");
  }
  const { status, reason } = response;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw contractError(`status ${String(status)}, allowed are 200 to 599`);
  }
  if (reason !== undefined) checkStatus(status, reason);
  const headers: Header[] = [];
  let length: number | undefined;
  for (const [name, value] of response.headers) {
    const known = knownHeader(name);
    const header = known.headerOf(value);
    if (known.role === "server") continue;
    if (known.role === "length") {
      if (length !== undefined) throw contractError("two Content-Length headers, at most 1 is allowed");
      if (!isLengthValue(header[1]))
        throw contractError(`Content-Length is ${JSON.stringify(value)}, digits are needed`);
      length = Number(header[1]);
      if (status === 204) continue;
    }
    headers.push(header);
  }
  return { status, reason: reason === reasons.get(status) ? undefined : reason, headers, length };
}

/**
 * Sets status and headers. One by one, so that whoever listens to the head (compression) or has replaced `setHeader`
 * sees them. They stand in place of those of the same name, but Set-Cookie comes beside, and Vary says both.
 */
export function setHead(head: CheckedHead, res: ServerResponse): void {
  res.statusCode = head.status;
  // HTTP/2 has none.
  if (head.reason !== undefined) res.statusMessage = head.reason;
  const values = new Map<string, { readonly name: string; readonly all: string[] }>();
  for (const [name, value] of head.headers) {
    const lower = name.toLowerCase();
    const known = values.get(lower);
    if (known === undefined) values.set(lower, { name, all: [value] });
    else known.all.push(value);
  }
  for (const [lower, { name, all }] of values) {
    const before = lower === "set-cookie" || lower === "vary" ? listOf(res.getHeader(name)) : [];
    if (lower === "vary") res.setHeader(name, bothVary(before, all));
    else if (before.length > 0 || all.length > 1) res.setHeader(name, [...before, ...all]);
    else res.setHeader(name, all[0] ?? "");
  }
}

function listOf(value: number | string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === "object" ? value : [String(value)];
}

function bothVary(before: readonly string[], added: readonly string[]): string {
  let headers: readonly Header[] = before.map((value) => ["Vary", value]);
  for (const name of added.flatMap((value) => value.split(","))) {
    if (name.trim() !== "") headers = varyOn(headers, name.trim());
  }
  return headers.map(([, value]) => value).join(", ");
}
