/** What may be said about an upstream, and what is so where nothing is said. */
import { Client, type ClientOptions, type PacketRequest, type Sender, type Timeouts } from "../client/index.ts";
import type { Address } from "../connection/index.ts";
import { typeError } from "../errors.ts";
import { type Chooser, leastConnections, powerOfTwo, rendezvous, roundRobin } from "./choosers.ts";
import { type ActiveHealth, defaultActiveHealth } from "./health-checks.ts";
import { checkNumber, type NodeInit } from "./node-init.ts";
import { varOf } from "./request-facts.ts";
import { defaultResolve, type ResolveOptions } from "./resolution.ts";
import type { BudgetOptions } from "./retry-budget.ts";

/**
 * How a node is chosen. `round-robin`: in turn, by weight. `least-connections`: the one with the fewest requests in
 * flight for its weight. `power-of-two`: the less busy of two drawn by weight; for many gateways in front of the same
 * nodes. The others always send what is alike to the same node, as long as it is up: `ip-hash` by REMOTE_ADDR,
 * `uri-hash` by REQUEST_URI without its query, `{ hash }` by the var of that name or by what the function answers
 * (undefined: the request goes round).
 */
export type Balance =
  | "round-robin"
  | "least-connections"
  | "power-of-two"
  | "ip-hash"
  | "uri-hash"
  | { readonly hash: string | ((request: PacketRequest) => string | undefined) };

export interface RetryOptions {
  /**
   * Most nodes that are asked for one request, each once. Default 3, as uWSGI's routers; 1: no retry.
   */
  readonly tries: number;
  /** No further node is asked later than this, in ms (nginx's `uwsgi_next_upstream_timeout`). Default 30 000. */
  readonly timeoutMs: number;
  /**
   * Statuses that are failures of the node (nginx's `uwsgi_next_upstream http_503`): counted, and another node is asked
   * where the request may be sent again; else, or when there is none, this is the answer. Default none.
   */
  readonly statuses: readonly number[];
  /** How many requests may be sent a second time. Those of which nothing was sent are free. */
  readonly budget: Partial<BudgetOptions>;
}

export interface UpstreamOptions extends ClientOptions {
  /** As text for `parseNode`, or as objects. Default none: they are added later. */
  readonly nodes?: readonly (string | NodeInit)[];
  /** Default `round-robin`. */
  readonly balance?: Balance;
  readonly health?: {
    /** Pings in the background. Default false: only what clients' requests show counts. */
    readonly active?: false | Partial<ActiveHealth>;
  };
  readonly retry?: Partial<RetryOptions>;
  /** A node that comes back, or is added later, gets its share of the requests bit by bit over this time. Default 0: at once. */
  readonly slowStartMs?: number;
  /** For each node that is asked; `totalMs` for all of them together. */
  readonly timeouts?: Partial<Timeouts>;
  /** How host names are looked up; false: each by every connection, a name is one node. */
  readonly resolve?: false | Partial<ResolveOptions>;
  /** From 0 to below 1, for `power-of-two` and the times of pings. Default Math.random. */
  readonly random?: () => number;
  /** Who sends to one address. Default a `Client`. */
  readonly connect?: (address: Address, options: ClientOptions) => Sender;
}

/** Options as they are kept: checked, everything said. */
export interface Settings {
  readonly choose: Chooser;
  /** The key of hash modes; undefined in others. */
  readonly keyOf: ((request: PacketRequest) => string | undefined) | undefined;
  readonly active: ActiveHealth | undefined;
  readonly retry: Omit<RetryOptions, "statuses" | "budget">;
  readonly statuses: ReadonlySet<number>;
  readonly budget: BudgetOptions;
  readonly slowStartMs: number;
  readonly resolve: ResolveOptions | undefined;
  /** For the senders to nodes. */
  readonly client: ClientOptions;
  readonly connect: (address: Address, options: ClientOptions) => Sender;
  readonly random: () => number;
}

const FOREVER = Number.POSITIVE_INFINITY;

/** Throws a TypeError or a RangeError (`UWSGI_INVALID_ARGUMENT`). */
export function readSettings(options: UpstreamOptions): Settings {
  checkKeys("upstream", options, [
    "nodes",
    "balance",
    "health",
    "retry",
    "slowStartMs",
    "timeouts",
    "tls",
    "maxHeadBytes",
    "chunked",
    "trustAccel",
    "resolve",
    "random",
    "connect",
  ]);
  const {
    nodes: _,
    balance = "round-robin",
    health = {},
    retry = {},
    slowStartMs = 0,
    resolve = {},
    ...more
  } = options;
  const { random = Math.random, connect = (address, of) => new Client(address, of), ...client } = more;
  checkKeys("health", health, ["active"]);
  checkKeys("retry", retry, ["tries", "timeoutMs", "statuses", "budget"]);
  const { statuses = [], budget = {} } = retry;
  checkKeys("retry.budget", budget, ["ratio", "minPerSecond"]);
  // A client knows its options best.
  void new Client("127.0.0.1:1", client);
  if (!Array.isArray(statuses)) throw wrong(`retry.statuses is ${typeof statuses}, a list is needed`);
  return {
    ...readBalance(balance, random),
    active: readActive(health.active ?? false),
    retry: {
      tries: checkNumber("retry.tries", retry.tries ?? 3, 1, FOREVER),
      timeoutMs: checkNumber("retry.timeoutMs", retry.timeoutMs ?? 30_000, 0, FOREVER),
    },
    statuses: new Set(statuses.map((status) => checkNumber("retry.statuses", status, 100, 599))),
    budget: {
      ratio: checkShare("retry.budget.ratio", budget.ratio ?? 0.2),
      minPerSecond: checkNumber("retry.budget.minPerSecond", budget.minPerSecond ?? 10, 0, FOREVER),
    },
    slowStartMs: checkNumber("slowStartMs", slowStartMs, 0, 86_400_000),
    resolve: readResolve(resolve),
    client,
    connect,
    random,
  };
}

function readBalance(balance: Balance, random: () => number): Pick<Settings, "choose" | "keyOf"> {
  const choosers: Readonly<Record<string, Pick<Settings, "choose" | "keyOf">>> = {
    "round-robin": { choose: roundRobin, keyOf: undefined },
    "least-connections": { choose: leastConnections, keyOf: undefined },
    "power-of-two": { choose: powerOfTwo(random), keyOf: undefined },
    "ip-hash": { choose: rendezvous, keyOf: (request) => varOf(request, "REMOTE_ADDR") },
    "uri-hash": { choose: rendezvous, keyOf: (request) => varOf(request, "REQUEST_URI")?.split("?", 1)[0] },
  };
  if (typeof balance === "string") {
    const found = Object.hasOwn(choosers, balance) ? choosers[balance] : undefined;
    if (found !== undefined) return found;
    throw wrong(`balance is ${balance}, there are ${Object.keys(choosers).join(", ")}, and { hash }`);
  }
  checkKeys("balance", balance, ["hash"]);
  const { hash } = balance;
  if (typeof hash === "function") return { choose: rendezvous, keyOf: hash };
  if (typeof hash === "string" && hash !== "") return { choose: rendezvous, keyOf: (request) => varOf(request, hash) };
  throw wrong(`balance.hash is ${typeof hash}, the name of a var or a function is needed`);
}

function readActive(active: false | Partial<ActiveHealth>): ActiveHealth | undefined {
  if (active === false) return undefined;
  checkKeys("health.active", active, Object.keys(defaultActiveHealth));
  const all = { ...defaultActiveHealth, ...active };
  if (all.accept !== "pong" && all.accept !== "connect") {
    throw wrong(`health.active.accept is ${String(all.accept)}, there are pong and connect`);
  }
  checkNumber("health.active.intervalMs", all.intervalMs, 1, 86_400_000);
  checkNumber("health.active.timeoutMs", all.timeoutMs, 1, 86_400_000);
  checkNumber("health.active.rise", all.rise, 1, 1_000);
  checkNumber("health.active.fall", all.fall, 1, 1_000);
  return all;
}

function readResolve(resolve: false | Partial<ResolveOptions>): ResolveOptions | undefined {
  if (resolve === false) return undefined;
  checkKeys("resolve", resolve, Object.keys(defaultResolve));
  const all = { ...defaultResolve, ...resolve };
  // setTimeout takes no more than 2^31-1 ms.
  if (all.intervalMs !== FOREVER) checkNumber("resolve.intervalMs", all.intervalMs, 1, 86_400_000);
  if (all.timeoutMs !== FOREVER) checkNumber("resolve.timeoutMs", all.timeoutMs, 1, 86_400_000);
  if (typeof all.lookup !== "function") throw wrong(`resolve.lookup is ${typeof all.lookup}, a function is needed`);
  return all;
}

function checkShare(what: string, value: unknown): number {
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw wrong(`${what} is ${String(value)}, a number from 0 to 1 is needed`);
}

function checkKeys(what: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== "object" || given === null) throw wrong(`${what} is ${typeof given}, an object is needed`);
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) throw wrong(`${what} option ${key} is not known: there are ${known.join(", ")}`);
  }
}

function wrong(message: string): TypeError {
  return typeError("UWSGI_INVALID_ARGUMENT", message);
}
