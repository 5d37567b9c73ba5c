/** `uisge serve`: what the command line asks for. A server and a manager are loaded only where they are what that is. */
import { parseArgs } from "node:util";
import { optionTables, type ServeConfig } from "../config/index.ts";
import { typeError } from "../errors.ts";
import { accepted, type Label, labelOf } from "./options/config-of.ts";
import { flagTable } from "./options/flags.ts";
import { serverOptionsOf } from "./options/server-options.ts";
import type { Asked } from "./serve/asked.ts";
import { isManager } from "./serve/manager-options.ts";
import { readSources } from "./serve/sources.ts";
import { readSubscriptions } from "./serve/subscriptions.ts";
import { withWatchFolders } from "./serve/watch-folders.ts";

export { usage } from "./serve-usage.ts";

/** What stands behind `--` is the application's. */
export const passesArguments = true;

/** Where files are named. */
const ownFlags = { config: { type: "string", short: "c", multiple: true } } as const;

/** Resolves with the exit code when the server has stopped; rejects when it could not start. */
export async function run(args: readonly string[]): Promise<number> {
  const [own, applicationArgs] = splitArguments(args);
  const { values, positionals } = parseArgs({
    args: withWatchFolders(own),
    options: { ...flagTable(optionTables.serve), ...ownFlags },
    allowPositionals: true,
  });
  const { config: files = [], ...flags } = values;
  const settled = await readSources({ files, values: flags, positionals, rest: applicationArgs });
  return serve(accepted(settled), labelOf(settled.origins));
}

async function serve(config: ServeConfig, label: Label): Promise<number> {
  const { application, socket = [], http } = config;
  if (application === undefined) {
    throw typeError("UWSGI_INVALID_ARGUMENT", "serve takes one application, path[:export]; got 0");
  }
  if (socket.length === 0 && (http ?? []).length === 0) {
    throw typeError(
      "UWSGI_INVALID_ARGUMENT",
      "serve needs an address: --socket /tmp/app.sock, --socket 127.0.0.1:3031, or --http :8080 for development",
    );
  }
  if (config.vacuum === false) {
    const why = "sockets and the pid file are always removed at the end, unless somebody else has them by then";
    throw typeError("UWSGI_INVALID_ARGUMENT", `${label("vacuum")} false: ${why}`);
  }
  if (config.chdir !== undefined) goTo(config.chdir, label);
  const asked: Asked = {
    name: application,
    interface: config.interface,
    listen: config.listen,
    fastGlobals: config["no-fast-globals"] !== true,
    args: config.args ?? [],
    middleware: config.middleware ?? [],
    sockets: socket,
    http,
    gateways: config.gateway ?? [],
    upstreams: config.upstream ?? [],
    given: serverOptionsOf(config, label),
    subscribe: await readSubscriptions(config, label),
    accessFormat: config["access-log"] ?? "combined",
    errorFormat: config.log ?? "text",
  };
  if (!isManager(config)) return (await import("./serve/as-server.ts")).runAsServer(asked);
  return (await import("./serve/as-manager.ts")).runAsManager(asked, config, label);
}

function goTo(folder: string, label: Label): void {
  try {
    process.chdir(folder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw Object.assign(typeError("UWSGI_INVALID_ARGUMENT", `${label("chdir")} ${folder}: ${reason}`), {
      cause: error,
    });
  }
}

/** What stands behind `--` is the application's. */
function splitArguments(args: readonly string[]): [own: string[], applicationArgs: string[]] {
  const end = args.indexOf("--");
  return end === -1 ? [[...args], []] : [args.slice(0, end), args.slice(end + 1)];
}
