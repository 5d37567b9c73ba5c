/** How requests are shared between the servers of an upstream, and how long these may take. */
import type { Timeouts } from "../../client/index.ts";
import type { UpstreamConfig } from "../../config/index.ts";
import type { Balance, UpstreamOptions } from "../../upstream/index.ts";
import type { Label } from "../options/config-of.ts";
import { present } from "../options/present.ts";
import { milliseconds } from "../options/server-options.ts";
import { badOption } from "../read-options.ts";

const balances = [
  "round-robin",
  "least-connections",
  "power-of-two",
  "ip-hash",
  "uri-hash",
] as const satisfies Balance[];

/** Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for a kind of balance that there is not. */
export function balancingOf(config: UpstreamConfig, label: Label): UpstreamOptions {
  const pingMs = milliseconds(config.ping);
  return present({
    balance: config.balance === undefined ? undefined : balanceOf(config.balance, label),
    health: pingMs === undefined ? undefined : { active: { intervalMs: pingMs } },
    slowStartMs: milliseconds(config["slow-start"]),
  });
}

/** One of those that have a name, or `hash:VAR`. */
function balanceOf(text: string, label: Label): Balance {
  if (text.startsWith("hash:")) return { hash: text.slice("hash:".length) };
  const found = balances.find((kind) => kind === text);
  if (found !== undefined) return found;
  throw badOption(`${label("balance")} ${text}: there are ${balances.join(", ")}, hash:VAR`);
}

/** Milliseconds; `Infinity` where there is no limit. */
export function timeoutsOf(config: UpstreamConfig): Partial<Timeouts> {
  return present({
    connectMs: milliseconds(config["connect-timeout"]),
    responseMs: milliseconds(config["response-timeout"]),
  });
}
