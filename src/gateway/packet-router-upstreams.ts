/** Who connects for each rule: upstreams made of what rules and options say, or dialers that were given. */
import type { Dialer } from "../client/index.ts";
import type { DialTls } from "../connection/index.ts";
import { badRule, type CompiledRule, type RuleSet } from "../router/index.ts";
import { type NodeInit, parseNode, Upstream, type UpstreamOptions } from "../upstream/index.ts";

/** An upstream as an object: its nodes, and what an `Upstream` can be told beside. */
export type RoutedUpstream = Omit<UpstreamOptions, "nodes" | "connect"> & {
  readonly nodes: readonly (string | NodeInit)[];
};

/** What a name in rules may stand for: nodes as text for `parseNode`, an object, or whoever else connects. */
export type NamedUpstream = string | readonly string[] | RoutedUpstream | Dialer;

export interface UpstreamDefaults {
  readonly connectMs: number;
  /** `failTimeoutMs` of nodes that do not say it. */
  readonly graceMs: number;
  readonly tls: DialTls | undefined;
  readonly health: UpstreamOptions["health"];
  readonly resolve: UpstreamOptions["resolve"];
}

export class RouterUpstreams {
  /** Those that were made here, to be closed. */
  readonly made: Upstream[] = [];
  private readonly byRule = new Map<CompiledRule, Dialer>();
  private readonly named = new Map<string, Dialer>();
  private readonly defaults: UpstreamDefaults;

  /** Throws a TypeError (`UWSGI_BAD_RULE`) for a rule or a name that cannot be connected for. */
  constructor({ rules }: RuleSet, named: Readonly<Record<string, NamedUpstream>>, defaults: UpstreamDefaults) {
    this.defaults = defaults;
    for (const [name, given] of Object.entries(named)) this.named.set(name, this.dialerOf(`upstream ${name}`, given));
    // Rules for the same nodes share one upstream, as those that name one do.
    const byNodes = new Map<string, Dialer>();
    for (const rule of rules) {
      const { name, action } = rule;
      if (action.do !== "forward") continue;
      const [first = ""] = action.to;
      const id = JSON.stringify(action.to);
      const known = (action.to.length === 1 ? this.named.get(first) : undefined) ?? byNodes.get(id);
      const dialer = known ?? this.make(`${name}, to`, { nodes: action.to }, [...this.named.keys()]);
      this.byRule.set(rule, dialer);
      byNodes.set(id, dialer);
    }
  }

  /** Of a rule that forwards. */
  of(rule: CompiledRule): Dialer {
    return this.byRule.get(rule) as Dialer;
  }

  private dialerOf(where: string, given: NamedUpstream): Dialer {
    if (typeof given === "string") return this.make(where, { nodes: [given] });
    if (Array.isArray(given)) return this.make(where, { nodes: given as readonly string[] });
    return "connect" in given ? given : this.make(where, given as RoutedUpstream);
  }

  private make(where: string, { nodes, ...options }: RoutedUpstream, names: readonly string[] = []): Dialer {
    if (!Array.isArray(nodes) || nodes.length === 0) throw badRule(where, "no address, at least one is needed");
    const { connectMs, graceMs: failTimeoutMs, tls, health, resolve } = this.defaults;
    const all: UpstreamOptions = {
      ...(tls === undefined ? {} : { tls }),
      ...(health === undefined ? {} : { health }),
      ...(resolve === undefined ? {} : { resolve }),
      ...options,
      timeouts: { connectMs, ...options.timeouts },
    };
    try {
      const inits = nodes.map((node: string | NodeInit): NodeInit => {
        return Object.assign({ failTimeoutMs }, typeof node === "string" ? parseNode(node) : node);
      });
      const upstream = new Upstream({ ...all, nodes: inits });
      this.made.push(upstream);
      return upstream;
    } catch (error) {
      const known = names.length === 0 ? "" : `; upstreams are ${names.join(", ")}`;
      throw badRule(where, `${error instanceof Error ? error.message : String(error)}${known}`);
    }
  }
}
