/** `uisge route`: passes packets on until it is told to stop. */
import { checkEffect, formatAddress, parseAddress } from "../connection/index.ts";
import { typeError } from "../errors.ts";
import { PacketRouter, type PacketRouterOptions, routerPlugins } from "../gateway/index.ts";
import { ErrorLog, logServer, plainRecord } from "../log/index.ts";
import { pingPlugin } from "../plugins/index.ts";
import { Server } from "../server/index.ts";
import { uwsgiPass } from "./nginx-hint.ts";
import { explainPacket } from "./route/explain-packet.ts";
import { optionTables, type RouteConfig } from "../config/index.ts";
import type { CommandDefinition, Parsed, ValuesOf } from "./frame/definition.ts";
import { screenedOptionsOf } from "./options/command-options.ts";
import { configOf } from "./options/config-of.ts";
import { serverOptionsOf } from "./options/server-options.ts";
import { routerOptionsOf } from "./route/route-options.ts";
import { Subscriptions } from "./route/subscriptions.ts";
import { StopRequest } from "./stop-request.ts";
import { version } from "../process/index.ts";

/** Those of `--explain`, which says why and passes nothing on. */
const explaining = [
  {
    name: "explain",
    value: "VAR=VALUE",
    repeats: true,
    group: "explain",
    summary: "why a packet goes where it goes; more of them stand behind it",
  },
  { name: "modifier1", value: "N", group: "explain", isMinor: true, summary: "that of the packet (0)" },
  { name: "json", group: "explain", isMinor: true, summary: "as one JSON object" },
] as const;

/** Those of the first screen. */
const first: ReadonlySet<string> = new Set([
  "socket",
  "rule",
  "rules",
  "upstream",
  "ping",
  "subscription-server",
  "explain",
]);

export const definition: CommandDefinition = {
  name: "route",
  summary: "pass packets on to other sockets by rules",
  synopsis: ["--socket ADDRESS --rule RULE... [options]", "--rule RULE... --explain VAR=VALUE [VAR=VALUE...]"],
  positionals: [
    { name: "VAR=VALUE", summary: "of the packet that --explain asks about", isOptional: true, repeats: true },
  ],
  options: [...screenedOptionsOf(optionTables.route, first), ...explaining],
  notes: [
    "RULE is CONDITION... -> TARGET CHANGE... Conditions: host= path= method= key= modifier1= modifier2= var:NAME[=VALUE]. " +
      "Targets: ADDRESS[,ADDRESS...], an upstream's name, answer=STATUS, close. " +
      "Changes: modifier1= modifier2= set:NAME=VALUE remove:NAME mount=/PATH",
  ],
  examples: ["uisge route --socket /run/route.sock --rule 'host=a.com -> /run/a.sock'"],
  exitCodes: [[0, "stopped"], [69, "in use"], [73, "cannot listen"], 77, [78, "address not valid"]],
  run,
};

/** Resolves with the exit code when the router has stopped; rejects when it could not start. */
async function run({ values, positionals }: Parsed): Promise<number> {
  const { explain: explained, modifier1, json, ...flags } = values as Parsed["values"] & ValuesOf<typeof explaining>;
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
