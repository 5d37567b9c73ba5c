/**
 * Apache's MD5 hash of passwords, `$apr1$`: htpasswd's default. It is that of FreeBSD's crypt(3), `$1$`, under another
 * name.
 *
 * @see apr_md5_encode in apr's crypto/apr_md5.c
 */
import { createHash } from "node:crypto";
import { cryptBase64 } from "./crypt-base64.ts";

const ROUNDS = 1_000;

const groups = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5], [11]];

/** The hash of a password, as it stands in files. `salt`: at most 8 characters. */
export function apr1(password: string, salt: string): string {
  const bytes = Buffer.from(password, "utf8");
  const salted = Buffer.from(salt, "latin1");
  const mixed = md5(bytes, salted, bytes);
  const start = createHash("md5").update(bytes).update("$apr1$").update(salted);
  for (let left = bytes.length; left > 0; left -= 16) start.update(mixed.subarray(0, Math.min(16, left)));
  const zero = Buffer.alloc(1);
  for (let bits = bytes.length; bits > 0; bits >>= 1) start.update((bits & 1) === 1 ? zero : bytes.subarray(0, 1));
  let digest = start.digest();
  for (let i = 0; i < ROUNDS; i++) {
    const isOdd = (i & 1) === 1;
    const round = createHash("md5").update(isOdd ? bytes : digest);
    if (i % 3 !== 0) round.update(salted);
    if (i % 7 !== 0) round.update(bytes);
    digest = round.update(isOdd ? digest : bytes).digest();
  }
  return `$apr1$${salt}$${cryptBase64(digest, groups)}`;
}

function md5(...parts: readonly Buffer[]): Buffer {
  const hash = createHash("md5");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
