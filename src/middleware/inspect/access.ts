/**
 * Who may see the page. Pure.
 *
 * A client's address does not tell who asks: a tunnel or another proxy may have passed the request on, and a page of
 * another site may have been made to lead here (DNS rebinding), for browsers go by names. So headers of proxies count
 * against the client, never for it, and the name that was asked for has to be one that nobody else can have.
 */
import { type Environ, remoteOf } from "../../environ/index.ts";
import { isLocalClient } from "../local-client.ts";

export interface Access {
  readonly allow: "loopback" | "any" | readonly string[];
  readonly hosts: readonly string[];
}

/** True for a request that may see the page. */
export function maySee(environ: Environ, { allow, hosts }: Access): boolean {
  const host = hostOf(environ);
  const isNamed = hosts.some((one) => one.toLowerCase() === host);
  if (allow === "loopback") return isLocalClient(isNamed ? { ...environ, HTTP_HOST: "localhost" } : environ);
  return (isNamed || isHostSafe(host)) && (allow === "any" || isListed(environ, allow));
}

function isListed(environ: Environ, allow: readonly string[]): boolean {
  const { address } = remoteOf(environ);
  // Its form has room for names that are none; who sends it is not believed.
  if (address === undefined || isSaid(environ["HTTP_FORWARDED"])) return false;
  const passed = [environ["HTTP_X_FORWARDED_FOR"], environ["HTTP_X_REAL_IP"]].filter(isSaid);
  const listed = new Set(allow.map(plainAddress));
  return [address, ...passed.flatMap((list) => list.split(","))].every((one) => listed.has(plainAddress(one)));
}

function isSaid(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** An IPv4 address as such, also where it is written as IPv6. */
function plainAddress(address: string): string {
  const lower = address.trim().toLowerCase();
  return lower.startsWith("::ffff:") && lower.includes(".") ? lower.slice("::ffff:".length) : lower;
}

/** In lower case, without the port; "" for what is none. */
function hostOf({ HTTP_HOST: host }: Environ): string {
  const match = typeof host === "string" ? /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::[0-9]*)?$/i.exec(host) : null;
  return match?.[1]?.toLowerCase().replace(/\.$/, "") ?? "";
}

/** A name is safe where it cannot be somebody else's, and an address always: no name was looked up. */
function isHostSafe(host: string): boolean {
  return host === "localhost" || /^(?:\[.*\]|(?:[0-9]{1,3}\.){3}[0-9]{1,3}|.*\.localhost)$/.test(host);
}
