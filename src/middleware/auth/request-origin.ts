/** Which page a request comes from, as browsers say it. Pure. */
import type { Environ } from "../../environ/index.ts";

/** `unknown`: no browser says so, or one from before 2020. */
export type Provenance = "own" | "foreign" | "unknown";

/**
 * Asks Sec-Fetch-Site, else Origin, which no page can set. `trusted`: origins that count as one's own. Hosts are compared,
 * not schemes: behind a front end that ends TLS nobody knows the client's.
 */
export function provenanceOf(environ: Environ, trusted: ReadonlySet<string> = new Set()): Provenance {
  const origin = environ["HTTP_ORIGIN"];
  if (typeof origin === "string" && trusted.has(origin)) return "own";
  const site = environ["HTTP_SEC_FETCH_SITE"];
  // "none": the user themselves, by the address bar or a bookmark.
  if (typeof site === "string") return site === "same-origin" || site === "none" ? "own" : "foreign";
  if (typeof origin !== "string") return "unknown";
  return isOwnHost(hostOf(origin), environ) ? "own" : "foreign";
}

/** As in Host; or on the front end's port, where that sends Host without one, as nginx does with `$host`. */
function isOwnHost(asked: string | undefined, { HTTP_HOST: given, SERVER_PORT: port }: Environ): boolean {
  if (asked === undefined || typeof given !== "string") return false;
  const host = given.toLowerCase();
  return asked === host || (!/:[0-9]*$/.test(host) && asked === `${host}:${port}`);
}

/** Host and port as they stand in an origin: without a port where it is the usual one, as in Host. */
function hostOf(origin: string): string | undefined {
  return /^https?:\/\/([^/?#@\s]+)$/i.exec(origin)?.[1]?.toLowerCase();
}

const SAFE = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** True for methods that change nothing (RFC 9110 9.2.1). */
export function isSafe({ REQUEST_METHOD: method }: Environ): boolean {
  return SAFE.has(method);
}
