/** `uisge serve`: runs a module's application on sockets until it is told to stop. */
import { parseArgs } from "node:util";
import { type InterfaceName, runApplication } from "../app/index.ts";
import { formatAddress } from "../connection/index.ts";
import { typeError } from "../errors.ts";
import { ErrorLog, plainRecord } from "../log/index.ts";
import { serve } from "../serve.ts";
import { uwsgiPass } from "./nginx-hint.ts";
import { queueNotice } from "./queue-notice.ts";
import { DEFAULT_GRACE_MS } from "../server/index.ts";
import { lastLines, untilNothingLeft } from "../process/index.ts";
import { isManager, managerFlags, withWatchFolders } from "./serve/manager-flags.ts";
import { present, readChoice, readServerFlags, serverFlags } from "./serve-options.ts";
import { listeningOn } from "./listening-on.ts";
import { readSubscriptions, subscriptionFlags } from "./serve-subscriptions.ts";
import { StopRequest } from "./stop-request.ts";
import { version } from "../process/index.ts";

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
  const given = readServerFlags(values);
  const subscribe = await readSubscriptions(values);
  // A bridge is a third of all code, and most servers have none.
  const front = values.http === undefined ? undefined : await import("./serve/http-in-front.ts");
  const accessFormat = readChoice("--access-log", values["access-log"], ["combined", "json", "off"]);
  const errorFormat = readChoice("--log", values.log, ["text", "json"]);
  const wanted = values.interface === undefined ? undefined : readChoice("--interface", values.interface, interfaces);
  const fastGlobals = values["no-fast-globals"] !== true;
  if (isManager(values)) {
    const { runAsManager } = await import("./serve/as-manager.ts");
    return runAsManager({
      flags: values,
      options: {
        ...given,
        ...present({ application: name, interface: wanted, listen: values.listen, subscribe }),
        fastGlobals,
        args: applicationArgs,
      },
      sockets: values.socket ?? [],
      http: values.http,
      accessFormat,
      errorFormat,
    });
  }
  const log = new ErrorLog(process.stderr, errorFormat);
  const say = (text: string): void => log.write(plainRecord("info", "cli", text));
  const application = await runApplication(name, {
    interface: wanted,
    listen: values.listen,
    fastGlobals,
    args: applicationArgs,
    onNotice: (text) => log.write(plainRecord("warn", "cli", text)),
  });
  // A log reader that goes away must not end the server, not even where only the application writes there.
  process.stdout.on("error", () => {});
  // Before the application's start hook, which may take its time: a signal meanwhile is not lost.
  const stop = new StopRequest(log);
  const sockets = front === undefined ? (values.socket ?? []) : front.reachable(values.socket ?? []);
  const server = await serve(application.application, {
    ...given,
    socket: sockets,
    interface: application.interface,
    lifecycle: application.lifecycle,
    ...(subscribe === undefined ? {} : { subscribe }),
    log: {
      errors: process.stderr,
      errorFormat,
      ...(accessFormat === "off" ? {} : { access: process.stdout, accessFormat }),
    },
  });
  const bridge = await front?.bridgeTo(server, values.http ?? [], given, errorFormat);
  say(`uisge ${version}, Node ${process.version}, pid ${process.pid}`);
  say(`serving ${application.path} (${application.why})`);
  for (const address of server.addresses) {
    const pass = uwsgiPass(address);
    say(`listening on ${formatAddress(address)}${pass === undefined ? "" : `  nginx: uwsgi_pass ${pass};`}`);
  }
  for (const listener of bridge?.listeners ?? []) say(listeningOn(listener, []));
  const notice = queueNotice();
  if (notice !== undefined) log.write(plainRecord("warn", "cli", notice));
  let isClosedByItself = false;
  void application.closed.then(() => {
    isClosedByItself = true;
    stop.make("the application has closed its server");
  });
  await stop.made;
  await bridge?.stop();
  await server.close();
  await bridge?.close();
  // What ends by itself under node does so here: `server.close(() => pool.end())`. For the others there is the hook
  // `stop`.
  if (isClosedByItself || (application.interface !== "wsgi" && stop.isApplicationTold)) {
    await untilNothingLeft(given.graceMs ?? DEFAULT_GRACE_MS);
  }
  say("stopped");
  await lastLines();
  return stop.exitCode;
}

/** What stands behind `--` is the application's. */
function splitArguments(args: readonly string[]): [own: string[], applicationArgs: string[]] {
  const end = args.indexOf("--");
  return end === -1 ? [[...args], []] : [args.slice(0, end), args.slice(end + 1)];
}
