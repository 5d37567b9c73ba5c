/** `uisge bridge`: HTTP in front of uwsgi sockets until it is told to stop. */
import { parseArgs } from "node:util";
import { typeError } from "../errors.ts";
import { HttpBridge } from "../gateway/index.ts";
import { ErrorLog, logServer, plainRecord } from "../log/index.ts";
import { bridgeFlags, readBridgeFlags, readTimeouts } from "./bridge/bridge-flags.ts";
import { upstreamOf } from "./bridge/upstream-of.ts";
import { lastLines, version } from "../process/index.ts";
import { listeningOn } from "./listening-on.ts";
import { readChoice } from "./serve-options.ts";
import { StopRequest } from "./stop-request.ts";

export { usage } from "./bridge/bridge-usage.ts";

/** Resolves with the exit code when the bridge has stopped; rejects when it could not start. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: bridgeFlags });
  const accessFormat = readChoice("--access-log", values["access-log"], ["combined", "json", "off"]);
  const errorFormat = readChoice("--log", values.log, ["text", "json"]);
  if (values.http === undefined) {
    throw typeError("UWSGI_INVALID_ARGUMENT", "bridge needs an address to listen on: --http :8080");
  }
  const options = readBridgeFlags(values);
  const log = new ErrorLog(process.stderr, errorFormat);
  // A log reader that goes away must not end the bridge.
  process.stdout.on("error", () => {});
  const stop = new StopRequest(log);
  const upstream = await upstreamOf(values, readTimeouts(values), { errors: process.stderr, errorFormat });
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
