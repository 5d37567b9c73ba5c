/**
 * uwsgi in front of uwsgi: forwards packets by rules, and pipes what follows them, as uWSGI's fastrouter does for
 * subscribed servers.
 *
 * `RuleSet` (area router) says what becomes of a packet, a `Dialer` connects, a `Relay` pipes; this file puts them
 * together as plugins of the server, whose limits, deadlines, TLS and graceful end are the router's.
 */
import type { Dialer } from "../client/index.ts";
import { type DialTls, Roster, Sweeper } from "../connection/index.ts";
import { rangeError } from "../errors.ts";
import type { Exchange, Plugin } from "../handler/index.ts";
import { badRule, type CompiledRule, type Decision, type Rule, RuleSet } from "../router/index.ts";
import { Nodes } from "./packet-router-nodes.ts";
import type { Relay } from "./packet-router-relay.ts";
import { RoutedPacket } from "./packet-router-report.ts";
import { forward, type ForwardContext } from "./packet-router-forward.ts";

export interface PacketRouterOptions {
  /** In their order; as objects or as text (`parseRule`). */
  readonly rules: readonly (Rule | string)[];
  /** What rules may name as `to`: addresses that are used in turn, or whoever else connects. */
  readonly upstreams?: Readonly<Record<string, string | readonly string[] | Dialer>>;
  /** Milliseconds to connect to a server, a TLS handshake included. Default 5 000. */
  readonly connectMs?: number;
  /**
   * Milliseconds without a byte in either direction behind the packet, WebSockets too; then 504, or the connection is
   * broken off. Default 60 000, as uWSGI's `fastrouter-timeout` and nginx's `uwsgi_read_timeout`. `Infinity`: none.
   */
  readonly idleMs?: number;
  /** Milliseconds that an address which could not be connected to is passed over while others are there. Default 10 000, as nginx's `fail_timeout`. */
  readonly graceMs?: number;
  /**
   * True: a request whose server fails before its answer begins is answered with 502, 503 or 504. False: it is closed
   * without an answer, as by uWSGI's fastrouter. Default true.
   */
  readonly answersFailures?: boolean;
  /** For rules that do not say it (`Rule.stripAccel`). Default false: answers pass byte for byte. */
  readonly stripAccel?: boolean;
  /** For `suwsgi://` addresses. */
  readonly tls?: DialTls;
}

/** Routes packets. Holds nothing open but what it pipes: `Server.close` waits for that, and cuts it. */
export class PacketRouter {
  readonly ruleSet: RuleSet;
  private readonly dialers: ReadonlyMap<CompiledRule, Dialer>;
  private readonly relays = new Roster<Relay>();
  private readonly context: ForwardContext;

  /** Throws a TypeError (`UWSGI_BAD_RULE`) for rules and upstreams, a RangeError (`UWSGI_INVALID_ARGUMENT`) for numbers. */
  constructor(options: PacketRouterOptions) {
    const {
      connectMs = 5_000,
      idleMs = 60_000,
      graceMs = 10_000,
      answersFailures = true,
      stripAccel = false,
    } = options;
    checkMs("connectMs", connectMs, 1);
    checkMs("idleMs", idleMs, 1);
    checkMs("graceMs", graceMs, 0);
    this.ruleSet = new RuleSet(options.rules);
    const nodesOptions = { connectMs, graceMs, tls: options.tls };
    this.dialers = dialersOf(this.ruleSet, options.upstreams ?? {}, (addresses) => new Nodes(addresses, nodesOptions));
    const sweeper = new Sweeper(this.relays);
    this.context = { relays: this.relays, sweeper, idleMs, answersFailures, stripAccel };
  }

  /** Routes the packet of an exchange; resolves when its connection is closed, or will be by the server. Never rejects. */
  async route(exchange: Exchange): Promise<void> {
    const routed = new RoutedPacket(exchange);
    const decision = this.ruleSet.decide(exchange.packet);
    if ("loaderVars" in decision) routed.noteLoaderVars(decision.loaderVars);
    if (decision.do !== "forward") answerHere(routed, decision);
    else await forward(routed, decision, this.dialers.get(decision.rule) as Dialer, this.context);
  }
}

/** The plugins of a server that routes: one for each modifier1 that the rules may route (`RuleSet.modifiers`). */
export function routerPlugins(router: PacketRouter): Plugin[] {
  return router.ruleSet.modifiers.map((modifier1) => ({
    name: "router",
    modifier1,
    answer: (exchange) => router.route(exchange),
  }));
}

/** Answers, or closes, without a server behind it. */
function answerHere(routed: RoutedPacket, decision: Exclude<Decision, { readonly do: "forward" }>): void {
  const status = decision.do === "close" || !routed.isHttp ? 0 : decision.status;
  // First: of a connection that was closed the peer cannot be asked any more.
  if (decision.do === "refuse") routed.noteRefusal(decision.error, status);
  routed.answer(status);
}

/** Who connects for each rule; rules that name one upstream share its turns. */
function dialersOf(
  { rules }: RuleSet,
  upstreams: NonNullable<PacketRouterOptions["upstreams"]>,
  make: (addresses: readonly string[]) => Dialer,
): ReadonlyMap<CompiledRule, Dialer> {
  const named = new Map<string, Dialer>();
  for (const [name, given] of Object.entries(upstreams)) {
    const isDialer = typeof given === "object" && "connect" in given;
    named.set(name, isDialer ? given : checked(`upstream ${name}`, typeof given === "string" ? [given] : given, make));
  }
  const dialers = new Map<CompiledRule, Dialer>();
  for (const rule of rules) {
    const { name, action } = rule;
    if (action.do !== "forward") continue;
    const [first = ""] = action.to;
    const known = action.to.length === 1 ? named.get(first) : undefined;
    dialers.set(rule, known ?? checked(`${name}, to`, action.to, make, [...named.keys()]));
  }
  return dialers;
}

function checked(
  where: string,
  addresses: readonly string[],
  make: (addresses: readonly string[]) => Dialer,
  known: readonly string[] = [],
): Dialer {
  if (addresses.length === 0) throw badRule(where, "no address, at least one is needed");
  try {
    return make(addresses);
  } catch (error) {
    const names = known.length === 0 ? "" : `; upstreams are ${known.join(", ")}`;
    throw badRule(where, `${error instanceof Error ? error.message : String(error)}${names}`);
  }
}

function checkMs(name: string, value: number, least: number): void {
  if (value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && value >= least && value < 2 ** 31)) return;
  throw rangeError(
    "UWSGI_INVALID_ARGUMENT",
    `${name} is ${String(value)}, allowed are whole numbers from ${least} to 2 147 483 647, and Infinity`,
  );
}
