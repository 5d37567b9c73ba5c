/** `uisge serve` as one process: runs the application's module, and serves it. Loaded only then. */
import { runApplication } from "../../app/index.ts";
import { formatAddress } from "../../connection/index.ts";
import type { Middleware } from "../../handler/index.ts";
import { ErrorLog, plainRecord } from "../../log/index.ts";
import { lastLines, lastWork, version, watchOrphans } from "../../process/index.ts";
import { serve } from "../../serve.ts";
import { DEFAULT_GRACE_MS } from "../../server/index.ts";
import { endBySignals, passSignals } from "../early-signals.ts";
import { listeningOn } from "../listening-on.ts";
import { uwsgiPass } from "../nginx-hint.ts";
import { queueNotice } from "../queue-notice.ts";
import { StopRequest } from "../stop-request.ts";
import type { Asked } from "./asked.ts";

/** Resolves with the exit code when the server has stopped; rejects when it could not start. */
export async function runAsServer(asked: Asked): Promise<number> {
  const { sockets, http, given, subscribe, accessFormat, errorFormat } = asked;
  // Until it serves, a signal ends it.
  await passSignals();
  const ignoreEnd = endBySignals();
  // A bridge is a third of all code, and most servers have none.
  const front = http === undefined ? undefined : await import("./http-in-front.ts");
  const log = new ErrorLog(process.stderr, errorFormat);
  const say = (text: string): void => log.write(plainRecord("info", "cli", text));
  const application = await runApplication(asked.name, {
    interface: asked.interface,
    listen: asked.listen,
    fastGlobals: asked.fastGlobals,
    args: asked.args,
    onNotice: (text) => log.write(plainRecord("warn", "cli", text)),
  });
  // A log reader that goes away must not end the server, not even where only the application writes there.
  process.stdout.on("error", () => {});
  // Before the application's start hook, which may take its time: a signal meanwhile is not lost.
  const stop = new StopRequest(log);
  ignoreEnd();
  const server = await serve(application.application, {
    ...given,
    socket: front?.reachable(sockets) ?? sockets,
    interface: application.interface,
    lifecycle: application.lifecycle,
    middleware: await middlewareOf(asked),
    ...(subscribe === undefined ? {} : { subscribe }),
    log: {
      errors: process.stderr,
      errorFormat,
      ...(accessFormat === "off" ? {} : { access: process.stdout, accessFormat }),
    },
  });
  const bridge = await front?.bridgeTo(server, http ?? [], given, errorFormat);
  say(`uisge ${version}, Node ${process.version}, pid ${process.pid}`);
  say(`serving ${application.path} (${application.why})`);
  for (const address of server.addresses) {
    const pass = uwsgiPass(address);
    say(`listening on ${formatAddress(address)}${pass === undefined ? "" : `  nginx: uwsgi_pass ${pass};`}`);
  }
  for (const listener of bridge?.listeners ?? []) say(listeningOn(listener, []));
  const notice = queueNotice();
  if (notice !== undefined) log.write(plainRecord("warn", "cli", notice));
  const unwatch = watchOrphans((text) => log.write(plainRecord("warn", "cli", text)));
  let isClosedByItself = false;
  void application.closed.then(() => {
    isClosedByItself = true;
    stop.make("the application has closed its server");
  });
  await stop.made;
  unwatch();
  await bridge?.stop();
  await server.close();
  await bridge?.close();
  const ending = { interface: application.interface, isClosedByItself, isTold: stop.isApplicationTold };
  await lastWork(ending, given.graceMs ?? DEFAULT_GRACE_MS);
  say("stopped");
  await lastLines();
  return stop.exitCode;
}

/** Loads what only those need who have any. */
async function middlewareOf({ middleware }: Asked): Promise<readonly Middleware[]> {
  return middleware.length === 0 ? [] : (await import("../../middleware/index.ts")).middlewareListByName(middleware);
}
