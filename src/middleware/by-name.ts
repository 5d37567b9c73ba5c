/** The middleware of this package by its name, for configuration files. Each is loaded when it is asked for. */
import { typeError } from "../errors.ts";
import type { Middleware } from "../handler/index.ts";
import { nearestName } from "../nearest-name.ts";

/** Options as a configuration file has them: what they may be is said by each, when it gets them. */
type Make = (options: never) => Promise<Middleware>;

const makers: ReadonlyMap<string, Make> = new Map<string, Make>([
  ["inspect", async (options) => (await import("./inspect/inspect.ts")).inspect(options)],
  ["errors", async (options) => (await import("./errors/errors.ts")).errors(options)],
  ["compress", async (options) => (await import("./compress/compress.ts")).compress(options)],
  ["session", async (options) => (await import("./session/session.ts")).session(options)],
  ["auth", async (options) => (await import("./auth/auth.ts")).auth(options)],
]);

/** The names that there are, in the order in which they stand around an application. */
export const middlewareNames: readonly string[] = [...makers.keys()];

/**
 * Makes a middleware by its name, with its options. Rejects with a TypeError (`UWSGI_INVALID_ARGUMENT`) for a name that
 * there is not, and with what the middleware throws for its options.
 */
export async function middlewareByName(
  name: string,
  options: Readonly<Record<string, unknown>> = {},
): Promise<Middleware> {
  const make = makers.get(name);
  if (make === undefined) throw unknownName(name);
  return make(options as never);
}

/** The same for several, in their order. */
export async function middlewareListByName(
  list: readonly { readonly name: string; readonly options?: Readonly<Record<string, unknown>> }[],
): Promise<readonly Middleware[]> {
  const made: Middleware[] = [];
  for (const { name, options } of list) made.push(await middlewareByName(name, options));
  return made;
}

function unknownName(name: unknown): TypeError {
  const nearest = typeof name === "string" ? nearestName(name, middlewareNames) : undefined;
  const meant = nearest === undefined ? "" : `, did you mean ${nearest}?`;
  const shown = typeof name === "string" ? JSON.stringify(name.slice(0, 80)) : typeof name;
  return typeError(
    "UWSGI_INVALID_ARGUMENT",
    `there is no middleware ${shown}, there are ${middlewareNames.join(", ")}${meant}`,
  );
}
