/** What clients get who are not let in. Pure. */
import type { Header } from "../../codec/index.ts";
import type { AppRequest, AppResponse } from "../../handler/index.ts";
import type { Authenticator, Refused } from "./authenticator.ts";

const reasons = {
  401: "Unauthorized",
  403: "Forbidden",
  405: "Method Not Allowed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
  503: "Service Unavailable",
} as const;

/** An answer of one line, which nobody keeps. */
export function plainAnswer(status: keyof typeof reasons, headers: readonly Header[] = []): AppResponse {
  const fixed: Header[] = [
    ["Content-Type", "text/plain; charset=utf-8"],
    ["Cache-Control", "no-store"],
  ];
  return { status, headers: [...fixed, ...headers], body: `${status} ${reasons[status]}\n` };
}

/**
 * The answer to who is not known; `refused`: whose credentials are not good. A 401 has to have a challenge (RFC 9110
 * 15.5.2): where there is none, nothing that the client could send would help, and it is a 403.
 */
export function refusalAnswer(by: Authenticator, request: AppRequest, refused: Refused | undefined): AppResponse {
  const { status = 401 } = refused ?? {};
  if (status !== 401) return plainAnswer(status, retryAfter(refused?.retryAfterSeconds));
  const challenges = by.challenge?.(request, refused) ?? [];
  if (challenges.length === 0) return plainAnswer(403);
  return plainAnswer(
    401,
    challenges.map((challenge) => ["WWW-Authenticate", challenge] as const),
  );
}

/** The header that says when to come again. */
export function retryAfter(seconds: number | undefined): Header[] {
  return seconds === undefined ? [] : [["Retry-After", String(Math.max(1, Math.ceil(seconds)))]];
}

/** Sends the client to another place of the same host, by GET. */
export function seeOther(location: string): AppResponse {
  const headers: Header[] = [
    ["Location", location],
    ["Cache-Control", "no-store"],
  ];
  return { status: 303, headers, body: null };
}
