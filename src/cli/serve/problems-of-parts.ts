/** What is wrong with values that are right each by itself: options that need others, files, what middleware may be told. */
import type { Loaded, Origin, Problem, ServeConfig } from "../../config/index.ts";
import { labelOf } from "../options/config-of.ts";
import { serverOptionsOf } from "../options/server-options.ts";
import { gatewayArgs } from "./gateway-args.ts";
import { managerOptionsOf } from "./manager-options.ts";
import { readSubscriptions } from "./subscriptions.ts";

/** Nothing is started or listened on; middleware is made, as the workers would make it. */
export async function problemsOfParts({ values, origins }: Loaded): Promise<readonly Problem[]> {
  const config: ServeConfig = values;
  const label = labelOf(origins);
  const problems: Problem[] = [];
  /** Where an item of a list was said: where one place says several of them, that place. */
  const originOf = (name: string, index: number): Origin => {
    const places = origins.get(name) ?? [];
    return places[Math.min(index, places.length - 1)] ?? { kind: "default" };
  };
  const attempt = async (name: string | undefined, act: () => unknown, index = 0): Promise<void> => {
    try {
      await act();
    } catch (error) {
      const origin = originOf(name ?? "", index);
      const message = error instanceof Error ? error.message : String(error);
      problems.push({ origin, message, ...(name === undefined ? {} : { name }) });
    }
  };
  await attempt(undefined, () => serverOptionsOf(config, label));
  await attempt(undefined, () => managerOptionsOf(config, config.application ?? "app.js", label));
  await attempt(undefined, () => readSubscriptions(config, label));
  for (const [index, gateway] of (config.gateway ?? []).entries()) {
    await attempt("gateway", () => gatewayArgs(gateway, config.upstream ?? [], "/app.sock"), index);
  }
  for (const [index, { name, options }] of (config.middleware ?? []).entries()) {
    const made = async (): Promise<unknown> =>
      (await import("../../middleware/index.ts")).middlewareByName(name, options);
    await attempt("middleware", made, index);
  }
  return problems;
}
