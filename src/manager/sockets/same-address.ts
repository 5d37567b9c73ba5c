/** Whether a socket that was passed is the one that an address means. */
import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { resolve } from "node:path";
import type { Address } from "../../connection/index.ts";

/** `actual`: as the system tells it. TLS is what is spoken, and has no part in it. */
export async function isSameAddress(asked: Address, actual: Address): Promise<boolean> {
  const carrier = asked.kind === "tls" ? asked.over : asked;
  if (carrier.kind === "unix") return actual.kind === "unix" && resolve(carrier.path) === resolve(actual.path);
  if (carrier.kind === "abstract") return actual.kind === "abstract" && carrier.name === actual.name;
  if (carrier.kind !== "tcp" || actual.kind !== "tcp" || carrier.port !== actual.port) return false;
  try {
    return isSameIp((await lookup(carrier.host)).address, actual.host);
  } catch {
    // It will be said when the address is bound.
    return false;
  }
}

/** However they are written. */
function isSameIp(one: string, other: string): boolean {
  const [plain = one] = one.split("%", 1);
  const list = new BlockList();
  list.addAddress(plain, isIP(plain) === 6 ? "ipv6" : "ipv4");
  return list.check(other.split("%", 1)[0] ?? other, isIP(other) === 6 ? "ipv6" : "ipv4");
}
