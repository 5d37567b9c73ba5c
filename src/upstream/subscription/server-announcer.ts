/// <reference lib="esnext.disposable" preserve="true" />
/** Announces a server of ours: by the addresses that it listens on, from when it is ready to when it begins to close. */
import { isIP } from "node:net";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Address, formatAddress, isLoopback } from "../../connection/index.ts";
import { type ConnectionError, rangeError, typeError } from "../../errors.ts";
import { announce, type Announcer } from "./announce.ts";
import { type AnnounceOptions, checkAnnounceOptions, isWildcard } from "./announce-options.ts";
import { parseDatagramAddress } from "./options.ts";

/** Where, and as what, a server announces itself. */
export interface ServerSubscription extends Omit<AnnounceOptions, "address" | "onError"> {
  /**
   * Where requests shall be sent, see `AnnounceOptions.address`: for a server that is reached by another address than
   * the one that it listens on, or listens on all. Default: the first address of the server that the routers can reach.
   */
  readonly address?: string;
  /** Which address of the server, counted from 0, instead. */
  readonly socket?: number;
}

/**
 * Behind unsubscribe: for the routers to read it, and for the requests that were on their way to arrive, before nobody
 * accepts any more.
 */
const SETTLE_MS = 100;

export class ServerAnnouncer {
  private readonly subscriptions: readonly ServerSubscription[];
  private announcers: Announcer[] = [];
  private isClosed = false;

  /**
   * For a server that is to listen on `addresses`. Throws a TypeError or RangeError (`UWSGI_INVALID_ARGUMENT`,
   * `UWSGI_INVALID_ADDRESS`) for what could not be announced then.
   */
  constructor(subscriptions: readonly ServerSubscription[], addresses: readonly Address[]) {
    if (!Array.isArray(subscriptions)) {
      throw typeError(
        "UWSGI_INVALID_ARGUMENT",
        `subscribe is ${typeof subscriptions}, a list of subscriptions is needed`,
      );
    }
    this.subscriptions = subscriptions;
    // The system chooses the port 0 later: any other does for now.
    const known = addresses.map((address) =>
      address.kind === "tcp" ? { ...address, port: address.port || 1 } : address,
    );
    for (const one of subscriptions) checkAnnounceOptions({ ...one, address: announcedAddress(one, known) });
  }

  /** Announces at once, and again and again: the server listens on these. `onError` as in `AnnounceOptions`. */
  start(addresses: readonly Address[], onError: (error: ConnectionError) => void): void {
    if (this.isClosed) return;
    this.announcers = this.subscriptions.map((one) =>
      announce({ ...one, address: announcedAddress(one, addresses), onError }),
    );
  }

  /** Unsubscribes; resolves, a second later at most, when the server may stop accepting. Does not reject. */
  async close(): Promise<void> {
    this.isClosed = true;
    if (this.announcers.length === 0) return;
    await Promise.all(this.announcers.map((announcer) => announcer.close()));
    await delay(SETTLE_MS);
  }

  /** Ends without a word: another process announces the same server from now on. */
  abandon(): void {
    this.isClosed = true;
    for (const announcer of this.announcers.splice(0)) announcer.abandon();
  }
}

/**
 * The address to announce for a server that listens on `addresses`. Throws a TypeError (`UWSGI_INVALID_ADDRESS`) that
 * says why there is none, or a RangeError (`UWSGI_INVALID_ARGUMENT`) for a socket that is not there.
 */
export function announcedAddress(subscription: ServerSubscription, addresses: readonly Address[]): string {
  const { address, socket } = subscription;
  if (address !== undefined) return address;
  const chosen = socket === undefined ? addresses : addresses.slice(socket, socket + 1);
  const [first] = chosen;
  if (first === undefined || (socket !== undefined && !(socket >= 0))) {
    throw rangeError("UWSGI_INVALID_ARGUMENT", `there is no socket ${socket}, only 0 to ${addresses.length - 1}`);
  }
  const areLocal = routersOf(subscription).every(isLocal);
  const good = chosen.find((one) => objection(one, areLocal) === undefined);
  if (good === undefined) {
    throw typeError(
      "UWSGI_INVALID_ADDRESS",
      `${formatAddress(first)} cannot be announced: ${objection(first, areLocal)}; say in address where routers can ` +
        "connect to, such as 10.0.0.1:3031",
    );
  }
  // Routers have another current folder.
  return good.kind === "unix" ? resolve(good.path) : formatAddress(good);
}

/** Why routers cannot connect to an address of ours; undefined where they can. */
function objection(address: Address, areLocal: boolean): string | undefined {
  if (address.kind === "unix")
    return areLocal ? undefined : "a path is of this machine, and there are routers on others";
  if (address.kind !== "tcp") return "routers connect to IP:PORT or a path";
  if (isWildcard(address.host)) return "it means all addresses of this machine";
  if (areLocal || !isLocal(address.host)) return undefined;
  return "it is of this machine alone, and there are routers on others";
}

function routersOf({ to }: ServerSubscription): readonly string[] {
  return (typeof to === "string" ? [to] : to).map((text) => parseDatagramAddress("to", text).host);
}

function isLocal(host: string): boolean {
  return isIP(host) === 0 ? host === "localhost" : isLoopback(host);
}
