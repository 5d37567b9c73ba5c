/** `uisge serve`: runs a module's application on sockets until it is told to stop. */
import type { Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { loadApplication } from "../app/index.ts";
import { formatAddress } from "../connection/index.ts";
import { typeError } from "../errors.ts";
import { ErrorLog, plainRecord } from "../log/index.ts";
import { serve } from "../serve.ts";
import { uwsgiPass } from "./nginx-hint.ts";
import { queueNotice } from "./queue-notice.ts";
import { readServerFlags, serverFlags } from "./serve-options.ts";
import { StopRequest } from "./stop-request.ts";
import { version } from "./version.ts";

const options = {
  socket: { type: "string", short: "s", multiple: true },
  ...serverFlags,
  "access-log": { type: "string" },
  log: { type: "string" },
} as const;

/** Resolves with the exit code when the server has stopped; rejects when it could not start. */
export async function serveCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) {
    throw typeError("UWSGI_INVALID_ARGUMENT", `serve takes one application, path[:export]; got ${positionals.length}`);
  }
  if (values.socket === undefined) {
    throw typeError(
      "UWSGI_INVALID_ARGUMENT",
      "serve needs an address: --socket /tmp/app.sock or --socket 127.0.0.1:3031",
    );
  }
  const given = readServerFlags(values);
  const accessFormat = readChoice("--access-log", values["access-log"], ["combined", "json", "off"]);
  const errorFormat = readChoice("--log", values.log, ["text", "json"]);
  const log = new ErrorLog(process.stderr, errorFormat);
  const say = (text: string): void => log.write(plainRecord("info", "cli", text));
  const { application, path, exportName, lifecycle } = await loadApplication(name);
  // A log reader that goes away must not end the server, not even where only the application writes there.
  process.stdout.on("error", () => {});
  // Before the application's start hook, which may take its time: a signal meanwhile is not lost.
  const stop = new StopRequest(log);
  const server = await serve(application, {
    ...given,
    socket: values.socket,
    lifecycle,
    log: {
      errors: process.stderr,
      errorFormat,
      ...(accessFormat === "off" ? {} : { access: process.stdout, accessFormat }),
    },
  });
  say(`uisge ${version}, Node ${process.version}, pid ${process.pid}`);
  say(`serving ${path}:${exportName} (WSGI style)`);
  for (const address of server.addresses) {
    const pass = uwsgiPass(address);
    say(`listening on ${formatAddress(address)}${pass === undefined ? "" : `  nginx: uwsgi_pass ${pass};`}`);
  }
  const notice = queueNotice();
  if (notice !== undefined) log.write(plainRecord("warn", "cli", notice));
  await stop.made;
  await server.close();
  say("stopped");
  await Promise.race([Promise.all([process.stdout, process.stderr].map(written)), delay(LAST_LINES_MS)]);
  return stop.exitCode;
}

/** How long the readers of the logs may take for the last lines, which the end of the process would lose. */
const LAST_LINES_MS = 2_000;

/** Resolves when the stream has passed on what it holds, or is broken. */
function written(stream: Writable): Promise<void> {
  return new Promise((resolve) => stream.write("", () => resolve()));
}

/** The value of an option that has a few; the first is the default. */
function readChoice<const Choice extends string>(
  option: string,
  text: string | undefined,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  const [first] = choices;
  const found = text === undefined ? first : choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw typeError("UWSGI_INVALID_ARGUMENT", `${option} ${text}: there are ${choices.join(", ")}`);
}
