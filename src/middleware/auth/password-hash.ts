/** Hashes of passwords, as Apache's htpasswd makes them. Pure but for the time that they take. */
import { createHash, timingSafeEqual } from "node:crypto";
import { typeError } from "../../errors.ts";
import { apr1 } from "./apr1.ts";
import { isBcrypt } from "./bcrypt.ts";
import { shaCrypt } from "./sha-crypt.ts";

export interface PasswordHash {
  /** Those of one kind take about as long. */
  readonly kind: string;
  readonly text: string;
  verify(password: string): boolean | Promise<boolean>;
}

interface Kind {
  readonly kind: string;
  readonly pattern: RegExp;
  /** `parts`: what the pattern has taken apart, the whole first. */
  verify(password: string, parts: readonly string[]): boolean | Promise<boolean>;
  /** Says what is wrong with one that the pattern takes, if something is. */
  fault?(parts: readonly string[]): string | undefined;
}

/** What crypt(3) takes where a hash does not say. */
const USUAL_ROUNDS = 5_000;

/** Slower ones take seconds: whoever asks for them could stop the server. */
const MOST_ROUNDS = 1_000_000;
const MOST_COST = 17;

const kinds: readonly Kind[] = [
  {
    kind: "bcrypt",
    pattern: /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/,
    verify: (password, [text = ""]) => isBcrypt(password, text),
    fault: ([, cost]) =>
      Number(cost) >= 4 && Number(cost) <= MOST_COST
        ? undefined
        : `bcrypt's cost is ${cost}, 4 to ${MOST_COST} is allowed`,
  },
  {
    kind: "apr1",
    pattern: /^\$apr1\$([./A-Za-z0-9]{1,8})\$[./A-Za-z0-9]{22}$/,
    verify: (password, [text = "", salt = ""]) => isSame(apr1(password, salt), text),
  },
  {
    kind: "SHA",
    pattern: /^\{SHA\}[+/A-Za-z0-9]{27}=$/,
    verify: (password, [text = ""]) =>
      isSame(`{SHA}${createHash("sha1").update(password, "utf8").digest("base64")}`, text),
  },
  {
    kind: "SHA-crypt",
    pattern: /^\$([56])\$(?:rounds=(\d{1,9})\$)?([^$:\n]{0,16})\$([./A-Za-z0-9]{43}|[./A-Za-z0-9]{86})$/,
    verify: async (password, [, id, rounds = USUAL_ROUNDS, salt = "", hash = ""]) =>
      isSame(await shaCrypt(id as "5" | "6", password, salt, Number(rounds)), hash),
    fault: ([, , rounds = USUAL_ROUNDS]) =>
      Number(rounds) >= 1_000 && Number(rounds) <= MOST_ROUNDS
        ? undefined
        : `it has ${rounds} rounds, 1000 to ${MOST_ROUNDS} are allowed`,
  },
];

/**
 * Reads one. `owner` says whose it is. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) that does not show it: DES, whose
 * passwords end at 8 characters, and plain text are refused.
 */
export function readHash(text: string, owner: string): PasswordHash {
  for (const { kind, pattern, verify, fault } of kinds) {
    const parts = pattern.exec(text);
    if (parts === null) continue;
    const wrong = fault?.(parts);
    if (wrong !== undefined) throw refusal(owner, wrong);
    return { kind, text, verify: (password) => verify(password, parts) };
  }
  const isMaimed = /^\$|^\{SHA\}/.test(text);
  throw refusal(
    owner,
    isMaimed
      ? "the hash is of no known kind, or not whole; bcrypt ($2y$), $apr1$, $5$, $6$ and {SHA} are known"
      : "the password is plain text or hashed by DES, which is not accepted: make a hash by htpasswd -B",
  );
}

function refusal(owner: string, why: string): TypeError {
  return typeError("UWSGI_INVALID_ARGUMENT", `${owner}: ${why}`);
}

/** Takes as long wherever they differ. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one, "latin1"), Buffer.from(other, "latin1")];
  return a.length === b.length && timingSafeEqual(a, b);
}
