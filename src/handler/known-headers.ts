/**
 * What is known of the headers of answers, by name: whose they are, and which value they last had.
 *
 * An application sends the same few headers again and again. Each name is looked up once, and a value that
 * was seen valid a moment ago is not looked at again, its line not made again. This is safe, because what
 * is remembered is a string, compared whole; and small, because only values that are no secret and no
 * longer than a line are kept, one for each name.
 */
import { checkHeader, type Header, isFieldValue, trimValue } from "../codec/index.ts";
import { hopByHopHeaders } from "../environ/index.ts";

/**
 * Who sets a header: the application; the application too, but its value frames the body (`length`); the
 * server alone: what concerns the connection, and `Status`, which some front ends take the status from.
 */
export type HeaderRole = "application" | "length" | "server";

/** A header as the application spells it. */
export class KnownHeader {
  readonly text: string;
  readonly role: HeaderRole;
  /** Its values may be remembered. */
  private readonly isStable: boolean;
  /** The value that was seen last; at first the empty one, which any header may have. */
  private value = "";
  private line: string;
  private pair: Header;

  constructor(text: string) {
    const lower = text.toLowerCase();
    this.text = text;
    this.role = roleOf(lower);
    this.isStable = stableHeaders.has(lower);
    this.line = `${text}: \r\n`;
    this.pair = Object.freeze([text, ""]);
  }

  /** The header as a line with its CRLF. Throws as `checkHeader`. */
  lineOf(value: string): string {
    if (value === this.value) return this.line;
    if (typeof value !== "string" || !isFieldValue(value)) checkHeader(this.text, value);
    if (!this.isWorth(value)) return `${this.text}: ${value}\r\n`;
    this.remember(value);
    return this.line;
  }

  /** The header, its value without blanks at the edges. Throws as `checkHeader`. */
  headerOf(value: string): Header {
    if (value === this.value) return this.pair;
    const trimmed = typeof value === "string" ? trimValue(value) : value;
    checkHeader(this.text, trimmed);
    if (!this.isWorth(trimmed)) return [this.text, trimmed];
    this.remember(trimmed);
    return this.pair;
  }

  private isWorth(value: string): boolean {
    return this.isStable && value.length <= MOST_VALUE;
  }

  private remember(value: string): void {
    this.value = value;
    this.line = `${this.text}: ${value}\r\n`;
    // It will stand in many responses: who changes one must not change the others.
    this.pair = Object.freeze([this.text, value]);
  }
}

/** Names seen valid; bounded, so that invented names cannot fill memory. */
const known = new Map<string, KnownHeader>();
const MOST_NAMES = 512;

/** Characters of a value that is remembered. */
const MOST_VALUE = 256;

/** What is known of a name. Throws as `checkHeader` for what is none. */
export function knownHeader(name: string): KnownHeader {
  return known.get(name) ?? learn(name);
}

function learn(name: string): KnownHeader {
  checkHeader(name, "");
  const header = new KnownHeader(name);
  if (known.size < MOST_NAMES) known.set(name, header);
  return header;
}

function roleOf(lower: string): HeaderRole {
  if (lower === "content-length") return "length";
  return lower === "status" || hopByHopHeaders.has(lower) ? "server" : "application";
}

/**
 * Headers whose value is mostly the same from answer to answer, and never a secret of one client: not
 * Set-Cookie, not Location (a target may carry a token), not ETag, no header of the application's own.
 */
const stableHeaders: ReadonlySet<string> = new Set([
  "accept-ranges",
  "access-control-allow-credentials",
  "access-control-allow-headers",
  "access-control-allow-methods",
  "access-control-allow-origin",
  "access-control-expose-headers",
  "access-control-max-age",
  "allow",
  "cache-control",
  "content-encoding",
  "content-language",
  "content-type",
  "cross-origin-embedder-policy",
  "cross-origin-opener-policy",
  "cross-origin-resource-policy",
  "date",
  "expires",
  "permissions-policy",
  "pragma",
  "referrer-policy",
  "server",
  "strict-transport-security",
  "vary",
  "x-content-type-options",
  "x-frame-options",
  "x-powered-by",
  "x-xss-protection",
]);
