/** HTTP Basic (RFC 7617). */
import type { AppRequest } from "../../handler/index.ts";
import { oneOf, readOptions } from "../read-options.ts";
import { type Authenticator, Refused, type Verdict } from "./authenticator.ts";
import { challengeOf, credentialsOf, realmRule } from "./challenge.ts";
import { type PasswordOptions, passwordRules, Passwords } from "./passwords.ts";
import { utf8Of } from "./user-name.ts";

export interface BasicOptions extends PasswordOptions {
  /** What is protected, for people: browsers show it. Printable ASCII. Default `restricted`. */
  readonly realm?: string;
  /**
   * How names and passwords are encoded: `utf-8`, which the challenge says too; or `latin-1` for clients that know
   * nothing else: then what is not UTF-8 is read as latin-1. Default `utf-8`.
   */
  readonly charset?: "utf-8" | "latin-1";
}

const rules = {
  ...passwordRules,
  realm: realmRule("restricted"),
  charset: oneOf(["utf-8", "latin-1"], { or: "utf-8" }),
};

const SCHEME = "Basic";

/** More than a name and a password can be (RFC 7617 knows no limit); in characters of base64. */
const MOST_CREDENTIALS = 4_096;

/** Makes an authenticator for HTTP Basic. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for options that cannot be. */
export function basic(options: BasicOptions): Authenticator {
  const { realm, charset, ...passwordOptions } = readOptions("auth basic", options, rules);
  const passwords = new Passwords(SCHEME, passwordOptions as PasswordOptions);
  const challenge = challengeOf(SCHEME, charset === "utf-8" ? { realm, charset: "UTF-8" } : { realm });
  const refused = new Refused({ scheme: SCHEME, why: "malformed credentials" });
  return {
    scheme: SCHEME,
    authenticate(request: AppRequest): Verdict | Promise<Verdict> {
      const credentials = credentialsOf(request.environ, "basic");
      if (credentials === undefined) return undefined;
      const pair = decodeBasic(credentials, charset);
      return pair === undefined ? refused : passwords.check(pair.name, pair.password, request);
    },
    challenge: () => [challenge],
  };
}

/** Name and password, of what stands behind the scheme. Undefined for what is malformed: nothing is repaired. */
export function decodeBasic(
  credentials: string,
  charset: "utf-8" | "latin-1",
): { readonly name: string; readonly password: string } | undefined {
  if (credentials.length > MOST_CREDENTIALS || credentials.length % 4 !== 0) return undefined;
  if (!/^[+/A-Za-z0-9]+={0,2}$/.test(credentials)) return undefined;
  const bytes = Buffer.from(credentials, "base64");
  const text = utf8Of(bytes) ?? (charset === "latin-1" ? bytes.toString("latin1") : undefined);
  // RFC 7617 2: no control characters in either.
  // eslint-disable-next-line no-control-regex -- They are what is looked for.
  if (text === undefined || /[\0-\x1f\x7f]/.test(text)) return undefined;
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}
