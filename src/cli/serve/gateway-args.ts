/** Gateways of a configuration as command lines of `uisge bridge` and `uisge route`. Pure. */
import { type Named, type Option, optionTables, type UpstreamConfig } from "../../config/index.ts";
import { badOption } from "../read-options.ts";

export interface Gateway {
  readonly name: string;
  readonly args: readonly string[];
}

/**
 * `upstreams`: those that have a name. `own`: where the application itself answers, for a bridge that names nothing else;
 * it has the log of its requests then, the bridge none. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for an upstream that
 * there is not.
 */
export function gatewayArgs({ name, options }: Named, upstreams: readonly Named[], own: string): Gateway {
  const { type, ...said } = options;
  if (type === "route")
    return { name, args: ["route", ...argsOf({ upstream: upstreams, ...said }, optionTables.route)] };
  return { name, args: ["bridge", ...argsOf(withNodes(name, said, upstreams, own), optionTables.bridge)] };
}

/** With the servers of the upstream that is named in place of one. */
function withNodes(
  name: string,
  said: Readonly<Record<string, unknown>>,
  upstreams: readonly Named[],
  own: string,
): Readonly<Record<string, unknown>> {
  const { to = [], "subscription-server": announced } = said as UpstreamConfig;
  if (to.length === 0 && announced === undefined) return { "access-log": "off", ...said, to: [own] };
  const named = to.filter((node) => /^[\w-]+$/.test(node) || upstreams.some((one) => one.name === node));
  if (named.length === 0) return said;
  const [wanted = ""] = named;
  if (to.length > 1) {
    throw badOption(`gateway ${name}: to has ${to.join(", ")}: the name of one upstream is needed, or addresses`);
  }
  const upstream = upstreams.find((one) => one.name === wanted);
  if (upstream !== undefined)
    return { ...upstream.options, ...said, to: (upstream.options as UpstreamConfig).to ?? [] };
  const known = upstreams.length === 0 ? "there is none" : `there are ${upstreams.map((one) => one.name).join(", ")}`;
  throw badOption(`gateway ${name}: no upstream is called ${wanted}, ${known}`);
}

/** Options as flags; `read-value.ts` reads them again as what they are. */
export function argsOf(config: Readonly<Record<string, unknown>>, options: readonly Option[]): readonly string[] {
  return options.flatMap((option): readonly string[] => {
    const value = config[option.name];
    if (value === undefined || value === false) return [];
    if (value === true) return [`--${option.name}`];
    return textsOf(option, value).map((text) => `--${option.name}=${text}`);
  });
}

function textsOf({ kind }: Option, value: unknown): readonly string[] {
  if (kind === "pair") return Object.entries(value as Record<string, string>).map(([name, one]) => `${name}=${one}`);
  if (kind === "named") return (value as readonly Named[]).map((one) => `${one.name}=${JSON.stringify(one.options)}`);
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.map((one) => (one === Number.POSITIVE_INFINITY ? "off" : String(one)));
}
