/// <reference lib="esnext.disposable" preserve="true" />
/** Tells routers that an instance is there, again and again, and at its end that it is not. */
import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { type Address, formatAddress, type TcpAddress } from "../../connection/index.ts";
import { ConnectionError } from "../../errors.ts";
import { type AnnounceOptions, checkAnnounceOptions, encodeFor, type Signer } from "./announce-options.ts";

/** Names and networks may be slow when everything ends. */
const CLOSE_MS = 1_000;

/**
 * Announces an instance at once, and again each `intervalMs`, until it is closed. It does not keep the process running.
 *
 * Throws a TypeError or RangeError (`UWSGI_INVALID_ARGUMENT`, `UWSGI_INVALID_ADDRESS`) for what can never be right.
 * Nothing that happens later throws: see `onError`.
 */
export function announce(options: AnnounceOptions): Announcer {
  return new Announcer(options);
}

/** Who announces; see `announce`. */
export class Announcer implements AsyncDisposable {
  private readonly options: AnnounceOptions;
  private readonly keys: readonly string[];
  private readonly routers: readonly Router[];
  private readonly address: Address;
  private readonly signer: Signer | undefined;
  private readonly sockets = new Map<4 | 6, Socket>();
  private readonly timer: NodeJS.Timeout;
  private closing: Promise<void> | undefined;

  /** @internal See `announce`. */
  constructor(options: AnnounceOptions) {
    const { keys, routers, address, signer } = checkAnnounceOptions(options);
    this.options = options;
    this.keys = keys;
    this.routers = routers.map((at) => new Router(at));
    this.address = address;
    this.signer = signer;
    this.timer = setInterval(() => void this.round(), options.intervalMs ?? 10_000).unref();
    void this.round();
  }

  /**
   * Unsubscribes from all routers, so that they send no more requests; resolves when the datagrams are out, after a
   * second at most. Idempotent. Does not reject.
   */
  close(): Promise<void> {
    return (this.closing ??= this.leave());
  }

  /** Ends without a word: another process announces the same from now on. */
  abandon(): void {
    this.closing ??= Promise.resolve();
    this.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async round(): Promise<void> {
    await Promise.all(
      this.routers.map(async (router) => {
        // A name that is slow to resolve is not asked for twice at a time.
        if (router.isBusy) return;
        router.isBusy = true;
        try {
          if (this.options.isPaused?.() !== true) await this.tell(router);
        } catch (error) {
          this.report(router, error);
        } finally {
          router.isBusy = false;
        }
      }),
    );
  }

  private async tell(router: Router): Promise<void> {
    const [ip, address] = await Promise.all([ipOf(router.at), this.addressNow()]);
    // `close` has come meanwhile: what would be sent now would undo it.
    if (this.closing !== undefined) return;
    const before = router.told;
    router.ip = ip;
    router.told = address;
    if (before !== undefined && before !== address) await this.send(router, ip, before, true);
    await this.send(router, ip, address, false);
  }

  private end(): void {
    clearInterval(this.timer);
    for (const socket of this.sockets.values()) socket.close();
    this.sockets.clear();
  }

  private async leave(): Promise<void> {
    clearInterval(this.timer);
    const late = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref());
    await Promise.race([late, Promise.all(this.routers.map((router) => this.takeLeave(router)))]);
    this.end();
  }

  private async takeLeave(router: Router): Promise<void> {
    // Who was never told need not hear it.
    if (router.told === undefined || router.ip === undefined) return;
    try {
      // Not by asking for its name once more: that may take seconds, and the last answer is 10 s old.
      await this.send(router, router.ip, router.told, true);
    } catch (error) {
      this.report(router, error);
    }
  }

  /** All keys, one datagram each. */
  private async send(router: Router, ip: string, address: string, isUnsubscribe: boolean): Promise<void> {
    const socket = this.socketFor(isIP(ip) === 6 ? 6 : 4);
    const unix = router.nextUnix(isUnsubscribe);
    const sent = this.keys.map((key) => {
      const bytes = encodeFor(this.options, key, address, isUnsubscribe, unix, this.signer);
      return new Promise<void>((resolve, reject) => {
        socket.send(bytes, router.at.port, ip, (error) => (error instanceof Error ? reject(error) : resolve()));
      });
    });
    await Promise.all(sent);
  }

  private async addressNow(): Promise<string> {
    const { address } = this;
    if (address.kind !== "tcp") return formatAddress(address);
    return formatAddress({ ...address, host: await ipOf(address) });
  }

  private socketFor(family: 4 | 6): Socket {
    const known = this.sockets.get(family);
    if (known !== undefined) return known;
    const socket = createSocket(`udp${family}`).unref();
    socket.on("error", (error) => {
      this.sockets.delete(family);
      socket.close();
      for (const router of this.routers) this.report(router, error);
    });
    this.sockets.set(family, socket);
    return socket;
  }

  private report(router: Router, cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.options.onError?.(
      new ConnectionError(`cannot announce to ${formatAddress(router.at)}: ${reason}`, {
        code: "UWSGI_CONNECT_FAILED",
        cause,
      }),
    );
  }
}

/** A subscription server, and what it was told last. */
class Router {
  readonly at: TcpAddress;
  isBusy = false;
  ip: string | undefined;
  told: string | undefined;
  private unix = 0;

  constructor(at: TcpAddress) {
    this.at = at;
  }

  /**
   * Seconds since 1970 for what is sent next, later than any before: routers take an older one for a copy. One to
   * unsubscribe is a second ahead, as uWSGI's.
   */
  nextUnix(isUnsubscribe: boolean): number {
    // oxlint-disable-next-line no-restricted-properties -- when it was made, for the clock of another machine
    this.unix = Math.max(Math.floor(Date.now() / 1_000) + (isUnsubscribe ? 1 : 0), this.unix + 1);
    return this.unix;
  }
}

async function ipOf({ host }: TcpAddress): Promise<string> {
  if (isIP(host) !== 0) return host;
  const { address } = await lookup(host, { order: "ipv4first" });
  return address;
}
