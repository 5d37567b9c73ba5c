/** `uisge bridge`: HTTP in front of uwsgi sockets until it is told to stop. */
import { parseArgs } from "node:util";
import { typeError } from "../errors.ts";
import { HttpBridge } from "../gateway/index.ts";
import { ErrorLog, logServer, plainRecord } from "../log/index.ts";
import { optionTables } from "../config/index.ts";
import { timeoutsOf } from "./bridge/balancing.ts";
import { bridgeOptionsOf } from "./bridge/bridge-options.ts";
import { upstreamOf } from "./bridge/upstream-of.ts";
import { lastLines, version } from "../process/index.ts";
import { listeningOn } from "./listening-on.ts";
import { configOf } from "./options/config-of.ts";
import { flagTable } from "./options/flags.ts";
import { StopRequest } from "./stop-request.ts";

export { usage } from "./bridge/bridge-usage.ts";

/** Resolves with the exit code when the bridge has stopped; rejects when it could not start. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: flagTable(optionTables.bridge) });
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
