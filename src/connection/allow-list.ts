/** Who may connect over TCP. */
import { BlockList, isIP } from "node:net";
import { ConnectionError, typeError } from "../errors.ts";

/** Addresses and networks; a peer that comes as `::ffff:10.0.0.1` to a dual-stack socket is 10.0.0.1. */
export class AllowList {
  private readonly entries = new BlockList();

  /**
   * Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) that names the entry which is no address and no network, and the
   * option that has it.
   */
  constructor(entries: readonly string[], option = "allow") {
    if (entries.length === 0) throw typeError("UWSGI_INVALID_ARGUMENT", `${option} is empty: nobody could connect`);
    for (const entry of entries) this.add(entry, option);
  }

  /** Why a peer with this IP address may not connect, or undefined. */
  refusal(ip: string | undefined): ConnectionError | undefined {
    // A peer that has reset the connection has no address any more; what it sent before could still be read.
    if (ip === undefined) return refused("a peer that has left already");
    const [bare = ip] = ip.split("%");
    return this.entries.check(bare, isIP(bare) === 6 ? "ipv6" : "ipv4") ? undefined : refused(ip);
  }

  private add(entry: string, option: string): void {
    const [, ip = "", bits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
    const version = isIP(ip);
    const most = version === 4 ? 32 : 128;
    if (version === 0 || Number(bits ?? 0) > most) {
      throw typeError(
        "UWSGI_INVALID_ARGUMENT",
        `${option} has ${JSON.stringify(entry)}: an address or a network such as 10.0.0.0/8 or 2001:db8::/32 is needed`,
      );
    }
    this.entries.addSubnet(ip, Number(bits ?? most), version === 4 ? "ipv4" : "ipv6");
  }
}

function refused(peer: string): ConnectionError {
  return new ConnectionError(`${peer} is not in the list of those who may connect`, { code: "UWSGI_PEER_NOT_ALLOWED" });
}
