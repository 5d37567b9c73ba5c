/** Challenges of WWW-Authenticate, and the credentials that answer them (RFC 9110 11). Pure. */
import type { Environ } from "../../environ/index.ts";
import { type OptionRule, text } from "../read-options.ts";

/** A challenge, its parameters as quoted strings (RFC 9110 11.2: recipients take both forms, of old ones only this). */
export function challengeOf(scheme: string, params: Readonly<Record<string, string>>): string {
  const list = Object.entries(params).map(([name, value]) => `${name}=${quoted(value)}`);
  return `${scheme} ${list.join(", ")}`;
}

/** A quoted-string (RFC 9110 5.6.4). What has no place in it becomes a question mark. */
export function quoted(value: string): string {
  return `"${value.replace(/[^\t\x20-\x7e]/g, "?").replace(/["\\]/g, "\\$&")}"`;
}

/** The option `realm`: what is protected, for people. */
export function realmRule(or: string): OptionRule<string> {
  return text({ needed: "text of printable ASCII", accepts: (value) => /^[\x20-\x7e]+$/.test(value), or });
}

/**
 * What stands behind the scheme, given in lower case, in the header Authorization; "" where nothing does. Undefined
 * where there is no such header, or one of another scheme.
 */
export function credentialsOf(environ: Environ, scheme: string): string | undefined {
  const header = environ["HTTP_AUTHORIZATION"];
  if (typeof header !== "string") return undefined;
  const { length } = scheme;
  if (header.slice(0, length).toLowerCase() !== scheme) return undefined;
  if (header.length === length) return "";
  return header.charAt(length) === " " ? header.slice(length).trim() : undefined;
}
