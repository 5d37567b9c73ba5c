/** Requests that another site makes in the name of a user (CSRF). */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { varName } from "../../environ/index.ts";
import { type AppRequest, type Middleware, type Session, sessionOf, titled, whenThere } from "../../handler/index.ts";
import { listOf, readOptions, text } from "../read-options.ts";
import { plainAnswer } from "./answers.ts";
import { isSafe, provenanceOf } from "./request-origin.ts";

/** Where a session has the token. */
const KEY = "uisge.csrf";

/** The token of a session, made where there is none: for a hidden field, or a header. The session has to be loaded. */
export function csrfToken(session: Session): string {
  const known = session.get(KEY);
  if (typeof known === "string" && known !== "") return known;
  const token = randomBytes(32).toString("base64url");
  session.set(KEY, token);
  return token;
}

/** True for the token of the session, in a time that says nothing of it. */
export function isCsrfToken(session: Session, sent: unknown): boolean {
  const known = session.get(KEY);
  if (typeof known !== "string" || known === "" || typeof sent !== "string") return false;
  const [a, b] = [Buffer.from(known), Buffer.from(sent)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The session has no token any more. */
export function dropCsrfToken(session: Session): void {
  session.delete(KEY);
}

export interface CsrfOptions {
  /** The header that may have the token. Default `X-CSRF-Token`. */
  readonly header?: string;
  /** Other origins (`https://other.example`) whose pages may send requests. */
  readonly trustedOrigins?: readonly string[];
}

const rules = {
  header: text({
    needed: "the name of a header",
    accepts: (value) => /^[!#$%&'*+.^`|~\w-]+$/.test(value),
    or: "X-CSRF-Token",
  }),
  trustedOrigins: listOf(
    text({
      needed: "an origin (https://host)",
      accepts: (value) => URL.canParse(value) && new URL(value).origin === value,
    }),
    { or: [] },
  ),
};

/**
 * Refuses, by 403, what changes something (any method but GET, HEAD, OPTIONS, TRACE) and comes from a page of another
 * site. It passes by what the browser says (Sec-Fetch-Site, Origin); or with the token of the session in the header;
 * or where no browser says anything and there is no cookie that could be misused. Bodies are the application's: a field
 * is not looked for. It belongs within `auth`, whose login page has a check of its own, with the token in a field.
 *
 * Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for options that cannot be.
 */
export function csrf(options: CsrfOptions = {}): Middleware {
  const { header, trustedOrigins } = readOptions("csrf", options, rules);
  const name = varName(header);
  const trusted = new Set(trustedOrigins);
  return titled("csrf", (next) => (request) => {
    const { environ } = request;
    if (isSafe(environ)) return next(request);
    const provenance = provenanceOf(environ, trusted);
    if (provenance === "own" || (provenance === "unknown" && environ.HTTP_COOKIE === undefined)) return next(request);
    const isToken = hasToken(request, environ[name]);
    return whenThere(isToken, (isOwn) => (isOwn ? next(request) : plainAnswer(403)));
  });
}

function hasToken({ environ }: AppRequest, sent: unknown): boolean | Promise<boolean> {
  const session = sessionOf(environ);
  if (typeof sent !== "string" || session === undefined) return false;
  return whenThere(session.isLoaded ? session : session.load(), (loaded) => isCsrfToken(loaded, sent));
}
