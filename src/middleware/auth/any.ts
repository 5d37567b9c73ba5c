/** Several authenticators as one. */
import { typeError } from "../../errors.ts";
import { type AppRequest, isPromiseLike } from "../../handler/index.ts";
import type { Authenticator, Verdict } from "./authenticator.ts";

/**
 * Who is known by any of them. The first that finds credentials of its kind decides, good or not; a 401 has the
 * challenges of all. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what is no authenticator, and for none at all.
 */
export function any(...authenticators: readonly Authenticator[]): Authenticator {
  for (const one of authenticators) checkAuthenticator(one);
  const [first] = authenticators;
  if (first === undefined) {
    const needed = "at least one of frontEnd, basic, bearer and form is needed";
    throw typeError("UWSGI_INVALID_ARGUMENT", `auth: nothing says how, ${needed}`);
  }
  if (authenticators.length === 1) return first;
  return {
    scheme: authenticators.map(({ scheme }) => scheme).join(", "),
    authenticate: (request) => firstVerdict(authenticators, request, 0),
    challenge: (request, refused) => authenticators.flatMap((one) => one.challenge?.(request, refused) ?? []),
    answer: (request) => firstDefined(authenticators, (one) => one.answer?.(request)),
    invite: (request) => firstDefined(authenticators, (one) => one.invite?.(request)),
  };
}

/** True for what has the methods of one. */
export function isAuthenticator(value: unknown): value is Authenticator {
  const { authenticate, scheme } = (value ?? {}) as Partial<Authenticator>;
  return typeof authenticate === "function" && typeof scheme === "string" && scheme !== "";
}

function checkAuthenticator(value: unknown): void {
  if (isAuthenticator(value)) return;
  const seen = value === null ? "null" : `a ${typeof value}`;
  throw typeError("UWSGI_INVALID_ARGUMENT", `auth: ${seen} is no authenticator, one has scheme and authenticate()`);
}

function firstVerdict(
  authenticators: readonly Authenticator[],
  request: AppRequest,
  from: number,
): Verdict | Promise<Verdict> {
  for (let i = from; i < authenticators.length; i++) {
    const verdict = authenticators[i]?.authenticate(request);
    if (isPromiseLike(verdict)) return verdict.then((found) => found ?? firstVerdict(authenticators, request, i + 1));
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}

function firstDefined<Found>(
  authenticators: readonly Authenticator[],
  find: (authenticator: Authenticator) => Found | undefined,
): Found | undefined {
  for (const one of authenticators) {
    const found = find(one);
    if (found !== undefined) return found;
  }
  return undefined;
}
