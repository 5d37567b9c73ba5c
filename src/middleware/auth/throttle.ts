/**
 * Who guesses passwords waits longer and longer. Pure: `now` is a parameter, in milliseconds of a clock that only goes
 * forward.
 *
 * An attempt counts as failed from its beginning, so that many at once are not one; it is taken back when it succeeds.
 * Failures are counted for a name from an address, and for the address whatever the name. The second count is
 * let off more, for many people may come from one address; and a success takes back only itself from it, so that
 * nobody with a password of their own can guess those of others for ever.
 */

export interface ThrottleOptions {
  /** From so many failures on who comes for one name from one address has to wait. Default 5. */
  readonly failures?: number;
  /** The same for an address, whatever the names. Default 20. */
  readonly addressFailures?: number;
  /** The first wait is a second; each failure doubles it, up to this. Default 900. */
  readonly mostDelaySeconds?: number;
  /** So many names and so many addresses are remembered; then those are forgotten that failed longest ago. Default 10 000. */
  readonly entries?: number;
}

export class Throttle {
  private readonly names: FailureTable;
  private readonly addresses: FailureTable;

  constructor(options: ThrottleOptions = {}) {
    const { failures = 5, addressFailures = 20, mostDelaySeconds = 900, entries = 10_000 } = options;
    this.names = new FailureTable(failures, mostDelaySeconds * 1_000, entries);
    this.addresses = new FailureTable(addressFailures, mostDelaySeconds * 1_000, entries);
  }

  /** How long this client has to wait before it may try; 0 when it may. */
  waitMs(name: string, address: string | undefined, now: number): number {
    if (this.names.isEmpty && this.addresses.isEmpty) return 0;
    const client = networkOf(address);
    return Math.max(this.names.waitMs(`${client} ${name}`, now), this.addresses.waitMs(client, now));
  }

  /** An attempt begins. */
  begin(name: string, address: string | undefined, now: number): void {
    const client = networkOf(address);
    this.names.add(`${client} ${name}`, now);
    this.addresses.add(client, now);
  }

  /** It was the right password: all is forgiven. */
  succeed(name: string, address: string | undefined, now: number): void {
    const client = networkOf(address);
    this.names.forget(`${client} ${name}`);
    this.addresses.takeBack(client, now);
  }

  /** Nothing came of it, for a reason of our own. */
  takeBack(name: string, address: string | undefined, now: number): void {
    const client = networkOf(address);
    this.names.takeBack(`${client} ${name}`, now);
    this.addresses.takeBack(client, now);
  }
}

interface Failures {
  readonly count: number;
  /** Until when is waited. */
  readonly until: number;
}

/** Behind the wait one failure is forgotten each minute. */
const FORGET_MS = 60_000;

/** Failures by key; those that failed longest ago come first, and are forgotten first. */
class FailureTable {
  private readonly free: number;
  private readonly mostDelayMs: number;
  private readonly most: number;
  private readonly table = new Map<string, Failures>();

  constructor(free: number, mostDelayMs: number, most: number) {
    this.free = free;
    this.mostDelayMs = mostDelayMs;
    this.most = most;
  }

  get isEmpty(): boolean {
    return this.table.size === 0;
  }

  waitMs(key: string, now: number): number {
    const found = this.table.get(key);
    return found === undefined ? 0 : Math.max(0, found.until - now);
  }

  add(key: string, now: number): void {
    this.put(key, this.countAt(key, now) + 1, now);
    if (this.table.size <= this.most) return;
    for (const oldest of this.table.keys()) {
      this.table.delete(oldest);
      break;
    }
  }

  takeBack(key: string, now: number): void {
    const count = this.countAt(key, now) - 1;
    this.table.delete(key);
    // Nobody has to wait for it: where there is a wait, only one attempt is under way.
    if (count > 0) this.table.set(key, { count, until: now });
  }

  forget(key: string): void {
    this.table.delete(key);
  }

  private countAt(key: string, now: number): number {
    const found = this.table.get(key);
    if (found === undefined) return 0;
    return Math.max(0, found.count - Math.floor(Math.max(0, now - found.until) / FORGET_MS));
  }

  private put(key: string, count: number, now: number): void {
    const delay = count < this.free ? 0 : Math.min(this.mostDelayMs, 1_000 * 2 ** (count - this.free));
    this.table.delete(key);
    this.table.set(key, { count, until: now + delay });
  }
}

/** What one client has: an IPv4 address, or the /64 of an IPv6 one. "" where there is none (a unix socket). */
export function networkOf(address: string | undefined): string {
  if (address === undefined || !address.includes(":")) return address ?? "";
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  const behind = tail === undefined || tail === "" ? 0 : tail.split(":").length;
  const all =
    tail === undefined ? groups : [...groups, ...Array.from({ length: 8 - groups.length - behind }, () => "0")];
  const whole = tail === undefined || tail === "" ? all : [...all, ...tail.split(":")];
  return `${whole
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}
