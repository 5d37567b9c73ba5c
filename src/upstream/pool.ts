/**
 * The members of an upstream and what becomes of them: come, up, down, draining, gone. Decides only: time is a
 * parameter, and whoever acts on a change is told of it.
 *
 * A member is what was added; its nodes are the addresses that this stands for: one, or those that its host name
 * resolves to. A node is up; or down, since it failed as a client saw it (passive), as its health checks say (active)
 * or because somebody said so; or draining, when no request goes to it any more and some still run.
 *
 * Passive, as nginx: `maxFails` failures within `failTimeoutMs` take a node out for `failTimeoutMs`. Then one request at
 * a time may try it: when that is answered the node is up again, when it fails the time begins anew. A node that is
 * alone is never taken out by failures: nobody else could do better.
 */
import type { Address } from "../connection/index.ts";
import type { NodeChanged } from "../diagnostics.ts";
import type { NodeSettings } from "./node-init.ts";
import { describe, isUp, Node } from "./node.ts";

export interface Member {
  settings: NodeSettings;
  /** The name to be resolved; undefined where there is none. */
  readonly host: string | undefined;
  nodes: Node[];
  /** Why the name has no addresses yet. */
  unresolved: unknown;
}

/** How a health check ended. */
export type PingOutcome =
  | { readonly isWell: true; readonly warning: string }
  | { readonly isWell: false; readonly error: unknown };

export interface PingThresholds {
  /** So many checks that pass bring a node back. */
  readonly rise: number;
  /** So many that fail, one behind the other, take it out. */
  readonly fall: number;
}

export class Pool {
  readonly members: Map<string, Member> = new Map();
  /** All that requests may go to, whether they are up or not. */
  nodes: readonly Node[] = [];
  readonly draining: Set<Node> = new Set();
  private readonly changed: (node: Node, state: NodeChanged["state"], why: string) => void;

  constructor(changed: (node: Node, state: NodeChanged["state"], why: string) => void) {
    this.changed = changed;
  }

  /**
   * Adds a member, or gives one that is there other settings; then it is alive, if it was marked dead. One with a
   * `host` has no nodes until `resolved` is called. `isNew`: it has a slow start.
   */
  add(settings: NodeSettings, host: string | undefined, now: number, isNew: boolean): Member {
    const known = this.members.get(settings.name);
    if (known !== undefined) {
      known.settings = settings;
      for (const node of known.nodes) node.use(settings);
      this.markAlive(settings.name, "was added again", now);
      return known;
    }
    const member: Member = { settings, host, nodes: [], unresolved: undefined };
    this.members.set(settings.name, member);
    if (host === undefined) this.join(member, settings.address, now, isNew, "was added");
    return member;
  }

  /** The addresses that the name of a member stands for now; those it no longer stands for drain. */
  resolved(member: Member, addresses: readonly Address[], now: number): void {
    const isFirst = member.nodes.length === 0;
    member.unresolved = undefined;
    const { host } = member;
    const wanted = new Map(addresses.map((address) => [new Node(member.settings, address, host).name, address]));
    for (const node of member.nodes) {
      if (wanted.delete(node.name)) continue;
      this.drain(member, node, `${host} no longer has this address`);
    }
    for (const address of wanted.values()) this.join(member, address, now, !isFirst, `an address of ${host}`);
  }

  /** Takes a member out; requests that run may finish. Answers its nodes, undefined where there is no such member. */
  remove(name: string, why: string): readonly Node[] | undefined {
    const member = this.members.get(name);
    if (member === undefined) return undefined;
    this.members.delete(name);
    const { nodes } = member;
    for (const node of nodes) this.drain(member, node, why);
    return nodes;
  }

  /** A request goes to the node. Answers whether it is the one that tries a node which had failed. */
  begin(node: Node): boolean {
    node.inFlight++;
    node.requests++;
    if (node.downUntil === Number.NEGATIVE_INFINITY) return false;
    node.isProbed = true;
    return true;
  }

  /** What `begin` has counted is over. */
  end(node: Node, isProbe: boolean): void {
    node.inFlight--;
    if (isProbe) node.isProbed = false;
    if (node.isDraining && node.inFlight === 0) this.leave(node, "its last request has ended");
  }

  succeeded(node: Node, isProbe: boolean, now: number): void {
    if (!isProbe || node.downUntil === Number.NEGATIVE_INFINITY) return;
    const wasUp = isUp(node);
    clearFailures(node);
    this.tell(node, wasUp, "answered a request again", now);
  }

  failed(node: Node, error: unknown, now: number): void {
    const { maxFails, failTimeoutMs } = node.settings;
    node.failures++;
    node.passes = 0;
    node.lastFailure = { error, at: now };
    if (node.downUntil !== Number.NEGATIVE_INFINITY) {
      node.downUntil = now + failTimeoutMs;
      return;
    }
    if (now - node.failsSince > failTimeoutMs) {
      node.fails = 0;
      node.failsSince = now;
    }
    node.fails++;
    if (maxFails === 0 || node.fails < maxFails || node.isDraining || this.nodes.length < 2) return;
    const wasUp = isUp(node);
    node.downUntil = now + failTimeoutMs;
    this.tell(node, wasUp, describe(error, node), now);
  }

  pinged(node: Node, outcome: PingOutcome, now: number, { rise, fall }: PingThresholds): void {
    const wasUp = isUp(node);
    if (outcome.isWell) {
      node.misses = 0;
      node.passes++;
      node.warning = outcome.warning;
      if (wasUp || node.passes < rise) return;
      node.isPingDown = false;
      clearFailures(node);
      this.tell(node, wasUp, `passed ${node.passes} health checks`, now);
      return;
    }
    node.passes = 0;
    node.misses++;
    node.lastFailure = { error: outcome.error, at: now };
    if (node.isPingDown || node.misses < fall) return;
    node.isPingDown = true;
    this.tell(node, wasUp, `failed ${node.misses} health checks: ${describe(outcome.error, node)}`, now);
  }

  /** Takes a member out of the choice until it is marked alive or added again. False where there is no such member. */
  markDead(name: string, why: string, now: number): boolean {
    const member = this.members.get(name);
    for (const node of member?.nodes ?? []) {
      const wasUp = isUp(node);
      node.deadWhy = why;
      this.tell(node, wasUp, why, now);
    }
    return member !== undefined;
  }

  markAlive(name: string, why: string, now: number): boolean {
    const member = this.members.get(name);
    for (const node of member?.nodes ?? []) {
      if (node.deadWhy === undefined) continue;
      node.deadWhy = undefined;
      this.tell(node, false, why, now);
    }
    return member !== undefined;
  }

  private join(member: Member, address: Address, now: number, isNew: boolean, why: string): void {
    const fresh = new Node(member.settings, address, member.host);
    const node = [...this.draining].find(({ name, host }) => name === fresh.name && host === fresh.host) ?? fresh;
    this.draining.delete(node);
    node.isDraining = false;
    node.use(member.settings);
    if (isNew) node.returnedAt = now;
    member.nodes = [...member.nodes, node];
    this.nodes = [...this.nodes, node];
    this.changed(node, "added", why);
  }

  private drain(member: Member, node: Node, why: string): void {
    member.nodes = member.nodes.filter((other) => other !== node);
    this.nodes = this.nodes.filter((other) => other !== node);
    node.isDraining = true;
    this.draining.add(node);
    this.changed(node, "draining", why);
    if (node.inFlight === 0) this.leave(node, why);
  }

  private leave(node: Node, why: string): void {
    if (this.draining.delete(node)) this.changed(node, "removed", why);
  }

  /** Reports a node that has come up or gone down. */
  private tell(node: Node, wasUp: boolean, why: string, now: number): void {
    const isUpNow = isUp(node);
    if (isUpNow === wasUp) return;
    if (isUpNow) node.returnedAt = now;
    this.changed(node, isUpNow ? "up" : "down", why);
  }
}

function clearFailures(node: Node): void {
  node.downUntil = Number.NEGATIVE_INFINITY;
  node.isProbed = false;
  node.fails = 0;
  node.failsSince = Number.NEGATIVE_INFINITY;
}
