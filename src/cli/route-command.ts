/** `uisge route`: passes packets on until it is told to stop. */
import { parseArgs } from "node:util";
import { checkEffect, formatAddress, parseAddress } from "../connection/index.ts";
import { typeError } from "../errors.ts";
import { PacketRouter, type PacketRouterOptions, routerPlugins } from "../gateway/index.ts";
import { ErrorLog, logServer, plainRecord } from "../log/index.ts";
import { pingPlugin } from "../plugins/index.ts";
import { Server } from "../server/index.ts";
import { uwsgiPass } from "./nginx-hint.ts";
import { explainPacket } from "./route/explain-packet.ts";
import { optionTables, type RouteConfig } from "../config/index.ts";
import { configOf } from "./options/config-of.ts";
import { flagTable } from "./options/flags.ts";
import { serverOptionsOf } from "./options/server-options.ts";
import { routerOptionsOf } from "./route/route-options.ts";
import { Subscriptions } from "./route/subscriptions.ts";
import { StopRequest } from "./stop-request.ts";
import { version } from "../process/index.ts";

export { usage } from "./route/route-usage.ts";

/** Those of `--explain`, which says why and passes nothing on. */
const ownFlags = {
  explain: { type: "string", multiple: true },
  modifier1: { type: "string" },
  json: { type: "boolean" },
} as const;

/** Resolves with the exit code when the router has stopped; rejects when it could not start. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args);
  const { explain: explained, modifier1, json, ...flags } = values;
  const config = configOf(flags, "route");
  const given = routerOptionsOf(config);
  const subscriptions = Subscriptions.of(config, given);
  const options = subscriptions?.addTo(given) ?? given;
  if (explained !== undefined) return explain(options, [...explained, ...positionals], { modifier1, json });
  const [unexpected] = positionals;
  if (unexpected !== undefined) {
    throw typeError("UWSGI_INVALID_ARGUMENT", `route takes options alone, got ${JSON.stringify(unexpected)}`);
  }
  if (config.socket === undefined) {
    throw typeError("UWSGI_INVALID_ARGUMENT", "route needs an address to listen on: --socket /run/route.sock");
  }
  const router = new PacketRouter(options);
  try {
    await listenAndRoute(router, config.socket, config, subscriptions);
  } finally {
    await subscriptions?.close();
    await router.close();
  }
  return 0;
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: joined(args),
    options: { ...flagTable(optionTables.route), ...ownFlags },
    allowPositionals: true,
  });
}

/** A rule for all packets begins with `->`, which would be taken for an option. */
function joined(args: readonly string[]): string[] {
  const all: string[] = [];
  for (const arg of args) {
    if (all.at(-1) === "--rule" && arg.startsWith("->")) all[all.length - 1] = `--rule=${arg}`;
    else all.push(arg);
  }
  return all;
}

async function explain(
  options: PacketRouterOptions,
  pairs: readonly string[],
  { modifier1, json }: { readonly modifier1: string | undefined; readonly json: boolean | undefined },
): Promise<number> {
  if (modifier1 !== undefined && !(/^[0-9]{1,3}$/.test(modifier1) && Number(modifier1) <= 255)) {
    throw typeError("UWSGI_INVALID_ARGUMENT", `--modifier1 ${modifier1}: a whole number from 0 to 255 is needed`);
  }
  // Checked as one that routes, but it looks no name up.
  const router = new PacketRouter({ ...options, resolve: false });
  await router.close();
  process.stdout.write(
    explainPacket(router.ruleSet, pairs, { modifier1: Number(modifier1 ?? 0), isJson: json === true }),
  );
  return 0;
}

async function listenAndRoute(
  router: PacketRouter,
  sockets: readonly string[],
  config: RouteConfig,
  subscriptions: Subscriptions | undefined,
): Promise<void> {
  const given = serverOptionsOf(config);
  const { "access-log": accessFormat = "combined", log: errorFormat = "text" } = config;
  const addresses = sockets.map(parseAddress);
  checkEffect(addresses, given);
  const log = new ErrorLog(process.stderr, errorFormat);
  const say = (text: string): void => log.write(plainRecord("info", "cli", text));
  process.stdout.on("error", () => {});
  const stop = new StopRequest(log);
  const plugins = routerPlugins(router);
  // Unless a rule asks for pings they are about the router itself.
  const isPingRouted = plugins.some(({ modifier1 }) => modifier1 === 100);
  const server = new Server({ ...given, plugins: isPingRouted ? plugins : [...plugins, pingPlugin()] });
  const stopLog = logServer(server, {
    errors: process.stderr,
    errorFormat,
    ...(accessFormat === "off" ? {} : { access: process.stdout, accessFormat }),
  });
  void server.closed.then(stopLog);
  let hearing: string | undefined;
  try {
    hearing = await subscriptions?.listen();
    for (const address of addresses) await server.listen(address);
  } catch (error) {
    await server.close();
    throw error;
  }
  say(`uisge ${version}, Node ${process.version}, pid ${process.pid}`);
  if (hearing !== undefined) say(`hearing announcements on ${hearing}`);
  for (const { text } of router.ruleSet.rules) say(`routing ${text}`);
  for (const address of server.addresses) {
    const pass = uwsgiPass(address);
    say(`listening on ${formatAddress(address)}${pass === undefined ? "" : `  nginx: uwsgi_pass ${pass};`}`);
  }
  await stop.made;
  await server.close();
  say("stopped");
}
