/**
 * crypt(3) with SHA-256 (`$5$`) and SHA-512 (`$6$`), as `htpasswd -2` and `-5` make them.
 *
 * @see https://www.akkadia.org/drepper/SHA-crypt.txt, whose steps the comments count
 */
import { createHash } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { cryptBase64 } from "./crypt-base64.ts";

interface Kind {
  readonly hash: "sha256" | "sha512";
  /** The order of the bytes in the text. */
  readonly groups: readonly (readonly number[])[];
}

/** Triples of bytes from the thirds of the digest, each turned a step further than the one before; then the rest. */
function groupsOf(third: number, step: number, rest: readonly number[]): number[][] {
  const groups = Array.from({ length: third }, (_, i) => {
    const triple = [i, i + third, i + 2 * third];
    const by = (i * step) % 3;
    return [...triple.slice(by), ...triple.slice(0, by)];
  });
  return [...groups, [...rest]];
}

const kinds: Readonly<Record<"5" | "6", Kind>> = {
  "5": { hash: "sha256", groups: groupsOf(10, 2, [31, 30]) },
  "6": { hash: "sha512", groups: groupsOf(21, 1, [63]) },
};

/** So many rounds (some milliseconds), then others have a turn. */
const ROUNDS_A_TURN = 1_000;

/**
 * Resolves with the last part of the hash, behind the salt. `salt`: at most 16 characters. The password is hashed as
 * often as it has bytes: it has to be short.
 */
export async function shaCrypt(id: "5" | "6", password: string, salt: string, rounds: number): Promise<string> {
  const { hash, groups } = kinds[id];
  const digestOf = (...parts: readonly Uint8Array[]): Buffer => {
    const made = createHash(hash);
    for (const part of parts) made.update(part);
    return made.digest();
  };
  const bytes = Buffer.from(password, "utf8");
  const salted = Buffer.from(salt, "latin1");
  // 1-12
  const mixed = digestOf(bytes, salted, bytes);
  const parts: Uint8Array[] = [bytes, salted, repeated(mixed, bytes.length)];
  for (let bits = bytes.length; bits > 0; bits >>= 1) parts.push((bits & 1) === 1 ? mixed : bytes);
  let digest = digestOf(...parts);
  // 13-20
  const p = repeated(digestOf(repeated(bytes, bytes.length ** 2)), bytes.length);
  const s = repeated(digestOf(repeated(salted, salted.length * (16 + (digest[0] ?? 0)))), salted.length);
  // 21
  for (let i = 0; i < rounds; i++) {
    const isOdd = (i & 1) === 1;
    const round = createHash(hash).update(isOdd ? p : digest);
    if (i % 3 !== 0) round.update(s);
    if (i % 7 !== 0) round.update(p);
    digest = round.update(isOdd ? digest : p).digest();
    if (i % ROUNDS_A_TURN === ROUNDS_A_TURN - 1) await turn();
  }
  // 22
  return cryptBase64(digest, groups);
}

/** Bytes again and again, up to a length. */
function repeated(bytes: Uint8Array, length: number): Buffer {
  return bytes.length === 0 ? Buffer.alloc(0) : Buffer.alloc(length, bytes);
}
