/** `-L`: whether and how a redirect is followed. Pure. */
import type { Response } from "../../client/index.ts";
import { type Aim, followAim } from "./aim.ts";

export type Redirect =
  | { readonly kind: "follow"; readonly aim: Aim; readonly method: string; readonly keepsBody: boolean }
  /** To another host: what answers there is not behind this socket. */
  | { readonly kind: "elsewhere"; readonly location: string };

const STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Undefined for a response that is no redirect. `isMethodGiven`: by `-X`, then curl keeps it; else a POST becomes a GET at
 * a 301, a 302 and a 303, and everything but HEAD at a 303. Throws a CurlFailure (3).
 */
export function redirectOf(
  { status, headers }: Pick<Response, "status" | "headers">,
  aim: Aim,
  method: string,
  isMethodGiven: boolean,
): Redirect | undefined {
  const location = headers.find(([name]) => name.toLowerCase() === "location")?.[1];
  if (!STATUSES.has(status) || location === undefined || location === "") return undefined;
  const next = followAim(aim, location);
  if (next === undefined) return { kind: "elsewhere", location };
  const becomesGet =
    (method === "POST" && (status === 301 || status === 302)) ||
    (status === 303 && method !== "GET" && method !== "HEAD");
  if (!becomesGet) return { kind: "follow", aim: next, method, keepsBody: status !== 303 };
  return { kind: "follow", aim: next, method: isMethodGiven ? method : "GET", keepsBody: false };
}
