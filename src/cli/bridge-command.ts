/** `uisge bridge`: HTTP in front of uwsgi sockets until it is told to stop. */
import { typeError } from "../errors.ts";
import { HttpBridge } from "../gateway/index.ts";
import { ErrorLog, logServer, plainRecord } from "../log/index.ts";
import { optionTables } from "../config/index.ts";
import { timeoutsOf } from "./bridge/balancing.ts";
import { bridgeOptionsOf } from "./bridge/bridge-options.ts";
import { upstreamOf } from "./bridge/upstream-of.ts";
import { lastLines, version } from "../process/index.ts";
import { listeningOn } from "./listening-on.ts";
import type { CommandDefinition, Parsed } from "./frame/definition.ts";
import { screenedOptionsOf } from "./options/command-options.ts";
import { configOf } from "./options/config-of.ts";
import { StopRequest } from "./stop-request.ts";

/** Those of the first screen. */
const first: ReadonlySet<string> = new Set([
  "http",
  "to",
  "balance",
  "ping",
  "subscription-server",
  "tls-cert",
  "tls-key",
  "trust",
]);

export const definition: CommandDefinition = {
  name: "bridge",
  summary: "take HTTP and pass it on to uwsgi sockets",
  synopsis: ["--http ADDRESS --to NODE [options]"],
  options: screenedOptionsOf(optionTables.bridge, first),
  notes: ["Whoever reaches the address reaches the application."],
  examples: ["uisge bridge --http :8080 --to /tmp/app.sock"],
  exitCodes: [[0, "stopped"], [69, "in use"], [73, "cannot listen"], 77, [78, "address not valid"]],
  run,
};

/** Resolves with the exit code when the bridge has stopped; rejects when it could not start. */
async function run({ values }: Parsed): Promise<number> {
  const config = configOf(values, "bridge");
  const { "access-log": accessFormat = "combined", log: errorFormat = "text" } = config;
  if (config.http === undefined) {
    throw typeError("UWSGI_INVALID_ARGUMENT", "bridge needs an address to listen on: --http :8080");
  }
  const options = bridgeOptionsOf(config);
  const log = new ErrorLog(process.stderr, errorFormat);
  // A log reader that goes away must not end the bridge.
  process.stdout.on("error", () => {});
  const stop = new StopRequest(log);
  const upstream = await upstreamOf(config, timeoutsOf(config), { errors: process.stderr, errorFormat });
  const bridge = await HttpBridge.listen({ ...options, to: upstream.sender });
  const stopLog = logServer(bridge, {
    errors: process.stderr,
    errorFormat,
    ...(accessFormat === "off" ? {} : { access: process.stdout, accessFormat }),
  });
  const say = (text: string): void => log.write(plainRecord("info", "cli", text));
  say(`uisge ${version}, Node ${process.version}, pid ${process.pid}`);
  for (const listener of bridge.listeners) say(listeningOn(listener, upstream.names));
  await stop.made;
  await bridge.close();
  await upstream.close();
  stopLog();
  say("stopped");
  await lastLines();
  return stop.exitCode;
}
