/// <reference lib="esnext.disposable" preserve="true" />
/** Sends requests, and routers' packets, to the nodes that have announced themselves for their key. */
import type { Dialer, PacketRequest, RawConnection, Response, Sender } from "../../client/index.ts";
import type { Vars, VarsInit } from "../../codec/index.ts";
import { rejected, typeError, UpstreamError } from "../../errors.ts";
import type { Balance, UpstreamOptions } from "../options.ts";
import { Upstream } from "../upstream.ts";
import { checkNumber } from "./options.ts";
import { type RequestKeyOptions, requestKeys } from "./request-keys.ts";
import type { SubscriptionServerOptions } from "./subscription-options.ts";
import { SubscriptionServer } from "./subscription-server.ts";
import type { SubscriptionChange } from "./subscription-table.ts";

/** The nodes of one key, and who chooses among them: an `Upstream`. */
export interface NodeSet extends Sender, Dialer {
  /**
   * Takes a node in, or anew with these settings: each announcement comes here. One that was marked dead shall be asked
   * again.
   */
  add(node: SubscribedNodeInit): void;
  /** Takes the node away: requests that it has already go on. */
  remove(address: string): void;
  /** Ends what it does beside requests, such as health checks. Called when its last node is gone. */
  close?(): void | Promise<void>;
}

export interface SubscribedNodeInit {
  readonly address: string;
  readonly weight: number;
  /** 0: asked first. */
  readonly backupLevel: number;
  /** Of the packets that go to the node. */
  readonly modifier1: number;
  readonly modifier2: number;
}

export interface SubscribedUpstreamsOptions extends RequestKeyOptions {
  /**
   * Makes the empty set of nodes for a key. `algorithm` is what its first node asks for (`wrr`, `lrc`, `wlrc`,
   * `iphash`), if it does. Default an `Upstream` that does so; round robin by weight where nothing is asked for.
   */
  readonly nodesFor?: (key: string, algorithm: string | undefined) => NodeSet;
  /** Of the `Upstream`s that are made where `nodesFor` is not given; a `balance` here goes before what nodes ask for. */
  readonly upstream?: Omit<UpstreamOptions, "nodes">;
}

/**
 * The pools that a `SubscriptionServer` speaks of: hand its changes to `apply`. A request goes to the nodes of the first
 * of its keys that has some; see `requestKeys`.
 */
export class SubscribedUpstreams implements Sender, Dialer {
  private readonly options: RequestKeyOptions;
  private readonly nodesFor: (key: string, algorithm: string | undefined) => NodeSet;
  private isClosed = false;
  private closing: Promise<unknown> | undefined;
  private readonly pools = new Map<string, { readonly nodes: NodeSet; readonly addresses: Set<string> }>();

  /** Throws a TypeError or RangeError (`UWSGI_INVALID_ARGUMENT`). */
  constructor(options: SubscribedUpstreamsOptions = {}) {
    const { upstream = {}, nodesFor } = options;
    // Its options are checked here, not when the first node comes.
    void new Upstream(upstream);
    if (nodesFor !== undefined && typeof nodesFor !== "function") {
      throw typeError("UWSGI_INVALID_ARGUMENT", `nodesFor is ${typeof nodesFor}, a function is needed`);
    }
    this.nodesFor = nodesFor ?? ((_key, algorithm) => new Upstream({ balance: balanceOf(algorithm), ...upstream }));
    checkNumber("mountpoints", options.mountpoints, 0, 16);
    this.options = options;
  }

  /** Rejects with an UpstreamError (`UWSGI_NO_NODE`) where no key of the request has nodes; else as its nodes do. */
  send(request: PacketRequest): Promise<Response> {
    const nodes = this.nodesOf(request.vars);
    return nodes instanceof UpstreamError ? rejected(nodes) : nodes.send(request);
  }

  /**
   * Connects to a node for a router. Rejects with an UpstreamError (`UWSGI_NO_NODE`) where no key of these vars has nodes,
   * or there are no vars; else as its nodes do.
   */
  connect(vars: Vars | undefined, signal?: AbortSignal): Promise<RawConnection> {
    const nodes = this.nodesOf(vars ?? {});
    return nodes instanceof UpstreamError ? rejected(nodes) : nodes.connect(vars, signal);
  }

  /** Takes no more requests; resolves when those that run have ended. Idempotent. */
  async close(): Promise<void> {
    const pools = [...this.pools.values()];
    this.pools.clear();
    this.isClosed = true;
    this.closing = Promise.all([this.closing, ...pools.map(({ nodes }) => nodes.close?.())]);
    await this.closing;
  }

  private nodesOf(vars: VarsInit): NodeSet | UpstreamError {
    const keys = requestKeys(vars, this.options);
    for (const key of keys) {
      const pool = this.pools.get(key);
      if (pool !== undefined) return pool.nodes;
    }
    const seen = keys.map((key) => JSON.stringify(key)).join(", ");
    const message = this.isClosed
      ? "the upstream is closed"
      : seen === ""
        ? "the request names no host"
        : `nobody has announced itself for ${seen}`;
    return new UpstreamError(message, { code: "UWSGI_NO_NODE" });
  }

  /** Does what a change says; nothing behind `close`. */
  apply({ change, node }: SubscriptionChange): void {
    if (this.isClosed) return;
    const { key, address, weight, backup, modifier1, modifier2, algo } = node;
    if (change === "removed") {
      this.remove(key, address);
      return;
    }
    const pool = this.pools.get(key) ?? { nodes: this.nodesFor(key, algo), addresses: new Set<string>() };
    pool.nodes.add({ address, weight, backupLevel: backup, modifier1, modifier2 });
    pool.addresses.add(address);
    this.pools.set(key, pool);
  }

  private remove(key: string, address: string): void {
    const pool = this.pools.get(key);
    if (pool?.addresses.delete(address) !== true) return;
    pool.nodes.remove(address);
    if (pool.addresses.size > 0) return;
    this.pools.delete(key);
    void pool.nodes.close?.();
  }
}

/** uWSGI's algorithms, by our names. */
function balanceOf(algorithm: string | undefined): Balance {
  if (algorithm === "iphash") return "ip-hash";
  return algorithm === "lrc" || algorithm === "wlrc" ? "least-connections" : "round-robin";
}

/** Who sends to whoever has announced himself, and hears the announcements. */
export interface SubscribedTo extends Sender, Dialer, AsyncDisposable {
  /** Its address, its nodes and its counts. */
  readonly server: SubscriptionServer;
  /** Hears no more announcements and takes no more requests; resolves when those that run have ended. Idempotent. */
  close(): Promise<void>;
}

/**
 * Listens for announcements on `address` (`host:port`, UDP) and sends requests by them: the `to` of a bridge or a router.
 * Rejects as `SubscriptionServer.listen`.
 */
export async function subscribedTo(
  address: string,
  options: SubscriptionServerOptions & SubscribedUpstreamsOptions = {},
): Promise<SubscribedTo> {
  const upstreams = new SubscribedUpstreams(options);
  const server = await SubscriptionServer.listen(address, {
    ...options,
    onChange: (change) => {
      upstreams.apply(change);
      options.onChange?.(change);
    },
  });
  const close = async (): Promise<void> => {
    await server.close();
    await upstreams.close();
  };
  return {
    server,
    close,
    send: (request) => upstreams.send(request),
    connect: (vars, signal) => upstreams.connect(vars, signal),
    [Symbol.asyncDispose]: close,
  };
}
