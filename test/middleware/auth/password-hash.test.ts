/** Hashes against the programs that make them: Apache's htpasswd, and openssl. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import test from "ava";
import { readHash } from "../../../src/middleware/auth/password-hash.ts";
import { needs } from "../../helpers/needs.ts";

const run = promisify(execFile);

async function htpasswd(options: readonly string[], password: string): Promise<string> {
  const { stdout } = await run("htpasswd", ["-nb", ...options, "alice", password]);
  return stdout.trim().slice("alice:".length);
}

async function openssl(options: readonly string[], password: string): Promise<string> {
  return (await run("openssl", ["passwd", ...options, password])).stdout.trim();
}

/** Lengths at which the algorithms do something else, and letters beyond ASCII. */
const passwords = [
  "a",
  "secret",
  "fifteen letters",
  "sixteen letters!",
  "seventeen letters",
  "caf\u00e9 \u{1f375}",
  "y".repeat(63),
  "z".repeat(64),
  "x".repeat(70),
  "w".repeat(130),
];

for (const [title, options, kind, most] of [
  ["bcrypt (-B)", ["-B", "-C", "4"], "bcrypt", 70],
  ["MD5 (-m)", ["-m"], "apr1", 1_000],
  ["SHA-1 (-s)", ["-s"], "SHA", 1_000],
  ["SHA-256 (-2)", ["-2"], "SHA-crypt", 1_000],
  ["SHA-512 (-5)", ["-5"], "SHA-crypt", 1_000],
  ["SHA-512 with rounds (-5 -r)", ["-5", "-r", "1234"], "SHA-crypt", 1_000],
] as const) {
  needs("htpasswd")(`a password is known by what htpasswd makes of it with ${title}, and no other is`, async (t) => {
    for (const password of passwords.filter(({ length }) => length <= most)) {
      const hash = readHash(await htpasswd(options, password), "alice");
      t.is(hash.kind, kind);
      t.true(await hash.verify(password), password);
      t.false(await hash.verify(`${password.slice(0, -1)}#`), password);
    }
  });
}

for (const [title, options] of [
  ["-apr1", ["-apr1"]],
  ["-apr1 with a short salt", ["-apr1", "-salt", "ab"]],
  ["-5", ["-5"]],
  ["-5 with a short salt", ["-5", "-salt", "ab"]],
  ["-6", ["-6"]],
  ["-6 with rounds", ["-6", "-salt", "rounds=1000$some.salt"]],
] as const) {
  needs("openssl")(`a password is known by what openssl passwd ${title} makes of it, and no other is`, async (t) => {
    for (const password of ["secret", "caf\u00e9", "z".repeat(64), "w".repeat(130)]) {
      const hash = readHash(await openssl(options, password), "alice");
      t.true(await hash.verify(password), password);
      t.false(await hash.verify(`${password}!`), password);
    }
  });
}

test("bcrypt is known as 2a, 2b and 2y", async (t) => {
  // Of the password "secret", made by htpasswd -B.
  const rest = "$05$5wjQvoEO.i2TjENxF/Go3OtH8tG5ya.mjOFhhcQM.t9pz3Jl6Dcxe";
  for (const minor of ["2a", "2b", "2y"]) {
    const hash = readHash(`$${minor}${rest}`, "alice");
    t.true(await hash.verify("secret"), minor);
    t.false(await hash.verify("Secret"), minor);
  }
});

for (const [title, text, why] of [
  ["plain text", "secret", /^user a: the password is plain text or hashed by DES.*htpasswd -B$/],
  ["DES", "gMU7DDa7gVKx.", /^user a: the password is plain text or hashed by DES/],
  ["nothing", "", /^user a: the password is plain text/],
  ["a hash that is cut off", "$2y$05$5wjQvoEO.i2TjENxF", /^user a: the hash is of no known kind, or not whole/],
  ["an unknown kind", "$argon2id$v=19$m=16,t=2,p=1$YWFhYWFhYWE$abc", /^user a: the hash is of no known kind/],
  ["a bcrypt that takes for ever", `$2y$31$${"a".repeat(53)}`, /cost is 31, 4 to 17 is allowed$/],
  ["a SHA-crypt that takes for ever", `$5$rounds=999999999$salt$${"a".repeat(43)}`, /999999999 rounds/],
  ["a SHA-1 of another length", "{SHA}AAAA", /no known kind, or not whole/],
] as const) {
  test(`${title} is refused, and not shown`, (t) => {
    const error = t.throws(() => readHash(text, "user a"), { instanceOf: TypeError, message: why });
    t.is((error as TypeError & { code?: string }).code, "UWSGI_INVALID_ARGUMENT");
    if (text !== "") t.false(error.message.includes(text));
  });
}
