/** The options of `uisge route`. */
import { readFileSync } from "node:fs";
import { typeError } from "../../errors.ts";
import type { NamedUpstream, PacketRouterOptions } from "../../gateway/index.ts";
import { parseRulesFile, type RulesFile } from "../../router/index.ts";
import type { Named, RouteConfig, UpstreamConfig } from "../../config/index.ts";
import { balancingOf, timeoutsOf } from "../bridge/balancing.ts";
import { asFlag, type Label } from "../options/config-of.ts";
import { present } from "../options/present.ts";
import { milliseconds } from "../options/server-options.ts";
import { readUpstreamTls } from "../options/upstream-tls.ts";

/** Throws a TypeError (`UWSGI_INVALID_ARGUMENT`, `UWSGI_BAD_RULE`) that names the option and what it needs. */
export function routerOptionsOf(config: RouteConfig, label: Label = asFlag): PacketRouterOptions {
  const file = config.rules === undefined ? { upstreams: {}, rules: [] } : readRulesFile(config.rules, label);
  const given = [...(config.rule ?? []), ...file.rules];
  const rules = given.length === 0 && config["subscription-server"] !== undefined ? ["-> subscribed"] : given;
  if (rules.length === 0) {
    throw typeError("UWSGI_INVALID_ARGUMENT", "route needs rules: --rule 'host=a.com -> /run/a.sock' or --rules FILE");
  }
  const intervalMs = milliseconds(config.ping);
  return {
    rules,
    // What a file says of an upstream is checked by who makes it.
    upstreams: {
      ...(file.upstreams as Record<string, NamedUpstream>),
      ...Object.fromEntries((config.upstream ?? []).map((one) => upstreamOf(one, label))),
    },
    answersFailures: config["plain-close"] !== true,
    ...present({
      connectMs: milliseconds(config["connect-timeout"]),
      idleMs: milliseconds(config["idle-timeout"]),
      stripAccel: config["strip-accel"],
      health: intervalMs === undefined ? undefined : { active: { intervalMs } },
      tls: readUpstreamTls(config, label),
    }),
  };
}

function readRulesFile(path: string, label: Label): RulesFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw Object.assign(typeError("UWSGI_INVALID_ARGUMENT", `${label("rules")} ${path}: ${reason}`), { cause: error });
  }
  return parseRulesFile(text, path);
}

/** As the router takes it: where there is nothing but addresses, these. */
function upstreamOf({ name, options }: Named, label: Label): [name: string, upstream: NamedUpstream] {
  const { to = [], ...more } = options as UpstreamConfig;
  if (Object.keys(more).length === 0) return [name, to];
  if (more["subscription-server"] !== undefined) {
    const message = `${label("upstream")} ${name}: subscription-server is the router's own, rules call its nodes subscribed`;
    throw typeError("UWSGI_INVALID_ARGUMENT", message);
  }
  const tls = readUpstreamTls(more, label);
  const timeouts = timeoutsOf(more);
  return [name, { nodes: to, ...balancingOf(more, label), ...present({ tls, timeouts }) }];
}
