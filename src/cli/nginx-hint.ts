/** How nginx is told of an address. */
import { hostname } from "node:os";
import { resolve } from "node:path";
import { type Address, formatAddress } from "../connection/index.ts";

/**
 * The argument of `uwsgi_pass` for an address. Undefined for what nginx cannot reach: abstract sockets (it takes
 * `unix:@name` for a file), and inherited ones that are not known.
 */
export function uwsgiPass(address: Address): string | undefined {
  const carrier = address.kind === "tls" ? address.over : address;
  if (carrier.kind !== "tcp" && carrier.kind !== "unix") return undefined;
  return quote(`${address.kind === "tls" ? "suwsgi://" : ""}${plain(carrier)}`);
}

function plain(address: Address & { readonly kind: "tcp" | "unix" }): string {
  // nginx reads paths from its own prefix on.
  if (address.kind === "unix") return `unix:${resolve(address.path)}`;
  const isAny = address.host === "0.0.0.0" || address.host === "::";
  return formatAddress(isAny ? { ...address, host: hostname() } : address);
}

function quote(text: string): string {
  return /[\s;{}"'\\]/.test(text) ? `"${text.replace(/["\\]/g, "\\$&")}"` : text;
}
