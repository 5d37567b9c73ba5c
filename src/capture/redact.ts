/**
 * Secrets, hidden: the values of cookies and of what authenticates, each byte an asterisk, so that lengths stay as they
 * were. Bodies, paths and queries are not looked into; what is broken is hidden whole.
 */
import type { Part } from "./parts.ts";

/** Names of vars and headers whose values are secrets. `-` and `_` are the same here. */
const secretNames =
  /^(?:HTTP_)?(?:(?:SET_)?COOKIE2?|AUTHORIZATION|PROXY_AUTHORIZATION|X_(?:API|CSRF|XSRF|AUTH|ACCESS)_?(?:KEY|TOKEN)|X_AMZ_SECURITY_TOKEN)$/;

/** True for the name of a var or header that holds a secret. */
export function isSecret(name: string): boolean {
  return secretNames.test(name.toUpperCase().replaceAll("-", "_"));
}

/** The same part with what is secret in it hidden. */
export function redactPart(part: Part): Part {
  if (part.kind === "packet" && part.payload.kind === "vars") {
    return { ...part, payload: { kind: "vars", vars: part.payload.vars.map(hide) } };
  }
  if (part.kind === "response") {
    return { ...part, headers: part.headers.map(hide), head: redactHead(part.head) };
  }
  if (part.kind !== "raw" || part.fault === undefined) return part;
  const { code, offset, header } = part.fault;
  const bytes = new Uint8Array(part.bytes.length).fill(ASTERISK);
  const fault = { code, offset, message: "hidden, what is broken may hold a secret", around: "" };
  return { ...part, bytes, fault: header === undefined ? fault : { ...fault, header } };
}

const ASTERISK = 42;

function hide([name, value]: readonly [string, string]): readonly [string, string] {
  return [name, isSecret(name) ? "*".repeat(value.length) : value];
}

/** The head of a response with the secrets in it hidden; it must be one. */
function redactHead(head: Uint8Array): Uint8Array {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString("latin1");
  const hidden = text.replace(/^([^:\r\n]+)(:[ \t]*)([^\r\n]*)/gm, (line, name: string, colon: string, value: string) =>
    isSecret(name) ? `${name}${colon}${"*".repeat(value.length)}` : line,
  );
  return Buffer.from(hidden, "latin1");
}
