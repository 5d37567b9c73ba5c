/** The keys that tokens are verified with, read from options and found fit before the first token comes. */
import { createPublicKey, type KeyObject } from "node:crypto";
import { typeError } from "../../errors.ts";

/** A JSON Web Key (RFC 7517). */
export type JsonWebKey = Readonly<Record<string, unknown>>;

/** What tokens are verified with, and the algorithms that are possible with it, the usual first. */
export type TokenKey = {
  readonly algorithms: readonly string[];
} & (
  | { readonly from: "secret"; readonly secret: Uint8Array }
  | { readonly from: "key"; readonly key: KeyObject }
  | { readonly from: "set"; readonly set: { readonly keys: readonly JsonWebKey[] } }
  | { readonly from: "url"; readonly url: URL }
);

const RSA = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
const CURVES: Readonly<Record<string, string>> = { prime256v1: "ES256", secp384r1: "ES384", secp521r1: "ES512" };
const PUBLIC = [...RSA, ...Object.values(CURVES), "EdDSA", "Ed25519"];

/** An HMAC's secret has to be as long as its hash (RFC 7518 3.2). In bytes. */
const secretSizes: readonly (readonly [string, number])[] = [
  ["HS256", 32],
  ["HS384", 48],
  ["HS512", 64],
];

export interface KeyOptions {
  readonly secret: string | undefined;
  readonly publicKey: string | JsonWebKey | undefined;
  readonly jwks: string | { readonly keys: readonly JsonWebKey[] } | undefined;
}

/** Reads the one that is there. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) that shows no secret. */
export function readTokenKey({ secret, publicKey, jwks }: KeyOptions): TokenKey {
  const given = [secret, publicKey, jwks].filter((one) => one !== undefined).length;
  if (given !== 1) throw refusal(`one of secret, publicKey and jwks is needed, there are ${given}`);
  if (secret !== undefined) return readSecret(secret);
  if (publicKey !== undefined) return readPublicKey(publicKey);
  return typeof jwks === "string" ? readUrl(jwks) : readSet(jwks ?? { keys: [] });
}

/** The allow-list, which cannot name what the key is not for: a public key never becomes the secret of an HMAC. */
export function readAlgorithms(wanted: readonly string[] | undefined, { algorithms }: TokenKey): readonly string[] {
  for (const one of wanted ?? []) {
    if (!algorithms.includes(one)) {
      throw refusal(`algorithms has ${JSON.stringify(one)}, with this key there are ${algorithms.join(", ")}`);
    }
  }
  return wanted ?? algorithms;
}

function readSecret(text: string): TokenKey {
  const secret = new TextEncoder().encode(text);
  const algorithms = secretSizes.filter(([, size]) => size <= secret.length).map(([name]) => name);
  if (algorithms.length === 0) throw refusal(`secret has ${secret.length} bytes, at least 32 are needed`);
  return { from: "secret", secret, algorithms };
}

function readPublicKey(given: string | JsonWebKey): TokenKey {
  const isPrivate = typeof given === "string" ? given.includes("PRIVATE KEY") : "d" in given || "k" in given;
  if (isPrivate) throw refusal("publicKey is a private key: who verifies needs only the public one");
  let key: KeyObject;
  try {
    key = createPublicKey(typeof given === "string" ? given : { key: given as never, format: "jwk" });
  } catch {
    throw refusal("publicKey cannot be read, a public key or certificate in PEM, or a JWK, is needed");
  }
  const algorithms = algorithmsOf(key);
  if (typeof given === "string" || given["alg"] === undefined) return { from: "key", key, algorithms };
  const only = algorithms.filter((name) => name === given["alg"]);
  if (only.length === 0) throw refusal(`publicKey has the alg ${JSON.stringify(given["alg"])}, which its type cannot`);
  return { from: "key", key, algorithms: only };
}

function algorithmsOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string[] {
  if (type === "rsa") {
    const bits = details?.modulusLength ?? 0;
    if (bits < 2_048) throw refusal(`publicKey has ${bits} bits, at least 2048 are needed`);
    return RSA;
  }
  if (type === "ed25519") return ["EdDSA", "Ed25519"];
  const algorithm = CURVES[details?.namedCurve ?? ""];
  if (type === "ec" && algorithm !== undefined) return [algorithm];
  throw refusal(`publicKey is of type ${type ?? "none"}, RSA, EC (P-256, P-384, P-521) or Ed25519 is needed`);
}

function readSet(set: { readonly keys: readonly JsonWebKey[] }): TokenKey {
  if (!Array.isArray(set.keys) || set.keys.length === 0)
    throw refusal("jwks has no keys, an object with a list is needed");
  for (const key of set.keys as readonly JsonWebKey[]) {
    if ("d" in key || "k" in key) throw refusal("jwks has a private key, or a secret: only public ones are needed");
  }
  return { from: "set", set, algorithms: PUBLIC };
}

function readUrl(text: string): TokenKey {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHere = url !== undefined && /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
  if (url !== undefined && (url.protocol === "https:" || (url.protocol === "http:" && isHere))) {
    return { from: "url", url, algorithms: PUBLIC };
  }
  throw refusal("jwks is text, but no URL of https (http only on this machine)");
}

function refusal(message: string): TypeError {
  return typeError("UWSGI_INVALID_ARGUMENT", `auth bearer: ${message}`);
}
