/** Users and the hashes of their passwords: from options, or from the text of an htpasswd file. Pure. */
import { createHash } from "node:crypto";
import { typeError } from "../../errors.ts";
import { type PasswordHash, readHash } from "./password-hash.ts";
import { isName, textOf } from "./user-name.ts";

export interface User {
  readonly hash: PasswordHash;
  /** Another one when the password is another: tells logins behind a change from those before. It gives nothing away. */
  readonly mark: string;
}

export class UserList {
  private readonly users: ReadonlyMap<string, User>;
  /** What the password of an unknown user is compared with, so that they take as long as the known. */
  readonly decoy: PasswordHash | undefined;

  constructor(hashes: ReadonlyMap<string, PasswordHash>) {
    this.users = new Map([...hashes].map(([name, hash]) => [name, { hash, mark: markOf(hash) }]));
    this.decoy = mostUsual([...hashes.values()]);
  }

  find(name: string): User | undefined {
    return this.users.get(name);
  }
}

/** Reads the option `users`. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`). */
export function usersOf(users: Readonly<Record<string, string>>): UserList {
  const hashes = new Map<string, PasswordHash>();
  for (const [name, text] of Object.entries(users)) {
    const owner = `auth: user ${JSON.stringify(name)}`;
    checkName(name, owner);
    if (typeof text !== "string") {
      throw typeError("UWSGI_INVALID_ARGUMENT", `${owner}: the hash is a ${typeof text}, text is needed`);
    }
    hashes.set(name, readHash(text, owner));
  }
  return new UserList(hashes);
}

/**
 * Reads an htpasswd file, given as latin-1. The first of several lines for one user counts, as in Apache. `path`: for
 * messages. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) that names line and user.
 */
export function parseHtpasswd(text: string, path: string): UserList {
  const hashes = new Map<string, PasswordHash>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const place = `${path} line ${i + 1}`;
    const [bytes = "", hash] = line.split(":");
    if (hash === undefined) throw typeError("UWSGI_INVALID_ARGUMENT", `${place}: there is no colon behind the name`);
    const name = textOf(bytes);
    const owner = `${place}, user ${JSON.stringify(name ?? bytes)}`;
    checkName(name, owner);
    if (!hashes.has(name)) hashes.set(name, readHash(hash.trim(), owner));
  }
  return new UserList(hashes);
}

function checkName(name: string | undefined, owner: string): asserts name is string {
  if (isName(name) && !name.includes(":")) return;
  throw typeError(
    "UWSGI_INVALID_ARGUMENT",
    `${owner}: a name is 1 to 256 characters of UTF-8, without a colon and control characters`,
  );
}

function markOf({ text }: PasswordHash): string {
  return createHash("sha256").update(text, "latin1").digest("base64url").slice(0, 16);
}

/** One of the kind that most have. */
function mostUsual(hashes: readonly PasswordHash[]): PasswordHash | undefined {
  const counts = new Map<string, number>();
  for (const { kind } of hashes) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return hashes.toSorted((a, b) => (counts.get(b.kind) ?? 0) - (counts.get(a.kind) ?? 0))[0];
}
