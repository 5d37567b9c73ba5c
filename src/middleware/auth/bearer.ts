/** Bearer tokens (RFC 6750) that are JSON Web Tokens. */
import type { AppRequest } from "../../handler/index.ts";
import {
  flag,
  hook,
  listOf,
  type OptionRule,
  optionRule,
  readOptions,
  secret,
  text,
  wholeNumber,
} from "../read-options.ts";
import { typeError } from "../../errors.ts";
import { type Authenticator, Refused, type Verdict } from "./authenticator.ts";
import { challengeOf, credentialsOf, realmRule } from "./challenge.ts";
import { tokenVerifier } from "./jose.ts";
import { type JsonWebKey, readAlgorithms, readTokenKey } from "./token-keys.ts";
import { isName } from "./user-name.ts";

export interface BearerOptions {
  /** Text that issuer and verifier share, for HS256 (at least 32 bytes), HS384 (48), HS512 (64). */
  readonly secret?: string;
  /** The issuer's public key, or a certificate, as PEM; or a JWK. */
  readonly publicKey?: string | JsonWebKey;
  /** The issuer's public keys: a JWK set, or the https URL where they can be had; they are asked for again as needed. */
  readonly jwks?: string | { readonly keys: readonly JsonWebKey[] };
  /** Whose tokens are taken (`iss`), one or several. Default: whoever has the key. */
  readonly issuer?: string | readonly string[];
  /**
   * For whom a token has to be (`aud`), one or several. Needed with `publicKey` and `jwks`, whose owner signs for others
   * too; false says that any will do.
   */
  readonly audience?: string | readonly string[] | false;
  /** The algorithms that are taken, of those that fit the key. Default: all of them. `none` never is one. */
  readonly algorithms?: readonly string[];
  /** How far clocks may differ. Default 5. */
  readonly clockToleranceSeconds?: number;
  /** Refuses tokens that do not say when they expire. Default true. */
  readonly requireExpiry?: boolean;
  /** The claim that has the name. Default `sub`. */
  readonly nameClaim?: string;
  /** What is protected, for people. Printable ASCII. Default `restricted`. */
  readonly realm?: string;
  /** @internal Milliseconds since 1970. */
  readonly now?: () => number;
}

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(isText);

function namesRule<Value>(needed: string, accepts: (value: unknown) => boolean): OptionRule<Value | undefined> {
  return optionRule<Value>(needed, (value) => isText(value) || isTexts(value) || accepts(value));
}

const rules = {
  secret: secret(text()),
  publicKey: secret(optionRule<string | JsonWebKey>("PEM or a JWK", (value) => isText(value) || isObject(value))),
  jwks: secret(
    optionRule<NonNullable<BearerOptions["jwks"]>>("a URL or a JWK set", (value) => isText(value) || isObject(value)),
  ),
  issuer: namesRule<string | readonly string[]>("text or a list of texts", () => false),
  audience: namesRule<string | readonly string[] | false>("text, a list of texts or false", (value) => value === false),
  algorithms: listOf(text({ needed: "the name of an algorithm" }), { least: 1 }),
  clockToleranceSeconds: wholeNumber({ most: 3_600, or: 5 }),
  requireExpiry: flag({ or: true }),
  nameClaim: text({ or: "sub" }),
  realm: realmRule("restricted"),
  now: hook<() => number>(),
};

const SCHEME = "Bearer";

/** Tokens are signed, so nothing of a longer one can be trusted before all of it was hashed. In characters. */
const MOST_TOKEN = 16_384;

/** The keys of an issuer that does not answer are asked for again then. */
const OUTAGE_SECONDS = 10;

/**
 * Makes an authenticator for JSON Web Tokens in the header Authorization; in no other place are they looked for. The
 * claims are `claims` of the identity. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for options that cannot be.
 */
export function bearer(options: BearerOptions): Authenticator {
  const read = readOptions("auth bearer", options, rules);
  const key = readTokenKey(read);
  const { audience, issuer, nameClaim, realm, clockToleranceSeconds, requireExpiry } = read;
  if (audience === undefined && key.from !== "secret") {
    throw typeError(
      "UWSGI_INVALID_ARGUMENT",
      "auth bearer: audience is missing; whose key this is may sign for others too. false takes tokens for anybody",
    );
  }
  const verify = tokenVerifier(key, {
    algorithms: readAlgorithms(read.algorithms, key),
    issuer: listed(issuer),
    audience: audience === false ? undefined : listed(audience),
    clockToleranceSeconds,
    requireExpiry,
    now: read.now ?? (() => new Date().getTime()),
  });
  const check = async (token: string, request: AppRequest): Promise<Verdict> => {
    const verdict = await verify(token);
    if ("outage" in verdict) {
      request.report(verdict.outage, 503);
      return new Refused({ scheme: SCHEME, why: "no keys", status: 503, retryAfterSeconds: OUTAGE_SECONDS });
    }
    if ("fault" in verdict) return invalid(verdict.fault);
    const name = verdict.claims[nameClaim];
    return isName(name) ? { name, scheme: SCHEME, claims: verdict.claims } : invalid("the token names nobody");
  };
  return {
    scheme: SCHEME,
    authenticate(request: AppRequest): Verdict | Promise<Verdict> {
      const token = credentialsOf(request.environ, "bearer");
      if (token === undefined) return undefined;
      const isToken = token.length <= MOST_TOKEN && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
      return isToken ? check(token, request) : invalid("the token is malformed");
    },
    // RFC 6750 3: without a token nothing is said of an error.
    challenge: (_request, refused) => [
      challengeOf(SCHEME, { realm, ...(refused?.scheme === SCHEME ? refused.params : {}) }),
    ],
  };
}

function invalid(description: string): Refused {
  return new Refused({
    scheme: SCHEME,
    why: description,
    params: { error: "invalid_token", error_description: description },
  });
}

function listed(value: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof value === "string" ? [value] : value;
}
