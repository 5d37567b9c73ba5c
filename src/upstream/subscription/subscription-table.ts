/**
 * Which nodes are there for which key: what announcements say, and what has come of not hearing from one. Pure: `now` is
 * a parameter, milliseconds of a monotonic clock.
 */
import type { ReceivedAnnouncement } from "./announcement.ts";

/** A node that has announced itself for a key. */
export interface SubscribedNode extends Pick<
  ReceivedAnnouncement,
  "address" | "modifier1" | "modifier2" | "cores" | "load" | "weight" | "backup" | "algo"
> {
  /** As `normalKey` writes it. */
  readonly key: string;
}

/**
 * What has become of a node. `changed`: its weight, its backup level or its modifiers are others; `refreshed`: it has
 * announced itself again, and is what it was.
 */
export type SubscriptionChange =
  | { readonly change: "added" | "changed" | "refreshed"; readonly node: SubscribedNode }
  | { readonly change: "removed"; readonly node: SubscribedNode; readonly because: "unsubscribed" | "silent" };

/** What comes of an announcement: what has become of its node, if there is or was one; or why it was refused. */
export type SubscriptionOutcome = { readonly change: SubscriptionChange | undefined } | { readonly refusal: string };

export interface SubscriptionTableOptions {
  /** Milliseconds without an announcement after which a node is gone. Default 17 000 (uWSGI: `subscription-tolerance`). */
  readonly toleranceMs?: number;
  /** Most nodes in all. Default 10 000. */
  readonly maxNodes?: number;
  /** Most keys. Default 1 000. */
  readonly maxKeys?: number;
  /**
   * Milliseconds for which the time of a node's last signed announcement is kept behind its end, so that an older one
   * does not bring it back: as long as signed announcements are taken. Default 60 000.
   */
  readonly memoryMs?: number;
}

interface Entry {
  /** Undefined: the node is gone, and only `unix` is kept. */
  node: SubscribedNode | undefined;
  heardAt: number;
  /** Of the last signed announcement. */
  unix: number | undefined;
}

/**
 * The key as it is looked up: domains mean the same in any case, mountpoints (behind the first `/`) do not. uWSGI
 * compares bytes, and so never finds a key that was announced with capitals, because browsers send none.
 */
export function normalKey(key: string): string {
  const slash = key.indexOf("/");
  return slash === -1 ? key.toLowerCase() : key.slice(0, slash).toLowerCase() + key.slice(slash);
}

export class SubscriptionTable {
  private readonly toleranceMs: number;
  private readonly maxNodes: number;
  private readonly maxKeys: number;
  private readonly memoryMs: number;
  /** By key, then by address. */
  private readonly pools = new Map<string, Map<string, Entry>>();
  private entries = 0;

  constructor({
    toleranceMs = 17_000,
    maxNodes = 10_000,
    maxKeys = 1_000,
    memoryMs = 60_000,
  }: SubscriptionTableOptions = {}) {
    this.toleranceMs = toleranceMs;
    this.maxNodes = maxNodes;
    this.maxKeys = maxKeys;
    this.memoryMs = memoryMs;
  }

  /** All nodes, those of one key together. */
  get nodes(): readonly SubscribedNode[] {
    return [...this.pools.values()].flatMap((pool) => [...pool.values()].flatMap(({ node }) => node ?? []));
  }

  /** Takes an announcement whose signature, if it needs one, was found good. */
  take(announcement: ReceivedAnnouncement, now: number): SubscriptionOutcome {
    const node = nodeOf(announcement);
    const { key, address } = node;
    const entry = this.pools.get(key)?.get(address);
    const { unix } = announcement;
    if (entry?.unix !== undefined && unix !== undefined && unix <= entry.unix) {
      return { refusal: `it is of ${unix}, and one of ${entry.unix} has come already: an old one, sent again` };
    }
    return announcement.isUnsubscribe ? this.remove(node, entry, unix, now) : this.keep(node, entry, unix, now);
  }

  /** Removes what has been silent for too long. */
  expire(now: number): SubscriptionChange[] {
    const changes: SubscriptionChange[] = [];
    for (const [key, pool] of this.pools) {
      for (const [address, entry] of pool) {
        const silentMs = now - entry.heardAt;
        const { node } = entry;
        if (node !== undefined && silentMs > this.toleranceMs) {
          changes.push({ change: "removed", node, because: "silent" });
          entry.node = undefined;
        }
        const keptMs = entry.unix === undefined ? 0 : this.memoryMs;
        if (entry.node === undefined && silentMs > keptMs) this.forget(key, address);
      }
    }
    return changes;
  }

  private keep(
    node: SubscribedNode,
    entry: Entry | undefined,
    unix: number | undefined,
    now: number,
  ): SubscriptionOutcome {
    if (entry === undefined) {
      if (this.entries >= this.maxNodes) return { refusal: `there are ${this.maxNodes} nodes, which is the most` };
      const pool = this.pools.get(node.key) ?? new Map<string, Entry>();
      if (pool.size === 0 && this.pools.size >= this.maxKeys) {
        return { refusal: `there are ${this.maxKeys} keys, which is the most` };
      }
      pool.set(node.address, { node, heardAt: now, unix });
      this.pools.set(node.key, pool);
      this.entries++;
      return { change: { change: "added", node } };
    }
    const before = entry.node;
    entry.node = node;
    entry.heardAt = now;
    entry.unix = unix ?? entry.unix;
    if (before === undefined) return { change: { change: "added", node } };
    return { change: { change: isAlike(before, node) ? "refreshed" : "changed", node } };
  }

  private remove(
    { key, address }: SubscribedNode,
    entry: Entry | undefined,
    unix: number | undefined,
    now: number,
  ): SubscriptionOutcome {
    if (entry === undefined) return { change: undefined };
    const { node } = entry;
    entry.node = undefined;
    entry.heardAt = now;
    entry.unix = unix ?? entry.unix;
    if (entry.unix === undefined) this.forget(key, address);
    return { change: node === undefined ? undefined : { change: "removed", node, because: "unsubscribed" } };
  }

  private forget(key: string, address: string): void {
    const pool = this.pools.get(key);
    if (pool?.delete(address) !== true) return;
    this.entries--;
    if (pool.size === 0) this.pools.delete(key);
  }
}

function nodeOf(announcement: ReceivedAnnouncement): SubscribedNode {
  const { address, modifier1, modifier2, cores, load, weight, backup, algo } = announcement;
  const key = normalKey(announcement.key);
  return { key, address, modifier1, modifier2, cores, load, weight, backup, ...(algo === undefined ? {} : { algo }) };
}

function isAlike(a: SubscribedNode, b: SubscribedNode): boolean {
  return a.weight === b.weight && a.backup === b.backup && a.modifier1 === b.modifier1 && a.modifier2 === b.modifier2;
}
