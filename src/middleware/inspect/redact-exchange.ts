/** What may be kept of an exchange beside its environ: heads, failures, bodies. Pure. */
import type { Environ } from "../../environ/index.ts";
import { errorCode } from "../../errors.ts";
import { isSecretName, REDACTED, redactEnviron, redactQuery } from "../redact.ts";

export type Pair = readonly [name: string, value: string];

/** The vars of an environ: not what servers and middleware have added to them. */
export function varsOf(environ: Environ): Environ & Record<string, string> {
  const vars: Record<string, string> = {};
  for (const name of Object.keys(environ)) {
    const value = environ[name];
    if (typeof value === "string" && !/^(?:wsgi|uisge)\./.test(name)) vars[name] = value;
  }
  return vars as Environ & Record<string, string>;
}

/** A header of an answer, whatever the application gives for one. */
export function redactHeader(header: unknown, secrets: readonly string[]): Pair {
  const [given, value] = Array.isArray(header) ? (header as readonly unknown[]) : [];
  const name = typeof given === "string" ? given : `(${typeof given})`;
  if (typeof value !== "string") return [name, `(${typeof value})`];
  // What the client is to keep, and for how long, but not what it is.
  if (name.toLowerCase() === "set-cookie") return [name, value.replace(/^([^=;]*)=[^;]+/, `$1=${REDACTED}`)];
  return [name, withoutSecrets(redactVar(name, value), secrets)];
}

/** The value of a var as it can be shown. */
export function redactVar(name: string, value: string): string {
  return redactEnviron({ [name]: value } as unknown as Environ)[0]?.[1] ?? "";
}

/** Up to this length all of a value is looked at, and shown. */
const MOST_SHOWN = 2_048;

/**
 * The value of a var as it can be sent again, without what is secret in it: bytes, as all vars are. `shown`: as it can be
 * shown.
 */
export function redactSent(name: string, value: string, shown: string): string {
  if (shown === value) return value;
  if (name === "QUERY_STRING") return redactQuery(value);
  const mark = name === "REQUEST_URI" ? value.indexOf("?") : -1;
  if (mark >= 0) return `${value.slice(0, mark + 1)}${redactQuery(value.slice(mark + 1))}`;
  return Buffer.from(shown.slice(0, MOST_SHOWN)).toString("latin1");
}

/** What is shorter is no secret, and stands in many texts. */
const LEAST_SECRET = 8;

/** The secret values of a request, for `withoutSecrets`. */
export function secretsIn(vars: Readonly<Record<string, string>>, isSecret: (name: string) => boolean): string[] {
  const secrets = new Set<string>();
  for (const [name, value] of Object.entries(vars)) {
    if (name === "HTTP_COOKIE")
      for (const pair of value.split(";")) secrets.add(pair.slice(pair.indexOf("=") + 1).trim());
    else if (name === "QUERY_STRING") addFields(value, isSecret, secrets);
    else if (isSecret(name)) secrets.add(value.replace(/^\S+ +(?=\S)/, ""));
  }
  return [...secrets].filter(({ length }) => length >= LEAST_SECRET);
}

function addFields(query: string, isSecret: (name: string) => boolean, secrets: Set<string>): void {
  for (const [name, value] of new URLSearchParams(query)) if (isSecret(name)) secrets.add(value);
}

/** Text in which the application may have said again what the request has told it. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let shown = text;
  for (const secret of secrets) shown = shown.replaceAll(secret, REDACTED);
  return shown;
}

/** Most characters of a failure. */
const MOST_FAILURE = 1_000;

/** An error in a line; not every value can be made a string. */
export function describeFailure(error: unknown): string {
  const code = errorCode(error);
  const text =
    error instanceof Error ? `${error.name}: ${error.message}` : typeof error === "string" ? error : typeof error;
  return `${text}${code === undefined ? "" : ` (${code})`}`.slice(0, MOST_FAILURE);
}

/**
 * A body without the secrets of its fields, where its type is known to have some: forms and JSON. Undefined where it
 * says so and cannot be read: what is in it is not known.
 */
export function redactBody(bytes: Uint8Array, type: string): Uint8Array | undefined {
  const [media = ""] = type.toLowerCase().split(";");
  if (bytes.length === 0) return bytes;
  if (media.trim() === "application/x-www-form-urlencoded") {
    return Buffer.from(redactQuery(Buffer.from(bytes).toString("latin1")), "latin1");
  }
  if (!/^application\/(?:[\w.+-]+\+)?json$/.test(media.trim())) return bytes;
  try {
    const text = Buffer.from(bytes).toString("utf8");
    let isChanged = false;
    const redacted = JSON.stringify(JSON.parse(text), (name, value: unknown) => {
      if (!isSecretName(name)) return value;
      isChanged = true;
      return REDACTED;
    });
    return isChanged ? Buffer.from(redacted) : bytes;
  } catch {
    return undefined;
  }
}
