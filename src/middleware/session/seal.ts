/**
 * Seals: text that only its maker can read, and nobody else can make. The package jose does the cryptography: compact JWE,
 * `dir` with A256GCM (RFC 7516, RFC 7518 5.3).
 *
 * Each secret gives one key for each purpose, by HKDF (RFC 5869), so a seal that was made for one cookie is worth nothing
 * in another. The header of a seal names its key (`kid`), by a part of another derivation.
 */
import { hkdfSync, webcrypto } from "node:crypto";
import type * as Jose from "jose";
import { optionalPackage } from "../optional-package.ts";

/** What comes of opening a seal. */
export type Opened = { readonly text: string } | { readonly fault: string };

export class Seal {
  // Secrets: not to be seen by who inspects a session.
  readonly #secrets: readonly string[];
  readonly #purpose: string;
  #ready: Promise<Ready> | undefined;

  /** `secrets`: the first seals, all open. `purpose`: what is sealed for another cannot be opened. */
  constructor(secrets: readonly string[], purpose: string) {
    this.#secrets = secrets;
    this.#purpose = purpose;
  }

  async seal(text: string): Promise<string> {
    const { jose, newest } = await this.#use();
    return new jose.CompactEncrypt(encoder.encode(text))
      .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: newest.id })
      .encrypt(newest.key);
  }

  /** Opens what `seal` has made; never rejects because of what it is given. */
  async open(sealed: string): Promise<Opened> {
    if (!isCanonical(sealed)) return { fault: "it is no seal" };
    const { jose, keys } = await this.#use();
    const ids: string[] = [];
    try {
      const { plaintext } = await jose.compactDecrypt(
        sealed,
        ({ kid }) => {
          // The client's word until the seal is open: it may be anything.
          const id = typeof kid === "string" ? kid : "";
          ids.push(id);
          const key = keys.get(id);
          if (key === undefined) throw new Error("no such key");
          return key;
        },
        { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] },
      );
      return { text: decoder.decode(plaintext) };
    } catch {
      // What exactly is wrong with it would help only who has made it.
      const isForeign = ids.some((id) => !keys.has(id));
      return { fault: isForeign ? "it was sealed with a key that is not known here" : "its seal is broken" };
    }
  }

  #use(): Promise<Ready> {
    return (this.#ready ??= makeReady(this.#secrets, this.#purpose));
  }
}

interface Key {
  readonly id: string;
  readonly key: webcrypto.CryptoKey;
}

interface Ready {
  readonly jose: typeof Jose;
  readonly newest: Key;
  readonly keys: ReadonlyMap<string, webcrypto.CryptoKey>;
}

async function makeReady(secrets: readonly string[], purpose: string): Promise<Ready> {
  const jose = await optionalPackage("jose", "a session that is kept in its cookie", () => import("jose"));
  const made = await Promise.all(secrets.map((secret) => keyOf(secret, purpose)));
  const [newest] = made;
  if (newest === undefined) throw new Error("no secret");
  return { jose, newest, keys: new Map(made.map(({ id, key }) => [id, key])) };
}

async function keyOf(secret: string, purpose: string): Promise<Key> {
  const derived = (use: string, bytes: number): Buffer =>
    Buffer.from(hkdfSync("sha256", secret, "", `uisge session 1 ${use} ${purpose}`, bytes));
  const key = await webcrypto.subtle.importKey("raw", derived("seal", 32), "AES-GCM", false, ["encrypt", "decrypt"]);
  return { id: derived("id", 6).toString("base64url"), key };
}

/**
 * True for five parts of base64url as an encoder writes them, the second of them empty. Decoders overlook bits behind
 * the last byte, so one seal could be written in several ways.
 */
function isCanonical(sealed: string): boolean {
  const parts = sealed.split(".");
  if (parts.length !== 5 || parts[1] !== "") return false;
  return parts.every((part) => Buffer.from(part, "base64url").toString("base64url") === part);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
