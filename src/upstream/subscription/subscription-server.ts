/// <reference lib="esnext.disposable" preserve="true" />
/** Listens for announcements and keeps the table of who is there. */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { formatAddress, type TcpAddress } from "../../connection/index.ts";
import { subscriptionChanged, subscriptionRefused } from "../../diagnostics.ts";
import { ConnectionError, ProtocolError, UwsgiError } from "../../errors.ts";
import type { ReceivedAnnouncement } from "./announcement.ts";
import { DatagramBudget } from "./datagram-budget.ts";
import { decodeSubscription } from "./decode-subscription.ts";
import { parseDatagramAddress } from "./options.ts";
import {
  checkExposure,
  type Parts,
  partsOf,
  type SubscriptionServerOptions,
  tableLimits,
} from "./subscription-options.ts";
import { normalKey, type SubscribedNode, type SubscriptionChange, SubscriptionTable } from "./subscription-table.ts";

/** How many datagrams there have been. */
export interface SubscriptionCounts {
  /** Announcements that count, refreshes too. */
  taken: number;
  /** Malformed, not allowed, not signed as they must be, old, or one too many in the table. */
  refused: number;
  /** Not looked at: too many in a second. */
  dropped: number;
}

/** Expiry is looked at so often. */
const LOOK_MS = 1_000;

/** A subscription server: what announces itself there is in `nodes`. */
export class SubscriptionServer implements AsyncDisposable {
  readonly counts: SubscriptionCounts = { taken: 0, refused: 0, dropped: 0 };
  /** Where it listens, `IP:port`. */
  readonly address: string;
  private readonly socket: Socket;
  private readonly options: SubscriptionServerOptions;
  private readonly parts: Parts;
  private readonly budget: DatagramBudget;
  private readonly table: SubscriptionTable;
  private readonly timer: NodeJS.Timeout;
  private closing: Promise<void> | undefined;

  private constructor(socket: Socket, address: string, options: SubscriptionServerOptions, parts: Parts) {
    this.socket = socket;
    this.address = address;
    this.options = options;
    this.parts = parts;
    this.budget = new DatagramBudget(options.maxDatagramsPerSecond ?? 1_000);
    this.table = new SubscriptionTable({ ...tableLimits(options), memoryMs: parts.clockToleranceMs });
    this.timer = setInterval(() => this.look(), Math.min(LOOK_MS, options.toleranceMs ?? LOOK_MS)).unref();
    socket.on("message", (bytes, sender) => this.onDatagram(bytes, sender));
    // Of a socket that only receives there are none to speak of; an unheard one would end the process.
    socket.on("error", (error) =>
      this.refuse("-", new ConnectionError(error.message, { code: "UWSGI_LISTEN_FAILED" })),
    );
  }

  /**
   * Listens on `host:port`, UDP.
   *
   * Rejects with a TypeError or RangeError (`UWSGI_INVALID_ARGUMENT`, `UWSGI_INVALID_ADDRESS`) for options that cannot
   * be right, a TypeError (`UWSGI_ADDRESS_EXPOSED`) when other machines can reach the address and neither `allow` nor
   * `signCheck` is given, a ConnectionError (`UWSGI_ADDRESS_IN_USE`, `UWSGI_LISTEN_FAILED`).
   */
  static async listen(address: string, options: SubscriptionServerOptions = {}): Promise<SubscriptionServer> {
    const parsed = parseDatagramAddress("subscription server", address);
    const parts = partsOf(options);
    const ip = await ipOf(parsed);
    checkExposure(parsed, ip, options);
    const socket = createSocket({ type: ip.includes(":") ? "udp6" : "udp4", ipv6Only: false });
    try {
      socket.bind({ address: ip, port: parsed.port, exclusive: true });
      await once(socket, "listening");
    } catch (error) {
      socket.close();
      throw listenFailed(parsed, error);
    }
    const { port } = socket.address();
    return new SubscriptionServer(socket, formatAddress({ kind: "tcp", host: ip, port }), options, parts);
  }

  /** Who is there now. */
  get nodes(): readonly SubscribedNode[] {
    return this.table.nodes;
  }

  /** Listens no more. What is in the table stays as it is. Idempotent. */
  close(): Promise<void> {
    return (this.closing ??= new Promise((resolve) => {
      clearInterval(this.timer);
      this.socket.close(() => resolve());
    }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private onDatagram(bytes: Uint8Array, sender: RemoteInfo): void {
    const peer = formatAddress({ kind: "tcp", host: sender.address, port: sender.port });
    // First: who may not speak must not use up what others need.
    const stranger = this.parts.allowed?.refusal(sender.address);
    if (stranger !== undefined) {
      this.refuse(peer, stranger);
      return;
    }
    if (!this.budget.spend(sender.address, performance.now())) {
      this.counts.dropped++;
      return;
    }
    try {
      this.take(decodeSubscription(bytes), sender.address);
      this.counts.taken++;
    } catch (error) {
      if (!(error instanceof UwsgiError)) throw error;
      this.refuse(peer, error);
    }
  }

  /** Throws a ProtocolError (`UWSGI_BAD_SUBSCRIPTION`) that says why it does not count. */
  private take(announcement: ReceivedAnnouncement, senderIp: string): void {
    const { key, address, proto } = announcement;
    const bad = (why: string): ProtocolError =>
      new ProtocolError(`subscription of ${address} for ${key}: ${why}`, { code: "UWSGI_BAD_SUBSCRIPTION" });
    if (proto?.startsWith("h") === true) throw bad("it speaks HTTP, and is asked by uwsgi only");
    const because = this.parts.rule(address, senderIp) ?? this.unsigned(announcement);
    if (because !== undefined) throw bad(because);
    // A time that nobody has signed could lock the node out.
    const { unix: _, ...timeless } = announcement;
    const outcome = this.table.take(this.parts.verify === undefined ? timeless : announcement, performance.now());
    if ("refusal" in outcome) throw bad(outcome.refusal);
    if (outcome.change !== undefined) this.tell(outcome.change);
  }

  /** What is wrong with the signature, where one is needed. */
  private unsigned({ key, unix, signature }: ReceivedAnnouncement): string | undefined {
    const { verify, clockToleranceMs } = this.parts;
    if (verify === undefined) return undefined;
    if (signature === undefined || unix === undefined) return "it is not signed";
    // oxlint-disable-next-line no-restricted-properties -- when it was made, by a clock of another machine
    const offSeconds = Math.round(unix - Date.now() / 1_000);
    // Before the signature, which costs more.
    if (Math.abs(offSeconds) * 1_000 > clockToleranceMs) {
      return `it is ${Math.abs(offSeconds)} s ${offSeconds < 0 ? "old" : "ahead"}, at most ${clockToleranceMs / 1_000} s are taken`;
    }
    return verify(normalKey(key), signature.signed, signature.bytes);
  }

  private look(): void {
    for (const change of this.table.expire(performance.now())) this.tell(change);
    const dropped = this.budget.takeDropped();
    if (dropped === 0) return;
    const error = new ProtocolError(`${dropped} datagrams were not looked at: there were too many in a second`, {
      code: "UWSGI_BAD_SUBSCRIPTION",
    });
    if (subscriptionRefused.hasSubscribers) subscriptionRefused.publish({ server: this, peer: "-", error });
  }

  private tell(change: SubscriptionChange): void {
    const { key, address } = change.node;
    if (change.change !== "refreshed" && subscriptionChanged.hasSubscribers) {
      const because = change.change === "removed" ? { because: change.because } : {};
      subscriptionChanged.publish({ server: this, change: change.change, key, address, ...because });
    }
    this.options.onChange?.(change);
  }

  private refuse(peer: string, error: UwsgiError): void {
    this.counts.refused++;
    if (subscriptionRefused.hasSubscribers) subscriptionRefused.publish({ server: this, peer, error });
  }
}

async function ipOf(address: TcpAddress): Promise<string> {
  try {
    return (await lookup(address.host, { order: "ipv4first" })).address;
  } catch (error) {
    throw listenFailed(address, error);
  }
}

function listenFailed(address: TcpAddress, cause: unknown): ConnectionError {
  const isTaken = cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE";
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ConnectionError(`cannot listen for announcements on ${formatAddress(address)}: ${reason}`, {
    code: isTaken ? "UWSGI_ADDRESS_IN_USE" : "UWSGI_LISTEN_FAILED",
    cause,
  });
}
