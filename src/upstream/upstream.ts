/// <reference lib="esnext.disposable" preserve="true" />
/** Several servers as one `Sender` and `Dialer`: chooses a node for each request, and another when that fails and it is safe. */
import type { Dialer, PacketRequest, RawConnection, Response, Sender } from "../client/index.ts";
import type { Vars } from "../codec/index.ts";
import type { DialTls } from "../connection/index.ts";
import { type NodeChanged, nodeChanged } from "../diagnostics.ts";
import { typeError, UpstreamError } from "../errors.ts";
import { Choice } from "./choice.ts";
import { Connecting } from "./connecting.ts";
import { hashText } from "./hash.ts";
import { HealthChecks } from "./health-checks.ts";
import { hostOf } from "./names.ts";
import { type NodeInit, nodeSettings } from "./node-init.ts";
import { type NodeView, viewNodes } from "./node-view.ts";
import type { Node } from "./node.ts";
import { readSettings, type Settings, type UpstreamOptions } from "./options.ts";
import { parseNode } from "./parse-node.ts";
import { Picker } from "./picker.ts";
import { Pool } from "./pool.ts";
import { Resolution } from "./resolution.ts";
import { RetryBudget } from "./retry-budget.ts";
import { Sending } from "./sending.ts";

/**
 * A pool of servers that answer the same requests. Timers of its own (health checks, lookups of names) do not keep the
 * process alive, and end with `close`.
 */
export class Upstream implements Sender, Dialer, AsyncDisposable {
  private readonly settings: Settings;
  private readonly pool: Pool;
  private readonly sending: Sending;
  private readonly connecting: Connecting;
  private readonly checks: HealthChecks | undefined;
  private readonly resolution: Resolution | undefined;
  /** Who waits for a node to be gone. */
  private readonly waiting = new Map<Node, (() => void)[]>();
  private readonly tlsByHost = new Map<string, DialTls>();
  private closing: Promise<void> | undefined;

  /**
   * Throws a TypeError (`UWSGI_INVALID_ADDRESS`, `UWSGI_INVALID_ARGUMENT`) or a RangeError (`UWSGI_INVALID_ARGUMENT`)
   * for options that cannot be right, and for two nodes with the same address.
   */
  constructor(options: UpstreamOptions = {}) {
    this.settings = readSettings(options);
    const { choose, slowStartMs, active, resolve, random, budget, retry } = this.settings;
    const { timeouts = {} } = options;
    const inits = (options.nodes ?? []).map(readNode);
    this.pool = new Pool((node, state, why) => this.changed(node, state, why));
    this.checks = active && new HealthChecks(this.pool, active, random, (node) => this.tlsOf(node));
    this.resolution = resolve && new Resolution(this.pool, resolve);
    const choice = new Choice(this.pool, new Picker(choose, slowStartMs), this.resolution, retry, timeouts);
    this.connecting = new Connecting(this.pool, choice, timeouts, (node) => this.tlsOf(node));
    this.sending = new Sending({
      settings: this.settings,
      timeouts,
      pool: this.pool,
      choice,
      budget: new RetryBudget(budget),
      senderOf: (node) => this.senderOf(node),
    });
    const names = new Set<string>();
    for (const init of inits) {
      const { name } = nodeSettings(init);
      if (names.has(name)) throw typeError("UWSGI_INVALID_ARGUMENT", `node ${name} is there twice`);
      names.add(name);
    }
    for (const init of inits) this.join(init, false);
  }

  /**
   * Sends a request to a node, and to the next one when that fails: whatever the request is while nothing of it was sent
   * (no connection), else only when its method is idempotent, its body absent or replayable, and the budget of retries
   * allows; never once the response has been handed out.
   *
   * Rejects as `Client.send` when one node was asked. When several were: with a TimeoutError if all were too slow, else
   * with an error like the last of the others; `cause` is an AggregateError of all. With an UpstreamError
   * (`UWSGI_NO_NODE`) when none can be asked; it says why of each.
   */
  async send(request: PacketRequest): Promise<Response> {
    this.checkOpen();
    request.signal?.throwIfAborted();
    return this.sending.send(request, this.keyOf(request));
  }

  /**
   * Connects to a node, chosen as for `send`, and to the next one while there is no connection. The connection is in
   * flight at its node until it is released. Rejects as `Dialer.connect`; when several nodes were tried with one error
   * that has all as an AggregateError in `cause`.
   */
  async connect(vars: Vars | undefined, signal?: AbortSignal): Promise<RawConnection> {
    this.checkOpen();
    signal?.throwIfAborted();
    return this.connecting.connect(vars === undefined ? Number.NaN : this.keyOf({ vars }), signal);
  }

  /**
   * Adds a node; it starts slowly (`slowStartMs`). One that is there gets these settings and keeps its counts, and is
   * alive again if it was marked dead: who announces itself may be added again and again. Throws as the constructor.
   */
  add(node: string | NodeInit): void {
    this.checkOpen();
    this.join(readNode(node), true);
  }

  /**
   * Takes a node out; requests that run may finish. Resolves when they have, with false where there was no such node.
   * `address` as it was added.
   */
  async remove(address: string): Promise<boolean> {
    const nodes = this.drain(nameOf(address), "was removed");
    await Promise.all((nodes ?? []).map((node) => this.gone(node)));
    return nodes !== undefined;
  }

  /**
   * Takes a node out of the choice, for a reason that is known outside, until it is added again or marked alive. False
   * where there is no such node.
   */
  markDead(address: string, why: string): boolean {
    return this.pool.markDead(nameOf(address), why, performance.now());
  }

  /** Takes back `markDead`. False where there is no such node. */
  markAlive(address: string): boolean {
    return this.pool.markAlive(nameOf(address), "was marked alive", performance.now());
  }

  /** The nodes as they are now; a copy. */
  get nodes(): readonly NodeView[] {
    return viewNodes(this.pool, performance.now());
  }

  /** Takes no more requests, stops its timers, and resolves when the requests that run have ended. Idempotent. */
  close(): Promise<void> {
    return (this.closing ??= this.shutDown());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private checkOpen(): void {
    if (this.closing !== undefined) throw new UpstreamError("the upstream is closed", { code: "UWSGI_NO_NODE" });
  }

  /** See `Chooser`. */
  private keyOf(request: PacketRequest): number {
    const key = this.settings.keyOf?.(request);
    return key === undefined ? Number.NaN : hashText(key);
  }

  private async shutDown(): Promise<void> {
    this.checks?.close();
    this.resolution?.close();
    for (const name of this.pool.members.keys()) this.drain(name, "the upstream is closed");
    await Promise.all([...this.pool.draining].map((node) => this.gone(node)));
  }

  private join(init: NodeInit, isNew: boolean): void {
    const settings = nodeSettings(init);
    const host = this.resolution === undefined ? undefined : hostOf(settings.address);
    const member = this.pool.add(settings, host, performance.now(), isNew);
    if (host !== undefined) this.resolution?.watch(member);
  }

  private drain(name: string, why: string): readonly Node[] | undefined {
    const member = this.pool.members.get(name);
    if (member !== undefined) this.resolution?.forget(member);
    return this.pool.remove(name, why);
  }

  /** Resolves when the node is no longer draining. */
  private async gone(node: Node): Promise<void> {
    if (!this.pool.draining.has(node)) return;
    await new Promise<void>((resolve) => {
      this.waiting.set(node, [...(this.waiting.get(node) ?? []), resolve]);
    });
  }

  private changed(node: Node, state: NodeChanged["state"], why: string): void {
    if (state === "added") this.checks?.start(node);
    else if (state === "draining") this.checks?.stop(node);
    if (state === "added" || state === "removed") {
      this.sending.forget();
      for (const resolve of this.waiting.get(node) ?? []) resolve();
      this.waiting.delete(node);
    }
    if (nodeChanged.hasSubscribers) nodeChanged.publish({ upstream: this, node: node.name, state, why });
  }

  private senderOf(node: Node): Sender {
    const { connect, client } = this.settings;
    const tls = this.tlsOf(node);
    return connect(node.address, tls === undefined ? client : { ...client, tls });
  }

  /** A certificate is for the name, whatever address this has; one object for each name, since they are costly to read. */
  private tlsOf({ host, address }: Node): DialTls | undefined {
    const { tls } = this.settings.client;
    if (host === undefined || address.kind !== "tls" || tls?.serverName !== undefined) return tls;
    let named = this.tlsByHost.get(host);
    if (named === undefined) {
      named = { ...tls, serverName: host };
      this.tlsByHost.set(host, named);
    }
    return named;
  }
}

function readNode(node: string | NodeInit): NodeInit {
  return typeof node === "string" ? parseNode(node) : node;
}

/** An address in the form that nodes are known by. */
function nameOf(address: string): string {
  return nodeSettings({ address }).name;
}
