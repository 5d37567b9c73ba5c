/** The name in the subject of a certificate, as front ends write it. Pure. */
import { utf8Of } from "./user-name.ts";

/**
 * The common name (CN) of a subject in latin-1, as environs have it. Read are the form of RFC 4514 and 2253
 * (`CN=alice,O=Tea`, nginx's `$ssl_client_s_dn`), and the older one with slashes (`/O=Tea/CN=alice`,
 * `$ssl_client_s_dn_legacy`). Undefined where there is not exactly one, and for what cannot be read.
 */
export function commonNameOf(subject: string): string | undefined {
  const names = subject.startsWith("/") ? legacyNames(subject) : commonNames(subject);
  return names?.length === 1 ? names[0] : undefined;
}

/** Nothing is escaped there: a slash in a value cannot be told from one that begins the next. */
function legacyNames(subject: string): string[] | undefined {
  const values = subject.split("/").filter((part) => /^CN=/i.test(part));
  const texts = values.map((part) => utf8Of(Buffer.from(part.slice(3), "latin1")));
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

/**
 * `type=value`, then a comma or a plus and the next; the value quoted, or with backslashes. No two parts beside each other
 * take the same characters: that would take time without end.
 */
const attribute =
  /\s*([A-Za-z][\w-]*|[\d.]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"\s*|((?:[^"\\,+;#<>\s]|\\.)(?:[^"\\,+;<>]|\\.)*)?)([,;+]|$)/y;

function commonNames(subject: string): string[] | undefined {
  const names: string[] = [];
  for (let at = 0; at < subject.length;) {
    attribute.lastIndex = at;
    const match = attribute.exec(subject);
    if (match === null) return undefined;
    const [whole, type = "", quoted, plain = "", end] = match;
    at += whole.length;
    if (end !== "" && at === subject.length) return undefined;
    if (!/^(?:CN|2\.5\.4\.3)$/i.test(type)) continue;
    const name = unescaped(quoted ?? trimmed(plain));
    if (name === undefined) return undefined;
    names.push(name);
  }
  return names;
}

/** Without the blanks at its end, but with one that is escaped. */
function trimmed(value: string): string {
  const short = value.trimEnd();
  const backslashes = short.length - short.replace(/\\+$/, "").length;
  return short !== value && backslashes % 2 === 1 ? `${short} ` : short;
}

/** The text; pairs of hexadecimal digits are bytes of its UTF-8 (RFC 4514 2.4). */
function unescaped(value: string): string | undefined {
  const latin1 = value.replace(/\\([\dA-Fa-f]{2}|.)/g, (_, escaped: string) =>
    escaped.length === 2 ? String.fromCharCode(Number.parseInt(escaped, 16)) : escaped,
  );
  return utf8Of(Buffer.from(latin1, "latin1"));
}
