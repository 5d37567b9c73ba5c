/**
 * Who may see the page. Pure.
 *
 * That the client's address is of this machine does not tell who asks: a tunnel or another proxy may have passed the
 * request on, and a page of another site may have been made to lead here (DNS rebinding), for browsers go by names. So
 * headers of proxies count against the client, never for it, and the name that was asked for has to be one that nobody
 * else can have.
 */
import { type Environ, remoteOf } from "../../environ/index.ts";

export interface Access {
  readonly allow: "loopback" | "any" | readonly string[];
  readonly hosts: readonly string[];
}

/** True for a request that may see the page. */
export function maySee(environ: Environ, { allow, hosts }: Access): boolean {
  return isHostSafe(environ["HTTP_HOST"], allow === "loopback", hosts) && isClientAllowed(environ, allow);
}

function isClientAllowed(environ: Environ, allow: Access["allow"]): boolean {
  if (allow === "any") return true;
  const { address } = remoteOf(environ);
  // Its form has room for names that are none; who sends it is not believed to be here.
  if (address === undefined || isSaid(environ["HTTP_FORWARDED"])) return false;
  const passed = [environ["HTTP_X_FORWARDED_FOR"], environ["HTTP_X_REAL_IP"]].filter(isSaid);
  const addresses = [address, ...passed.flatMap((list) => list.split(","))].map(plainAddress);
  return addresses.every((one) =>
    allow === "loopback" ? isLoopback(one) : allow.some((given) => plainAddress(given) === one),
  );
}

function isSaid(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** An IPv4 address as such, also where it is written as IPv6. */
function plainAddress(address: string): string {
  const lower = address.trim().toLowerCase();
  return lower.startsWith("::ffff:") && lower.includes(".") ? lower.slice("::ffff:".length) : lower;
}

const IPV4 = /^(?:[0-9]{1,3}\.){3}[0-9]{1,3}$/;

function isLoopback(address: string): boolean {
  return address === "::1" || (IPV4.test(address) && address.startsWith("127."));
}

/** A name is safe where it cannot be somebody else's, and an address always: no name was looked up. */
function isHostSafe(host: unknown, isLoopbackOnly: boolean, hosts: readonly string[]): boolean {
  const match = typeof host === "string" ? /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::[0-9]*)?$/i.exec(host) : null;
  const name = match?.[1]?.toLowerCase().replace(/\.$/, "") ?? "";
  if (name === "") return false;
  if (hosts.some((one) => one.toLowerCase() === name)) return true;
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  const isAddress = name.startsWith("[") || IPV4.test(name);
  return isAddress && (!isLoopbackOnly || isLoopback(plainAddress(name.replace(/^\[|\]$/g, ""))));
}
