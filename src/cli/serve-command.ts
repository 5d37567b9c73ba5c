/** `uisge serve`: what the command line asks for. A server and a manager are loaded only where they are what that is. */
import { optionTables, originText, type ServeConfig } from "../config/index.ts";
import { typeError } from "../errors.ts";
import { isLogFormat } from "../log/index.ts";
import type { CommandDefinition, CommandOption, Parsed } from "./frame/definition.ts";
import { visible } from "./frame/visible.ts";
import { screenedOptionsOf } from "./options/command-options.ts";
import { accepted, type Label, labelOf } from "./options/config-of.ts";
import { serverOptionsOf } from "./options/server-options.ts";
import type { Asked } from "./serve/asked.ts";
import { isManager } from "./serve/manager-options.ts";
import { readSources } from "./serve/sources.ts";
import { readSubscriptions } from "./serve/subscriptions.ts";
import { withWatchFolders } from "./serve/watch-folders.ts";

/** Those of the first screen; the others are told by the help of their group. */
const first: ReadonlySet<string> = new Set([
  "interface",
  "socket",
  "http",
  "processes",
  "harakiri",
  "uid",
  "access-log",
  "log",
]);

const configOption: CommandOption = {
  name: "config",
  short: "c",
  value: "FILE",
  repeats: true,
  completes: "file",
  summary: "ini, yaml, toml, json, js, ts; FILE:SECTION",
};

/** As uWSGI names the kinds of files. */
const configAliases: readonly CommandOption[] = ["ini", "yaml", "toml", "json"].map((name) =>
  Object.assign({}, configOption, { name, short: undefined, isHidden: true }),
);

export const definition: CommandDefinition = {
  name: "serve",
  summary: "run an application on uwsgi sockets",
  synopsis: ["[APP|FILE] --socket ADDRESS [options] [-- ARGUMENT...]"],
  positionals: [
    {
      name: "APP|FILE",
      summary: "path[:export] of a module, or a configuration",
      isOptional: true,
      repeats: true,
      completes: "file",
    },
  ],
  options: [
    configOption,
    ...configAliases,
    ...screenedOptionsOf(
      optionTables.serve.filter(({ name }) => name !== "application" && name !== "args"),
      first,
    ),
  ],
  notes: ["All may stand in a file, too; without any, uisge.ini and the like are looked for."],
  examples: ["uisge serve ./app.js --socket /tmp/app.sock", "uisge serve app.ini -p 4"],
  exitCodes: [
    [0, "stopped"],
    [65, "wrong file"],
    [66, "no application"],
    [69, "in use"],
    [70, "application failed"],
    [73, "cannot listen"],
    77,
    [78, "address not valid"],
  ],
  passesArguments: true,
  prepare: withWatchFolders,
  run,
};

/** Resolves with the exit code when the server has stopped; rejects when it could not start. */
async function run({ values, positionals, rest }: Parsed): Promise<number> {
  const { config, ini, yaml, toml, json, ...flags } = values;
  const files = [config, ini, yaml, toml, json].flatMap((named) => (Array.isArray(named) ? (named as string[]) : []));
  const settled = await readSources({ files, values: flags, positionals, rest });
  for (const warning of settled.problems.length === 0 ? settled.warnings : []) {
    process.stderr.write(`uisge: ${visible(`${originText(warning.origin)}: ${warning.message}`)}\n`);
  }
  return serve(accepted(settled), labelOf(settled.origins));
}

async function serve(config: ServeConfig, label: Label): Promise<number> {
  const { application, socket = [] } = config;
  // An empty list takes back what a source before has said.
  const http = config.http?.length === 0 ? undefined : config.http;
  if (application === undefined) {
    throw typeError("UWSGI_INVALID_ARGUMENT", "serve takes one application, path[:export]; got 0");
  }
  if (socket.length === 0 && http === undefined) {
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
    accessFormat: accessFormatOf(config, label),
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

/** A template counts more than a format that has a name. */
function accessFormatOf(config: ServeConfig, label: Label): Asked["accessFormat"] {
  const template = config["log-format"];
  if (template === undefined || config["access-log"] === "off") return config["access-log"] ?? "combined";
  if (isLogFormat(template)) return template;
  const needed = 'uWSGI\'s variables are needed, such as "%(addr) %(method) %(uri) %(status)"';
  throw typeError("UWSGI_INVALID_ARGUMENT", `${label("log-format")} ${template}: ${needed}`);
}
