/** JSON Web Tokens (RFC 7519), verified by the package jose. */
import type { createLocalJWKSet, createRemoteJWKSet, JWTVerifyGetKey, JWTVerifyOptions } from "jose";
import { errorCode } from "../../errors.ts";
import { optionalPackage } from "../optional-package.ts";
import type { TokenKey } from "./token-keys.ts";

export interface TokenRules {
  readonly algorithms: readonly string[];
  readonly issuer: readonly string[] | undefined;
  readonly audience: readonly string[] | undefined;
  readonly clockToleranceSeconds: number;
  readonly requireExpiry: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** `fault`: for the client, of the token. `outage`: the keys cannot be had, which says nothing of the token. */
export type TokenVerdict =
  | { readonly claims: Readonly<Record<string, unknown>> }
  | { readonly fault: string }
  | { readonly outage: unknown };

/** Verifies one token. Rejects only where the package is missing. */
export type TokenVerifier = (token: string) => Promise<TokenVerdict>;

/** What is used of the package to find keys. */
interface KeySets {
  readonly createLocalJWKSet: typeof createLocalJWKSet;
  readonly createRemoteJWKSet: typeof createRemoteJWKSet;
}

export function tokenVerifier(key: TokenKey, rules: TokenRules): TokenVerifier {
  let ready: Promise<(token: string) => Promise<TokenVerdict>> | undefined;
  return async (token) => (await (ready ??= load(key, rules)))(token);
}

async function load(key: TokenKey, rules: TokenRules): Promise<(token: string) => Promise<TokenVerdict>> {
  const jose = await optionalPackage("jose", "a bearer token", () => import("jose"));
  const getKey = keyGetter(jose, key);
  const fixed: JWTVerifyOptions = {
    algorithms: [...rules.algorithms] as NonNullable<JWTVerifyOptions["algorithms"]>,
    clockTolerance: rules.clockToleranceSeconds,
    requiredClaims: rules.requireExpiry ? ["exp"] : [],
    ...(rules.issuer === undefined ? {} : { issuer: [...rules.issuer] }),
    ...(rules.audience === undefined ? {} : { audience: [...rules.audience] }),
  };
  return async (token) => {
    try {
      const { payload } = await jose.jwtVerify(token, getKey, {
        ...fixed,
        currentDate: new Date(rules.now()),
      });
      return { claims: payload };
    } catch (error) {
      return error instanceof Outage ? { outage: error.cause } : { fault: faultOf(error) };
    }
  };
}

/** Keys cannot be had. */
class Outage extends Error {}

/** Of a set these only say that the token names no key of it. */
const tokensOwn = new Set(["ERR_JWKS_NO_MATCHING_KEY", "ERR_JWKS_MULTIPLE_MATCHING_KEYS", "ERR_JOSE_NOT_SUPPORTED"]);

function keyGetter(jose: KeySets, key: TokenKey): JWTVerifyGetKey {
  if (key.from === "secret") return () => key.secret;
  if (key.from === "key") return () => key.key;
  const find: JWTVerifyGetKey =
    key.from === "set" ? jose.createLocalJWKSet(key.set as never) : jose.createRemoteJWKSet(key.url);
  return async (header, token) => {
    try {
      return await find(header, token);
    } catch (error) {
      throw tokensOwn.has(errorCode(error) ?? "") ? error : new Outage("keys cannot be had", { cause: error });
    }
  };
}

/** What the client may know (RFC 6750 3.1), by the codes of jose. */
const faults: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: "the token has expired",
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: "the signature is wrong",
  ERR_JOSE_ALG_NOT_ALLOWED: "the algorithm is not allowed",
  ERR_JWKS_NO_MATCHING_KEY: "the key is not known",
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: "the token does not say which key",
};

const claimFaults: Readonly<Record<string, string>> = {
  aud: "the token is for another audience",
  iss: "the token is from another issuer",
  nbf: "the token is not valid yet",
  exp: "the token says not when it expires",
};

function faultOf(error: unknown): string {
  const code = errorCode(error) ?? "";
  if (code === "ERR_JWT_CLAIM_VALIDATION_FAILED") {
    return claimFaults[String((error as { readonly claim?: unknown }).claim)] ?? "a claim is wrong";
  }
  return faults[code] ?? "the token is malformed";
}
