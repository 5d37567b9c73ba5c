/**
 * Looks names up, at once and again and again, as container platforms want it: the addresses behind a name are those of
 * the containers that run now. What fails keeps the addresses that were known.
 */
import { lookup as systemLookup } from "node:dns/promises";
import { atIp, isLiteral } from "./names.ts";
import type { Member, Pool } from "./pool.ts";

/** All addresses of a name, as text; rejects when it has none. */
export type Lookup = (host: string) => Promise<readonly string[]>;

export interface ResolveOptions {
  /** How often names are looked up, in ms. Default 10 000; Infinity: once, and after failed connections. */
  readonly intervalMs: number;
  /** How long a lookup may take, in ms; what comes later is not used. Default 5 000. */
  readonly timeoutMs: number;
  /** Default the system's, IPv4 and IPv6 (`dns.lookup` with `all`): it knows /etc/hosts. */
  readonly lookup: Lookup;
}

export const defaultResolve: ResolveOptions = {
  intervalMs: 10_000,
  timeoutMs: 5_000,
  lookup: async (host) => (await systemLookup(host, { all: true })).map(({ address }) => address),
};

/** Failed connections make us look again, but not more often than this. */
const LEAST_PAUSE_MS = 1_000;

/** More addresses of one name are not used. */
const MOST_ADDRESSES = 256;

interface Watched {
  timer: NodeJS.Timeout | undefined;
  /** The lookup that runs. */
  running: Promise<void> | undefined;
  lookedAt: number;
}

export class Resolution {
  private readonly pool: Pool;
  private readonly options: ResolveOptions;
  private readonly watched = new Map<Member, Watched>();

  constructor(pool: Pool, options: ResolveOptions) {
    this.pool = pool;
    this.options = options;
  }

  /** Begins to look up the name of a member. */
  watch(member: Member): void {
    if (this.watched.has(member)) return;
    this.watched.set(member, { timer: undefined, running: undefined, lookedAt: Number.NEGATIVE_INFINITY });
    this.look(member);
  }

  forget(member: Member): void {
    clearTimeout(this.watched.get(member)?.timer);
    this.watched.delete(member);
  }

  /** Its addresses may be old: one of them could not be reached. */
  doubt(member: Member): void {
    const watched = this.watched.get(member);
    if (watched !== undefined && performance.now() - watched.lookedAt >= LEAST_PAUSE_MS) this.look(member);
  }

  /** Settles when one of the lookups that run has ended; undefined when none runs for a name that has no address. */
  firstAddresses(): Promise<void> | undefined {
    const running = [...this.watched].flatMap(([{ nodes }, { running: one }]) =>
      nodes.length === 0 && one !== undefined ? [one] : [],
    );
    return running.length === 0 ? undefined : Promise.race(running);
  }

  close(): void {
    for (const member of this.watched.keys()) this.forget(member);
  }

  private look(member: Member): void {
    const watched = this.watched.get(member);
    if (watched === undefined || watched.running !== undefined) return;
    clearTimeout(watched.timer);
    watched.running = this.update(member).then(() => {
      watched.running = undefined;
      watched.lookedAt = performance.now();
      const { intervalMs } = this.options;
      if (intervalMs === Number.POSITIVE_INFINITY || this.watched.get(member) !== watched) return;
      watched.timer = setTimeout(() => this.look(member), intervalMs).unref();
    });
  }

  /** Never rejects. */
  private async update(member: Member): Promise<void> {
    const { host = "" } = member;
    try {
      const found = await this.within(host);
      if (!this.watched.has(member)) return;
      const ips = [...new Set(found)].filter((ip) => isLiteral(ip)).slice(0, MOST_ADDRESSES);
      if (ips.length === 0) throw new Error(`${host} has no address`);
      const addresses = ips.map((ip) => atIp(member.settings.address, ip));
      this.pool.resolved(member, addresses, performance.now());
    } catch (error) {
      member.unresolved = error;
    }
  }

  private async within(host: string): Promise<readonly string[]> {
    const { lookup, timeoutMs } = this.options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const fail = (): void => reject(new Error(`${host} was not resolved within ${timeoutMs} ms`));
      if (timeoutMs !== Number.POSITIVE_INFINITY) timer = setTimeout(fail, timeoutMs).unref();
    });
    try {
      return await Promise.race([lookup(host), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
