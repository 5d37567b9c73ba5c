/** Signatures of announcements, as uWSGI makes and checks them: RSA (or EC) over a digest, keys as PEM. */
import { createPrivateKey, createPublicKey, getHashes, type KeyObject, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { typeError } from "../../errors.ts";

/** Signs with a private key. */
export interface SignOptions {
  /** Of OpenSSL, such as `SHA256`; both sides must say the same. uWSGI's documentation has `SHA1`. */
  readonly digest: string;
  /** PEM. */
  readonly key: string | Uint8Array;
  readonly passphrase?: string;
}

/** Which public key an announcement must be signed by. */
export interface SignCheckOptions {
  readonly digest: string;
  /**
   * A folder that has `KEY.pem` for each key, every character beside `A-Z a-z 0-9 . - _` an underscore, as uWSGI's
   * `subscriptions-sign-check`; or PEM texts by key. A key that has none is refused.
   */
  readonly keys: string | ReadonlyMap<string, string | Uint8Array>;
}

/**
 * Who signs: uWSGI's `DIGEST:KEYFILE`, or options. The file is read once. Throws a TypeError
 * (`UWSGI_INVALID_ARGUMENT`) for a digest that OpenSSL does not know and for a key that cannot be used.
 */
export function signerOf(signing: string | SignOptions): (bytes: Uint8Array) => Uint8Array {
  const { digest, key, passphrase } = typeof signing === "string" ? readSigning(signing) : signing;
  checkDigest(digest);
  let privateKey: KeyObject;
  try {
    const pem = typeof key === "string" ? key : Buffer.from(key);
    privateKey = createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) });
    // Now, not at the first announcement: a key may be of a kind that takes no digest.
    sign(digest, Buffer.alloc(1), privateKey);
  } catch (error) {
    throw invalid(`the private key for announcements cannot be used: ${messageOf(error)}`, error);
  }
  return (bytes) => sign(digest, bytes, privateKey);
}

/** Says why a signature is not good; undefined when it is. */
export type Verifier = (key: string, signed: Uint8Array, signature: Uint8Array) => string | undefined;

/** How long a public key that was read from its file is used without looking again. */
const KEPT_MS = 10_000;

/** Public keys kept at a time. */
const MOST_KEPT = 1_000;

/**
 * Who verifies: uWSGI's `DIGEST:FOLDER`, or options. Files are read when a key is asked for, and anew after 10 s: one
 * that is put there, replaced or removed counts without a restart. Throws as `signerOf`.
 */
export function verifierOf(
  checking: string | SignCheckOptions,
  nowMs: () => number = () => performance.now(),
): Verifier {
  const { digest, keys } = typeof checking === "string" ? splitCheck(checking) : checking;
  checkDigest(digest);
  const read = typeof keys === "string" ? fromFolder(keys) : fromMap(keys);
  const kept = new Map<string, { readonly publicKey: KeyObject; readonly readAt: number }>();
  const find = (key: string): KeyObject | string => {
    const known = kept.get(key);
    const now = nowMs();
    if (known !== undefined && now - known.readAt < KEPT_MS) return known.publicKey;
    kept.delete(key);
    const publicKey = read(key);
    if (typeof publicKey === "string") return publicKey;
    for (const [oldest] of kept) {
      if (kept.size < MOST_KEPT) break;
      kept.delete(oldest);
    }
    kept.set(key, { publicKey, readAt: now });
    return publicKey;
  };
  return (key, signed, signature) => {
    const publicKey = find(key);
    if (typeof publicKey === "string") return publicKey;
    try {
      return verify(digest, signed, publicKey, signature) ? undefined : "the signature is not that of its key";
    } catch (error) {
      return `the signature cannot be checked: ${messageOf(error)}`;
    }
  };
}

/** The name of a key's file, without the folder (uWSGI: `uwsgi_sanitize_cert_filename`). It has no slash. */
export function keyFileName(key: string): string {
  return `${key.replace(/[^0-9A-Za-z._-]/g, "_")}.pem`;
}

function fromFolder(folder: string): (key: string) => KeyObject | string {
  return (key) => {
    const file = join(folder, keyFileName(key));
    try {
      return createPublicKey(readFileSync(file));
    } catch (error) {
      return `there is no public key ${file} that can be used: ${messageOf(error)}`;
    }
  };
}

/** Keys that are given are read at once: a typo in one is the caller's. */
function fromMap(keys: ReadonlyMap<string, string | Uint8Array>): (key: string) => KeyObject | string {
  const publicKeys = new Map(
    [...keys].map(([key, pem]) => {
      try {
        return [key, createPublicKey(typeof pem === "string" ? pem : Buffer.from(pem))] as const;
      } catch (error) {
        throw invalid(`the public key for ${key} cannot be used: ${messageOf(error)}`, error);
      }
    }),
  );
  return (key) => publicKeys.get(key) ?? "there is no public key for it";
}

function readSigning(text: string): SignOptions {
  const [digest, file] = split(text, "DIGEST:KEYFILE, such as SHA1:/etc/uisge/example.com.key");
  try {
    return { digest, key: readFileSync(file) };
  } catch (error) {
    throw invalid(`sign ${text}: ${messageOf(error)}`, error);
  }
}

function splitCheck(text: string): SignCheckOptions {
  const [digest, keys] = split(text, "DIGEST:FOLDER, such as SHA1:/etc/uisge/keys");
  return { digest, keys };
}

function split(text: string, needed: string): [digest: string, path: string] {
  const colon = text.indexOf(":");
  if (colon > 0 && colon < text.length - 1) return [text.slice(0, colon), text.slice(colon + 1)];
  throw typeError("UWSGI_INVALID_ARGUMENT", `${JSON.stringify(text)} is no signature: ${needed}, is needed`);
}

function checkDigest(digest: unknown): void {
  if (typeof digest === "string" && getHashes().some((known) => known.toLowerCase() === digest.toLowerCase())) return;
  throw typeError(
    "UWSGI_INVALID_ARGUMENT",
    `the digest of a signature is ${JSON.stringify(digest)}: one of OpenSSL is needed, such as SHA256`,
  );
}

function invalid(message: string, cause: unknown): TypeError {
  return Object.assign(typeError("UWSGI_INVALID_ARGUMENT", message), { cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
