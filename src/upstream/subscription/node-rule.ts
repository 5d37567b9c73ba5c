/**
 * Where an announcement may send requests: whoever says an address makes this process connect to it, and hands it the
 * requests of others.
 */
import { BlockList, isIP } from "node:net";
import { isAbsolute, normalize, sep } from "node:path";
import { AllowList, isLoopback, parseAddress } from "../../connection/index.ts";
import { errorCode, typeError } from "../../errors.ts";

export interface NodeRuleOptions {
  /**
   * Addresses and networks that may be announced, such as `10.0.0.0/8`. Default: only the sender's own IP address, the
   * one that the datagram came from.
   */
  readonly nodes?: readonly string[];
  /**
   * Folders: unix sockets in them, and in what is below, may be announced, by senders on this machine. Default none.
   */
  readonly paths?: readonly string[];
}

const unspecified = new BlockList();
unspecified.addAddress("0.0.0.0", "ipv4");
unspecified.addAddress("::", "ipv6");

/** Says why an address may not be announced by a sender with that IP address; undefined when it may. */
export type NodeRule = (address: string, senderIp: string) => string | undefined;

/** Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for entries that are no networks and folders that are not absolute. */
export function nodeRule({ nodes, paths = [] }: NodeRuleOptions): NodeRule {
  const allowed = nodes === undefined ? undefined : new AllowList(nodes, "nodes");
  const folders = paths.map(folderOf);
  return (address, senderIp) => {
    const parsed = parseOrUndefined(address);
    if (parsed?.kind === "unix") {
      if (!isLoopback(senderIp)) return `the path ${address} is of another machine`;
      const path = normalize(parsed.path);
      if (isAbsolute(path) && folders.some((folder) => path.startsWith(folder))) return undefined;
      return `the path ${address} is in none of the folders that may be announced (paths)`;
    }
    if (parsed?.kind !== "tcp" || isIP(parsed.host) === 0 || parsed.port === 0) {
      return `the address ${JSON.stringify(address)} is not IP:PORT and no path`;
    }
    // A connection to it goes to this machine.
    if (unspecified.check(parsed.host, isIP(parsed.host) === 4 ? "ipv4" : "ipv6")) {
      return `the address ${address} means all addresses of a machine, none that could be connected to`;
    }
    if (allowed === undefined) {
      if (bare(parsed.host) === bare(senderIp)) return undefined;
      return `the address ${address} is not of its sender ${senderIp}: say in nodes which others may be announced`;
    }
    return allowed.refusal(parsed.host) === undefined ? undefined : `the address ${address} is not in the list nodes`;
  };
}

function parseOrUndefined(address: string): ReturnType<typeof parseAddress> | undefined {
  try {
    return parseAddress(address);
  } catch (error) {
    if (errorCode(error) === "UWSGI_INVALID_ADDRESS") return undefined;
    throw error;
  }
}

/** One spelling for one address, as far as senders' are spelled by the system. */
function bare(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  return mapped ?? ip.toLowerCase();
}

function folderOf(path: string): string {
  if (typeof path !== "string" || !isAbsolute(path)) {
    throw typeError(
      "UWSGI_INVALID_ARGUMENT",
      `paths has ${JSON.stringify(path)}: absolute paths of folders are needed`,
    );
  }
  const folder = normalize(path);
  return folder.endsWith(sep) ? folder : folder + sep;
}
