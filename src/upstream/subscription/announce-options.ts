/** What can be set for announcements, and what is read of it. */
import { type Address, parseAddress, type TcpAddress } from "../../connection/index.ts";
import { type ConnectionError, typeError } from "../../errors.ts";
import type { Announcement } from "./announcement.ts";
import { encodeSubscription } from "./encode-subscription.ts";
import { checkNumber, parseDatagramAddress } from "./options.ts";
import { signerOf, type SignOptions } from "./signature.ts";

export interface AnnounceOptions extends Omit<Announcement, "key"> {
  /**
   * Subscription servers, `host:port` each. Names are resolved each time. UDP only: Node.js has no datagrams on unix
   * sockets.
   */
  readonly to: string | readonly string[];
  /** The domain, or domains, whose requests shall come; see `Announcement.key`. */
  readonly key: string | readonly string[];
  /**
   * Where requests shall be sent: `IP:port`, `name:port`, or the absolute path of a unix socket, for routers on this
   * machine. A name is resolved each time, because routers of uWSGI do not; an address that it had before is
   * unsubscribed.
   */
  readonly address: string;
  /** Signs each announcement; uWSGI's `DIGEST:KEYFILE`, or options. Default: not signed. */
  readonly sign?: string | SignOptions;
  /** Milliseconds between two announcements. 1 000 or more. Default 10 000, as uWSGI's `subscribe-freq`; routers forget after 17 s. */
  readonly intervalMs?: number;
  /** Asked before each announcement; true: none is sent. uWSGI: `check` of `subscribe2`. Default: never. */
  readonly isPaused?: () => boolean;
  /** Told when one could not be sent (no such name, no network). It is tried again at the next interval. */
  readonly onError?: (error: ConnectionError) => void;
}

/** Options that were read. */
export interface CheckedAnnounceOptions {
  readonly keys: readonly string[];
  readonly routers: readonly TcpAddress[];
  readonly address: Address;
  readonly signer: Signer | undefined;
}

export type Signer = (bytes: Uint8Array) => Uint8Array;

/** Throws as `announce`. */
export function checkAnnounceOptions(options: AnnounceOptions): CheckedAnnounceOptions {
  const { to, key, address, intervalMs, sign } = options;
  const keys = listOf("key", key);
  const routers = listOf("to", to).map((text) => parseDatagramAddress("to", text));
  const parsed = checkAnnounced(address);
  checkNumber("intervalMs", intervalMs, 1_000, 2 ** 31 - 1);
  const signer = sign === undefined ? undefined : signerOf(sign);
  // What is too large is known now.
  for (const one of keys) encodeFor(options, one, address, false, 0, signer);
  return { keys, routers, address: parsed, signer };
}

/** The datagram of a key. `unix` counts where it is signed. */
export function encodeFor(
  options: AnnounceOptions,
  key: string,
  address: string,
  isUnsubscribe: boolean,
  unix: number,
  signer: Signer | undefined,
): Uint8Array {
  const sign = signer === undefined ? {} : { sign: { unix, signer } };
  return encodeSubscription({ ...options, key, address }, { isUnsubscribe, ...sign });
}

/** The address, when a router could connect to it. Throws a TypeError (`UWSGI_INVALID_ADDRESS`). */
function checkAnnounced(text: string): Address {
  const address = parseAddress(text);
  const { kind } = address;
  if (kind === "unix" && address.path.startsWith("/")) return address;
  if (kind === "tcp" && address.port !== 0 && !isWildcard(address.host)) return address;
  throw typeError(
    "UWSGI_INVALID_ADDRESS",
    `the address to announce is ${text}: one that a router can connect to is needed, IP:PORT, name:PORT or an absolute path`,
  );
}

/** True for what means all addresses of a machine. */
export function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || /^[0:]+$/.test(host);
}

function listOf(name: string, given: string | readonly string[]): readonly string[] {
  const list = typeof given === "string" ? [given] : given;
  if (Array.isArray(list) && list.length > 0) return [...new Set(list)];
  throw typeError("UWSGI_INVALID_ARGUMENT", `${name} is needed: a string, or a list of some`);
}
