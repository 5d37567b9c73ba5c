/** Host names in addresses: which there are, and the addresses with an IP in their place. Pure. */
import type { Address } from "../connection/index.ts";

/** The name that must be resolved; undefined for IP addresses and unix sockets. */
export function hostOf(address: Address): string | undefined {
  const carrier = address.kind === "tls" ? address.over : address;
  return carrier.kind !== "tcp" || isLiteral(carrier.host) ? undefined : carrier.host;
}

/** The same address at that IP. */
export function atIp(address: Address, ip: string): Address {
  if (address.kind === "tcp") return { ...address, host: ip };
  if (address.kind === "tls" && address.over.kind === "tcp")
    return { kind: "tls", over: { ...address.over, host: ip } };
  return address;
}

/** IPv4 in four numbers, or anything with a colon: that is how addresses write IPv6, and no name has one. */
export function isLiteral(host: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(host) || host.includes(":");
}
