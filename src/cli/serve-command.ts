/** `uisge serve`: what the command line asks for. A server and a manager are loaded only where they are what that is. */
import { parseArgs } from "node:util";
import type { InterfaceName } from "../app/index.ts";
import { typeError } from "../errors.ts";
import type { FlagTable } from "../manager/index.ts";
import type { Asked } from "./serve/asked.ts";
import { isManager, managerFlags, withWatchFolders } from "./serve/manager-flags.ts";
import { readChoice, readServerFlags, serverFlags } from "./serve-options.ts";
import { readSubscriptions, subscriptionFlags } from "./serve-subscriptions.ts";

export { usage } from "./serve-usage.ts";

/** What stands behind `--` is the application's. */
export const passesArguments = true;

const options = {
  socket: { type: "string", short: "s", multiple: true },
  http: { type: "string", multiple: true },
  interface: { type: "string" },
  listen: { type: "string" },
  "no-fast-globals": { type: "boolean" },
  ...serverFlags,
  ...subscriptionFlags,
  ...managerFlags,
  "access-log": { type: "string" },
  log: { type: "string" },
} as const;

/** What the file of a vassal may say, too. */
export const flags: FlagTable = options;

/** In the order of `--help`. */
const interfaces: readonly [InterfaceName, ...InterfaceName[]] = ["wsgi", "node", "fetch", "handler"];

/** Resolves with the exit code when the server has stopped; rejects when it could not start. */
export async function run(args: readonly string[]): Promise<number> {
  const [own, applicationArgs] = splitArguments(args);
  const { values, positionals } = parseArgs({ args: withWatchFolders(own), options, allowPositionals: true });
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) {
    throw typeError("UWSGI_INVALID_ARGUMENT", `serve takes one application, path[:export]; got ${positionals.length}`);
  }
  if (values.socket === undefined && values.http === undefined) {
    throw typeError(
      "UWSGI_INVALID_ARGUMENT",
      "serve needs an address: --socket /tmp/app.sock, --socket 127.0.0.1:3031, or --http :8080 for development",
    );
  }
  const asked: Asked = {
    name,
    interface: values.interface === undefined ? undefined : readChoice("--interface", values.interface, interfaces),
    listen: values.listen,
    fastGlobals: values["no-fast-globals"] !== true,
    args: applicationArgs,
    sockets: values.socket ?? [],
    http: values.http,
    given: readServerFlags(values),
    subscribe: await readSubscriptions(values),
    accessFormat: readChoice("--access-log", values["access-log"], ["combined", "json", "off"]),
    errorFormat: readChoice("--log", values.log, ["text", "json"]),
  };
  if (!isManager(values)) return (await import("./serve/as-server.ts")).runAsServer(asked);
  return (await import("./serve/as-manager.ts")).runAsManager(asked, values);
}

/** What stands behind `--` is the application's. */
function splitArguments(args: readonly string[]): [own: string[], applicationArgs: string[]] {
  const end = args.indexOf("--");
  return end === -1 ? [[...args], []] : [args.slice(0, end), args.slice(end + 1)];
}
