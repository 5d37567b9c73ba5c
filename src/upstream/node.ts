/** One node: what is known of it. Holds data only; `pool.ts` changes it, `picker.ts` reads it. */
import { type Address, formatAddress } from "../connection/index.ts";
import { hashText } from "./hash.ts";
import type { NodeSettings } from "./node-init.ts";

export class Node {
  readonly address: Address;
  /** The address as `formatAddress` writes it. */
  readonly name: string;
  /** The host name that the address was resolved from. */
  readonly host: string | undefined;
  settings: NodeSettings;
  /** What hash modes know it by. */
  seed = 0;

  inFlight = 0;
  requests = 0;
  failures = 0;
  lastFailure: { readonly error: unknown; readonly at: number } | undefined;
  /** Gets no more requests, and goes when it has none. */
  isDraining = false;

  /** Somebody said so (`markDead`); undefined when nobody did. */
  deadWhy: string | undefined;
  /** Active checks say so. */
  isPingDown = false;
  /** Active checks that passed, or failed, one behind the other. */
  passes = 0;
  misses = 0;
  /** What the node said to the latest ping that it answered; "" when all is well. */
  warning = "";

  /** Failures since `failsSince`. */
  fails = 0;
  failsSince: number = Number.NEGATIVE_INFINITY;
  /** Until then it is left alone because it failed, and behind it asked by one request at a time; -Infinity: it has not. */
  downUntil: number = Number.NEGATIVE_INFINITY;
  /** That one request is on its way. */
  isProbed = false;

  /** When it came back, or came: its weight grows from then on. -Infinity: it has its whole weight. */
  returnedAt: number = Number.NEGATIVE_INFINITY;
  /** Of smooth weighted round robin. */
  turn = 0;

  constructor(settings: NodeSettings, address: Address, host?: string) {
    this.address = address;
    this.name = formatAddress(address);
    this.host = host;
    this.settings = settings;
    this.use(settings);
  }

  /** Other settings; what is known of the node stays. */
  use(settings: NodeSettings): void {
    this.settings = settings;
    const { id } = settings;
    // The addresses behind one name must not all have the same keys.
    this.seed = hashText(id === undefined ? this.name : this.host === undefined ? id : `${id}|${this.name}`);
  }
}

/** True when nothing speaks against it but its load. */
export function isUp(node: Node): boolean {
  return node.downUntil === Number.NEGATIVE_INFINITY && !node.isPingDown && node.deadWhy === undefined;
}

/** True when a request may go to it now: also to one that failed, when its time is over and no other request tries it. */
export function isAvailable(node: Node, now: number): boolean {
  if (node.inFlight >= node.settings.maxInFlight || node.isDraining) return false;
  if (node.downUntil === Number.NEGATIVE_INFINITY) return !node.isPingDown && node.deadWhy === undefined;
  return now >= node.downUntil && !node.isProbed && !node.isPingDown && node.deadWhy === undefined;
}

/** Why no request may go to it now, for people. */
export function whyNot(node: Node, now: number): string {
  if (node.isDraining) return "is being removed";
  if (node.deadWhy !== undefined) return `was marked dead: ${node.deadWhy}`;
  const last = node.lastFailure === undefined ? "" : `: ${describe(node.lastFailure.error, node)}`;
  if (node.isPingDown) return `fails its health checks${last}`;
  if (node.downUntil !== Number.NEGATIVE_INFINITY) {
    if (now < node.downUntil) return `failed, is asked again in ${Math.ceil(node.downUntil - now)} ms${last}`;
    if (node.isProbed) return `failed, and a request is trying it${last}`;
  }
  if (node.inFlight >= node.settings.maxInFlight) {
    return `has ${node.inFlight} requests in flight, at most ${node.settings.maxInFlight} are allowed`;
  }
  return "could be asked";
}

/** What was thrown, in one sentence; without the name of the node, where that is said already. */
export function describe(error: unknown, node?: Node): string {
  const text = error instanceof Error ? error.message : String(error);
  const name = node === undefined ? "" : `${node.name}: `;
  return text.startsWith(name) ? text.slice(name.length) : text;
}

/** Least share of its weight that a node has when it comes back, so that it is asked at all. */
const LEAST_SHARE = 0.01;

/** Its weight now: grows evenly within `slowStartMs` after it came back. */
export function weightOf(node: Node, now: number, slowStartMs: number): number {
  const { weight } = node.settings;
  if (node.returnedAt === Number.NEGATIVE_INFINITY) return weight;
  const share = (now - node.returnedAt) / slowStartMs;
  if (share < 1) return weight * Math.max(share, LEAST_SHARE);
  node.returnedAt = Number.NEGATIVE_INFINITY;
  return weight;
}
