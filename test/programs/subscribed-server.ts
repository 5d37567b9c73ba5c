/**
 * A server that announces itself, in a process of its own: `node subscribed-server.js SUBSCRIPTION...`, each as JSON of
 * `ServerSubscription`. Answers `PID PATH_INFO`. Says "listening" over IPC; closes at SIGTERM.
 */
import { formatAddress } from "../../src/connection/index.ts";
import { serve, type ServeOptions, type WsgiApplication } from "../../src/index.ts";

const application: WsgiApplication = (environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return [`${process.pid} ${environ.PATH_INFO}`];
};

const subscribe = process.argv
  .slice(2)
  .map((text) => JSON.parse(text) as NonNullable<ServeOptions["subscribe"]>[number]);
const server = await serve(application, { socket: "127.0.0.1:0", subscribe });
process.once("SIGTERM", () => void server.close().then(() => process.disconnect?.()));
process.send?.(server.addresses.map(formatAddress).join());
