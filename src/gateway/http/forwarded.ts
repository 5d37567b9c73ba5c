/**
 * Who the client is, when there are proxies in front. Pure.
 *
 * Each proxy adds behind what it got the address that it was asked from. So the list is read from its end, and only as
 * far as those go whose word counts: the first address that is not a trusted proxy's is the client's, whatever stands before it.
 */
import { isIP } from "node:net";

/** What a trusted peer said, one value a header; undefined where it said nothing. */
export interface Claims {
  readonly for: string | undefined;
  readonly proto: string | undefined;
  readonly host: string | undefined;
  readonly port: string | undefined;
  /** RFC 7239; read instead of the others where that is what proxies set. */
  readonly forwarded: string | undefined;
}

/** The client, and how it came, as far as somebody trustworthy said; undefined: as the connection says. */
export interface Client {
  readonly address: string | undefined;
  readonly port: number | undefined;
  readonly scheme: "http" | "https" | undefined;
  readonly host: string | undefined;
  readonly serverPort: number | undefined;
}

/** A name or address with or without a port, as in a Host header. */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~]+)(?::[0-9]{1,5})?$/;

/** What the claims of a trusted peer come to. Of several schemes or hosts the last counts: it is the peer's own. */
export function clientOf({ for: chain, proto, host, port }: Claims, isTrusted: (address: string) => boolean): Client {
  const found = chain === undefined ? undefined : walk(chain.split(","), isTrusted);
  return {
    address: found?.address,
    port: found?.port,
    scheme: readScheme(lastOf(proto)),
    host: readHost(lastOf(host)),
    serverPort: readPort(lastOf(port)),
  };
}

/** The same by `Forwarded`: of scheme and host those count that stand by the client's address. */
export function clientByForwarded(header: string, isTrusted: (address: string) => boolean): Client {
  const elements = splitQuoted(header, ",").map(readElement);
  const chain = elements.map((element) => element.get("for") ?? "unknown");
  const found = walk(chain, isTrusted);
  const element = elements[found?.index ?? elements.length - 1];
  return {
    address: found?.address,
    port: found?.port,
    scheme: readScheme(element?.get("proto")),
    host: readHost(element?.get("host")),
    serverPort: undefined,
  };
}

/** An address in `Forwarded`, RFC 7239 6: IPv6 is quoted. */
export function forwardedFor(address: string): string {
  if (address === "") return "for=unknown";
  return address.includes(":") ? `for="[${address}]"` : `for=${address}`;
}

interface Hop {
  readonly address: string;
  readonly port: number | undefined;
  readonly index: number;
}

/** The last address that no trusted proxy has; where all have, or one cannot be read, the farthest that can be known. */
function walk(chain: readonly string[], isTrusted: (address: string) => boolean): Hop | undefined {
  let farthest: Hop | undefined;
  for (let index = chain.length - 1; index >= 0; index--) {
    const hop = readHop(chain[index] ?? "", index);
    if (hop === undefined) return farthest;
    farthest = hop;
    if (!isTrusted(hop.address)) return hop;
  }
  return farthest;
}

/** `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`. */
function readHop(text: string, index: number): Hop | undefined {
  const trimmed = text.trim();
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([0-9.]+))(?::([0-9]{1,5}))?$/.exec(trimmed) ?? [];
  const address = plainAddress(bracketed ?? plain ?? trimmed);
  return isIP(address) === 0 ? undefined : { address, port: readPort(digits), index };
}

/** An IPv4 address that is written as IPv6 is what it is. */
export function plainAddress(address: string): string {
  return /^::ffff:([0-9.]+)$/i.exec(address)?.[1] ?? address;
}

function lastOf(list: string | undefined): string | undefined {
  return list === undefined ? undefined : list.slice(list.lastIndexOf(",") + 1).trim();
}

function readScheme(text: string | undefined): Client["scheme"] {
  const scheme = text?.toLowerCase();
  return scheme === "http" || scheme === "https" ? scheme : undefined;
}

function readHost(text: string | undefined): string | undefined {
  return text !== undefined && HOST.test(text) ? text : undefined;
}

function readPort(text: string | undefined): number | undefined {
  const port = text !== undefined && /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return port > 0 && port <= 65_535 ? port : undefined;
}

/** The pairs of one element, names in small letters. */
function readElement(element: string): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const pair of splitQuoted(element, ";")) {
    const equals = pair.indexOf("=");
    if (equals < 0) continue;
    const value = pair.slice(equals + 1).trim();
    const isQuoted = value.length > 1 && value.startsWith('"') && value.endsWith('"');
    pairs.set(
      pair.slice(0, equals).trim().toLowerCase(),
      isQuoted ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value,
    );
  }
  return pairs;
}

/** Splits where no quotes are open. */
function splitQuoted(text: string, separator: "," | ";"): string[] {
  const parts: string[] = [];
  let isQuoted = false;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "\\" && isQuoted) at++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === separator && !isQuoted) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}
