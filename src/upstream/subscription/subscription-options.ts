/** What can be set on a subscription server, and what is read of it. */
import { AllowList, formatAddress, isLoopback, type TcpAddress } from "../../connection/index.ts";
import { typeError } from "../../errors.ts";
import { type NodeRule, nodeRule, type NodeRuleOptions } from "./node-rule.ts";
import { checkNumber } from "./options.ts";
import { type SignCheckOptions, type Verifier, verifierOf } from "./signature.ts";
import type { SubscriptionChange, SubscriptionTableOptions } from "./subscription-table.ts";

export interface SubscriptionServerOptions extends Omit<SubscriptionTableOptions, "memoryMs">, NodeRuleOptions {
  /**
   * Public keys that announcements must be signed by: uWSGI's `DIGEST:FOLDER` (`subscriptions-sign-check`), or options.
   * Default: none is asked for, and signatures are not looked at.
   */
  readonly signCheck?: string | SignCheckOptions;
  /**
   * Milliseconds that the clock of a sender of signed announcements may be off. Default 60 000; uWSGI's
   * `subscriptions-sign-check-tolerance` is a day.
   */
  readonly clockToleranceMs?: number;
  /** Addresses and networks whose datagrams are looked at. An address of a datagram can be forged where networks let it. */
  readonly allow?: readonly string[];
  /** Most datagrams that are looked at in a second; of one sender a quarter. Default 1 000. */
  readonly maxDatagramsPerSecond?: number;
  /** Told of each node that comes, goes, is another, or has announced itself again. Must not throw. */
  readonly onChange?: (change: SubscriptionChange) => void;
}

/** What options become. */
export interface Parts {
  readonly clockToleranceMs: number;
  readonly allowed: AllowList | undefined;
  readonly rule: NodeRule;
  readonly verify: Verifier | undefined;
}

/** Throws a TypeError or RangeError (`UWSGI_INVALID_ARGUMENT`). */
export function partsOf(options: SubscriptionServerOptions): Parts {
  checkNumber("toleranceMs", options.toleranceMs, 1, 2 ** 31 - 1);
  checkNumber("maxNodes", options.maxNodes, 1, 1_000_000);
  checkNumber("maxKeys", options.maxKeys, 1, 1_000_000);
  checkNumber("clockToleranceMs", options.clockToleranceMs, 1_000, 86_400_000);
  checkNumber("maxDatagramsPerSecond", options.maxDatagramsPerSecond, 1, 1_000_000);
  return {
    clockToleranceMs: options.clockToleranceMs ?? 60_000,
    allowed: options.allow === undefined ? undefined : new AllowList(options.allow),
    rule: nodeRule(options),
    verify: options.signCheck === undefined ? undefined : verifierOf(options.signCheck),
  };
}

/** The limits of the table that are given. */
export function tableLimits({ toleranceMs, maxNodes, maxKeys }: SubscriptionServerOptions): SubscriptionTableOptions {
  const limits = { toleranceMs, maxNodes, maxKeys };
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

/** Throws a TypeError (`UWSGI_ADDRESS_EXPOSED`) when other machines can reach `ip`, and nothing says who may announce. */
export function checkExposure(address: TcpAddress, ip: string, { allow, signCheck }: SubscriptionServerOptions): void {
  if (isLoopback(ip) || allow !== undefined || signCheck !== undefined) return;
  throw typeError(
    "UWSGI_ADDRESS_EXPOSED",
    `the subscription server ${formatAddress(address)} can be reached from other machines, and whoever announces a ` +
      "node gets requests: listen on loopback, say whose announcements are taken (allow), or have them signed (signCheck)",
  );
}
