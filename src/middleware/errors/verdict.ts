/** What a failure is for the client. Pure. */
import type { Header } from "../../codec/index.ts";
import { type AppRequest, knownHeader, statusOfCode } from "../../handler/index.ts";
import { codeOf, property, textProperty } from "./thrown.ts";

export interface Verdict {
  /** 400-599; from 500 it is a failure, to be logged and told of. */
  readonly status: number;
  readonly detail: string | undefined;
  readonly headers: readonly Header[];
}

/** An exposed message is for a person to read. */
const MOST_DETAIL = 2_000;

/**
 * The status that the error has itself (`status`, `statusCode`), else that of its code, else 500. The message is the
 * client's to see only where `expose` says so: an error of a library that has a status (of an answer that *it* got)
 * says nothing of the kind.
 */
export function judge(error: unknown): Verdict {
  const status = ownStatus(error) ?? statusOfItsCode(error) ?? 500;
  const isExposed = property(error, "expose") === true;
  return {
    status,
    detail: isExposed ? textProperty(error, "message", MOST_DETAIL) || undefined : undefined,
    headers: headersOf(property(error, "headers")),
  };
}

function ownStatus(error: unknown): number | undefined {
  return [property(error, "status"), property(error, "statusCode")].find(isErrorStatus);
}

function isErrorStatus(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 400 && value <= 599;
}

function statusOfItsCode(error: unknown): number | undefined {
  const code = codeOf(error);
  return code === undefined ? undefined : statusOfCode({ code });
}

/** Headers that errors may set (RFC 9110): those that a status needs. All others may be of some other answer. */
const errorHeaders: ReadonlySet<string> = new Set([
  "accept",
  "accept-patch",
  "accept-post",
  "allow",
  "content-range",
  "retry-after",
  "www-authenticate",
]);

function headersOf(given: unknown): Header[] {
  if (typeof given !== "object" || given === null) return [];
  const headers: Header[] = [];
  try {
    for (const [name, value] of Object.entries(given)) {
      if (!errorHeaders.has(name.toLowerCase())) continue;
      if (typeof value === "string" || typeof value === "number")
        headers.push(knownHeader(name).headerOf(String(value)));
    }
  } catch {
    // What cannot be sent, or read, is left out with all behind it.
  }
  return headers;
}

/** What is thrown when the peer is gone. */
const goneCodes: ReadonlySet<string | undefined> = new Set([
  "UWSGI_PEER_GONE",
  "UWSGI_BODY_TRUNCATED",
  "UWSGI_WRITE_TIMEOUT",
]);

/** What is thrown when the server refuses the body: it answers that itself, and counts it as a refusal. */
const refusalCodes: ReadonlySet<string | undefined> = new Set(["UWSGI_BODY_LIMIT", "UWSGI_BODY_TIMEOUT"]);

/** True for what the server deals with alone: a refused body, or that nobody is there any more. */
export function isServers(error: unknown, { signal }: AppRequest): boolean {
  const code = codeOf(error);
  if (refusalCodes.has(code)) return true;
  // The same codes come of clients that an application uses, and then somebody waits for an answer.
  if (!signal.aborted) return false;
  return error === signal.reason || goneCodes.has(code) || property(error, "name") === "AbortError";
}
