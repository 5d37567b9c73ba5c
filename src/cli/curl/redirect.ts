/** `-L`: whether and how a redirect is followed. Pure. */
import type { Response } from "../../client/index.ts";
import { type Aim, followAim } from "./aim.ts";

export type Redirect =
  | { readonly kind: "follow"; readonly aim: Aim; readonly method: string; readonly keepsBody: boolean }
  /** To another host: what answers there is not behind this socket. */
  | { readonly kind: "elsewhere"; readonly location: string };

const STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** What was sent, as curl sees it. */
export interface RedirectedRequest {
  readonly method: string;
  /** The method is that of `-X`: curl keeps it. */
  readonly isMethodGiven: boolean;
  /** There is a body of `-d` or `-F`: that makes it a POST, whatever it is called. */
  readonly isPost: boolean;
}

/**
 * Undefined for a response that is no redirect. A POST becomes a GET at a 301, a 302 and a 303, and everything but HEAD at
 * a 303: its body goes, and its name unless it was given. Throws a CurlFailure (3).
 */
export function redirectOf(
  { status, headers }: Pick<Response, "status" | "headers">,
  aim: Aim,
  { method, isMethodGiven, isPost }: RedirectedRequest,
): Redirect | undefined {
  const location = headers.find(([name]) => name.toLowerCase() === "location")?.[1];
  if (!STATUSES.has(status) || location === undefined || location === "") return undefined;
  const next = followAim(aim, location);
  if (next === undefined) return { kind: "elsewhere", location };
  const becomesGet = (isPost && (status === 301 || status === 302)) || (status === 303 && method !== "HEAD");
  if (!becomesGet) return { kind: "follow", aim: next, method, keepsBody: true };
  return { kind: "follow", aim: next, method: isMethodGiven ? method : "GET", keepsBody: false };
}
