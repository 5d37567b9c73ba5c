/** The options of `uisge serve` by which it announces itself to routers, written as uWSGI's. */
import type { ServeConfig } from "../../config/index.ts";
import { typeError } from "../../errors.ts";
import type { ServeOptions } from "../../serve.ts";
import { asFlag, type Label } from "../options/config-of.ts";

/** What is to be announced; undefined where nothing is. Rejects with a TypeError (`UWSGI_INVALID_ARGUMENT`). */
export async function readSubscriptions(
  config: Pick<ServeConfig, "subscribe-to" | "subscribe2" | "subscribe-freq">,
  label: Label = asFlag,
): Promise<ServeOptions["subscribe"]> {
  const { "subscribe-to": to = [], subscribe2 = [], "subscribe-freq": seconds } = config;
  if (to.length === 0 && subscribe2.length === 0) {
    if (seconds === undefined) return undefined;
    const message = `${label("subscribe-freq")} is for --subscribe-to or --subscribe2`;
    throw typeError("UWSGI_INVALID_ARGUMENT", message);
  }
  const interval = seconds === undefined ? {} : { intervalMs: seconds * 1_000 };
  const { parseSubscribe2, parseSubscribeTo } = await import("../../upstream/index.ts");
  const found = [...to.flatMap(parseSubscribeTo), ...subscribe2.map(parseSubscribe2)];
  return found.map((one) => Object.assign(one, interval));
}
