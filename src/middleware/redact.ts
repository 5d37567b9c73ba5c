/**
 * What may be shown of a request to who develops, and what not. By names, for that is all that can be known: a secret in
 * a path, or under a harmless name, is not found.
 */
import { decodeUtf8, type Environ } from "../environ/index.ts";

/** Stands for what is not shown. */
export const REDACTED = "[redacted]";

/** Names of which a part tells enough. */
const secretParts =
  /PASSW|PASSPHRASE|SECRET|TOKEN|KEY|CREDENTIAL|SESSION|AUTHORI[SZ]ATION|COOKIE|SIGNATURE|ASSERTION|JWT|CSRF|XSRF/i;

/** Short names, which would be parts of others by chance. `code`: of OAuth. */
const secretWords = /^(?:HTTP_)?(?:X[_-])?(?:auth|code|otp|pass|pin|pw|pwd|sid|sig)$/i;

/** True for the name of a var, header, cookie, field or parameter whose value is not to be shown. */
export function isSecretName(name: string): boolean {
  return secretParts.test(name) || secretWords.test(name);
}

/** A query with the values of secret names redacted, and those in which such a name stands. */
export function redactQuery(query: string): string {
  return query
    .split(/([&;])/)
    .map((pair) => {
      const [name = "", ...rest] = pair.split("=");
      const value = rest.join("=");
      return value !== "" && (isSecretName(decoded(name)) || mentionsSecret(value)) ? `${name}=${REDACTED}` : pair;
    })
    .join("");
}

/** What can be shown of an environ, in its order. */
export function redactEnviron(environ: Environ): [name: string, shown: string][] {
  return Object.keys(environ).map((name) => [cut(textOf(name)), cut(shown(environ, name))]);
}

function shown(environ: Environ, name: string): string {
  try {
    const value = environ[name];
    if (typeof value === "string") return value === "" ? "" : shownText(name, textOf(value.slice(0, MOST_READ)));
    if (isSecretName(name)) return REDACTED;
    return typeof value === "object" && value !== null ? shownObject(value) : shownOther(value);
  } catch {
    // An application may have put anything there, such as what throws when it is looked at.
    return "[cannot be shown]";
  }
}

function shownText(name: string, value: string): string {
  if (name === "HTTP_COOKIE") return redactCookies(value);
  if (/AUTHORI[SZ]ATION$/i.test(name))
    return value.replace(/^(?:([A-Za-z]+)\s)?.*$/s, (_, scheme) => redactedBehind(scheme));
  if (isSecretName(name)) return REDACTED;
  return name === "QUERY_STRING" ? redactQuery(value) : redactText(value);
}

function redactedBehind(scheme: unknown): string {
  return typeof scheme === "string" ? `${scheme} ${REDACTED}` : REDACTED;
}

/** The names of the cookies. */
function redactCookies(value: string): string {
  return value
    .split(";")
    .map((cookie) => {
      const mark = cookie.indexOf("=");
      return mark < 0 ? REDACTED : `${cookie.slice(0, mark).trim()}=${REDACTED}`;
    })
    .join("; ");
}

/** Any other text: queries and user names of URLs in it, and what looks like a token. */
function redactText(text: string): string {
  const safe = text
    .replace(/\/\/[^/?#\s]*@/g, `//${REDACTED}@`)
    .replace(/([?#])([^#\s]*)/g, (_, mark: string, query: string) => mark + redactQuery(query))
    .replace(tokens, REDACTED);
  return !text.includes("?") && mentionsSecret(text) ? REDACTED : safe;
}

/**
 * Those of RFC 7519, and credentials behind the name of their scheme. What is looked for first is that a word has two dots
 * behind it, from its beginning only: else many beginnings of a token in one long word would each be followed to its end.
 */
const tokens =
  /(?<![\w-])(?=[\w-]+\.[\w-]+\.)(?:[\w-]*-)?eyJ[\w-]{5,}\.[\w-]+\.[\w-]*|\b(?:Basic|Bearer|Digest|Negotiate)\s+\S+/gi;

/** True where a secret name stands before `=` or `:`, also encoded: in a URL in a query, in JSON. */
function mentionsSecret(value: string): boolean {
  let text = value;
  for (let time = 0; time < 3; time++) {
    if (text.search(tokens) >= 0) return true;
    for (const [, name = ""] of text.matchAll(/(?<![\w.-])([\w.-]+)["'\]\\]*\s*[=:]/g))
      if (isSecretName(name)) return true;
    const plain = decoded(text);
    if (plain === text) return false;
    text = plain;
  }
  return false;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    // Not encoded, or wrongly: a front end passes on what it gets.
    return text.replace(/%([0-7][0-9a-f])/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  }
}

function shownObject(value: object): string {
  if (Array.isArray(value)) {
    const isPlain = value.length <= 8 && value.every((one) => typeof one === "number" || typeof one === "boolean");
    return isPlain ? `[${value.join(", ")}]` : `[list of ${value.length}]`;
  }
  const { constructor } = value;
  return `[${typeof constructor === "function" && constructor.name !== "" ? constructor.name : "Object"}]`;
}

function shownOther(value: unknown): string {
  return typeof value === "function" || typeof value === "symbol" ? `[${typeof value}]` : String(value);
}

/** Characters of a value that are looked at, and that are shown. */
const MOST_READ = 8_192;
const MOST_SHOWN = 2_048;

function cut(text: string): string {
  return text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)}...`;
}

/** Vars are bytes, and mostly UTF-8; what an application has added is text. */
function textOf(value: string): string {
  if (!/[^\0-\x7f]/.test(value) || /[^\0-\xff]/.test(value)) return value;
  const text = decodeUtf8(value);
  return text.includes("\ufffd") ? value : text;
}
