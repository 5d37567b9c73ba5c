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
import { readRouterFlags, routeFlags } from "./route/route-options.ts";
import { Subscriptions } from "./route/subscription-flags.ts";
import { readChoice, readServerFlags } from "./serve-options.ts";
import { StopRequest } from "./stop-request.ts";
import { version } from "../process/index.ts";

export { usage } from "./route/route-usage.ts";

type Values = ReturnType<typeof parse>["values"];

/** Resolves with the exit code when the router has stopped; rejects when it could not start. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args);
  const given = readRouterFlags(values);
  const subscriptions = Subscriptions.of(values, given);
  const options = subscriptions?.addTo(given) ?? given;
  if (values.explain !== undefined) return explain(options, [...values.explain, ...positionals], values);
  const [unexpected] = positionals;
  if (unexpected !== undefined) {
    throw typeError("UWSGI_INVALID_ARGUMENT", `route takes options alone, got ${JSON.stringify(unexpected)}`);
  }
  if (values.socket === undefined) {
    throw typeError("UWSGI_INVALID_ARGUMENT", "route needs an address to listen on: --socket /run/route.sock");
  }
  const router = new PacketRouter(options);
  try {
    await listenAndRoute(router, values.socket, values, subscriptions);
  } finally {
    await subscriptions?.close();
    await router.close();
  }
  return 0;
}

function parse(args: readonly string[]) {
  return parseArgs({ args: joined(args), options: routeFlags, allowPositionals: true });
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
  { modifier1, json }: Values,
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
  values: Values,
  subscriptions: Subscriptions | undefined,
): Promise<void> {
  const given = readServerFlags(values);
  const accessFormat = readChoice("--access-log", values["access-log"], ["combined", "json", "off"]);
  const errorFormat = readChoice("--log", values.log, ["text", "json"]);
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
