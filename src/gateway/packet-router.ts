/// <reference lib="esnext.disposable" preserve="true" />
/**
 * uwsgi in front of uwsgi: forwards packets by rules, and pipes what follows them, as uWSGI's fastrouter does for
 * subscribed servers.
 *
 * `RuleSet` (area router) says what becomes of a packet, a `Dialer` connects, a `Relay` pipes; this file puts them
 * together as plugins of the server, whose limits, deadlines, TLS and graceful end are the router's.
 */
import { type DialTls, Roster, Sweeper } from "../connection/index.ts";
import { rangeError } from "../errors.ts";
import type { Exchange, Plugin } from "../handler/index.ts";
import { type Decision, type Rule, RuleSet } from "../router/index.ts";
import type { UpstreamOptions } from "../upstream/index.ts";
import type { Relay } from "./packet-router-relay.ts";
import { RoutedPacket } from "./packet-router-report.ts";
import { forward, type ForwardContext } from "./packet-router-forward.ts";
import { type NamedUpstream, RouterUpstreams } from "./packet-router-upstreams.ts";

export interface PacketRouterOptions {
  /** In their order; as objects or as text (`parseRule`). */
  readonly rules: readonly (Rule | string)[];
  /** What rules may name as `to`: nodes (`parseNode`), an object with nodes and more, or whoever else connects. */
  readonly upstreams?: Readonly<Record<string, NamedUpstream>>;
  /** Milliseconds to connect to a server, a TLS handshake included. Default 5 000. */
  readonly connectMs?: number;
  /**
   * Milliseconds without a byte in either direction behind the packet, WebSockets too; then 504, or the connection is
   * broken off. Default 60 000, as uWSGI's `fastrouter-timeout` and nginx's `uwsgi_read_timeout`. `Infinity`: none.
   */
  readonly idleMs?: number;
  /** Milliseconds that a node which has failed is left alone, where it does not say so itself. Default 10 000, as nginx's `fail_timeout`. */
  readonly graceMs?: number;
  /** Of upstreams that do not say it themselves. Default: nodes are not pinged. */
  readonly health?: UpstreamOptions["health"];
  /** How names of nodes are looked up, where an upstream does not say it itself. */
  readonly resolve?: UpstreamOptions["resolve"];
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

/**
 * Routes packets. Of connections it holds only what it pipes: `Server.close` waits for that, and cuts it. Its upstreams
 * ping nodes and look up names until `close`; their timers do not keep the process alive.
 */
export class PacketRouter implements AsyncDisposable {
  readonly ruleSet: RuleSet;
  private readonly upstreams: RouterUpstreams;
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
    checkMs("graceMs", graceMs, 1, 86_400_000);
    this.ruleSet = new RuleSet(options.rules);
    const { upstreams = {}, tls, health, resolve } = options;
    this.upstreams = new RouterUpstreams(this.ruleSet, upstreams, { connectMs, graceMs, tls, health, resolve });
    const sweeper = new Sweeper(this.relays);
    this.context = { relays: this.relays, sweeper, idleMs, answersFailures, stripAccel };
  }

  /** Routes the packet of an exchange; resolves when its connection is closed, or will be by the server. Never rejects. */
  async route(exchange: Exchange): Promise<void> {
    const routed = new RoutedPacket(exchange);
    const decision = this.ruleSet.decide(exchange.packet);
    if ("loaderVars" in decision) routed.noteLoaderVars(decision.loaderVars);
    if (decision.do !== "forward") answerHere(routed, decision);
    else await forward(routed, decision, this.upstreams.of(decision.rule), this.context);
  }

  /**
   * Ends the upstreams that it has made, not those that it was given: no more packets are taken for them. Resolves when
   * the packets that run have ended. Behind `Server.close`. Idempotent.
   */
  async close(): Promise<void> {
    await Promise.all(this.upstreams.made.map((upstream) => upstream.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
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

function checkMs(name: string, value: number, least: number, most: number = Number.POSITIVE_INFINITY): void {
  const isNumber = Number.isInteger(value) && value < 2 ** 31;
  if ((isNumber || value === Number.POSITIVE_INFINITY) && value >= least && value <= most) return;
  const range = most === Number.POSITIVE_INFINITY ? "to 2 147 483 647, and Infinity" : `to ${most}`;
  throw rangeError(
    "UWSGI_INVALID_ARGUMENT",
    `${name} is ${String(value)}, allowed are whole numbers from ${least} ${range}`,
  );
}
