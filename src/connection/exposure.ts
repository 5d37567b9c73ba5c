/** Which TCP addresses other machines can reach, and what must be said before we listen there. */
import { BlockList, isIP } from "node:net";
import { typeError } from "../errors.ts";
import { type Address, formatAddress } from "./address.ts";
import type { ListenOptions } from "./listen-options.ts";

/** IPv4 addresses written as IPv6 (`::ffff:127.0.0.1`) are looked up as what they are. */
const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** True for an IP address that only this machine can reach; false for names. */
export function isLoopback(ip: string): boolean {
  const version = isIP(ip);
  // A zone (`%eth0`) is a link's, and no link is loopback's.
  return version !== 0 && !ip.includes("%") && loopback.check(ip, version === 4 ? "ipv4" : "ipv6");
}

/**
 * Throws a TypeError (`UWSGI_ADDRESS_EXPOSED`) when other machines can reach `ip` and nothing says who may.
 * `address` is what the user wrote.
 */
export function checkExposure(address: Address, ip: string, { allow, insecure }: ListenOptions): void {
  if (isLoopback(ip) || allow !== undefined || insecure === true) return;
  const written = formatAddress(address);
  throw typeError(
    "UWSGI_ADDRESS_EXPOSED",
    `${written.includes(ip) ? written : `${written} (${ip})`} can be reached from other machines, and whoever ` +
      "reaches a uwsgi socket can pose as any client: listen on a unix socket or loopback, say who may connect " +
      "(allow), ask for client certificates (suwsgi:// with tls.ca), or say insecure",
  );
}
