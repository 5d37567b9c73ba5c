/** `uisge serve`: runs a module's application on sockets until it is told to stop. */
import { parseArgs } from "node:util";
import { loadApplication } from "../app/index.ts";
import { formatAddress } from "../connection/index.ts";
import { typeError } from "../errors.ts";
import { ErrorLog, plainRecord } from "../log/index.ts";
import { serve } from "../serve.ts";
import type { Server } from "../server/index.ts";
import { uwsgiPass } from "./nginx-hint.ts";
import { readServerFlags, serverFlags } from "./serve-options.ts";
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
  const say: Say = (text) => log.write(plainRecord("info", "cli", text));
  const { application, path, exportName, lifecycle } = await loadApplication(name);
  // A log reader that goes away must not end the server, not even where only the application writes there.
  process.stdout.on("error", () => {});
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
  // Before anything is said: whoever reads that it listens may tell it to stop.
  const stopped = untilStopped(server, log, say);
  say(`uisge ${version}, Node ${process.version}, pid ${process.pid}`);
  say(`serving ${path}:${exportName} (WSGI style)`);
  for (const address of server.addresses) {
    const pass = uwsgiPass(address);
    say(`listening on ${formatAddress(address)}${pass === undefined ? "" : `  nginx: uwsgi_pass ${pass};`}`);
  }
  return stopped;
}

/** Says something on standard error, in the form of the error log. */
type Say = (text: string) => void;

/** npm sends its child the Ctrl-C that the terminal has already sent it: that is one signal, not two. */
const SAME_SIGNAL_MS = 500;

/** Closes the server at the first TERM or INT; a second one, later, ends at once. */
function untilStopped(server: Server, log: ErrorLog, say: Say): Promise<number> {
  return new Promise((resolve) => {
    let stoppedAt = Number.NaN;
    const stop = (why: string, exitCode: number): void => {
      if (performance.now() - stoppedAt < SAME_SIGNAL_MS) return;
      if (!Number.isNaN(stoppedAt)) process.exit(1);
      stoppedAt = performance.now();
      say(`${why}: finishing what runs`);
      void server.close().then(
        () => {
          say("stopped");
          resolve(exitCode);
        },
        (error: unknown) => {
          say(`stopped, but not cleanly: ${String(error)}`);
          resolve(1);
        },
      );
    };
    process.on("SIGTERM", (signal) => stop(signal, 0));
    process.on("SIGINT", (signal) => stop(signal, 0));
    // The terminal was closed.
    process.on("SIGHUP", (signal) => stop(signal, 0));
    // It belongs to no request: the state of the process is unknown, so it does not take new ones.
    process.on("uncaughtException", (error, origin) => {
      log.write({ level: "error", event: "cli:uncaught", text: origin, thrown: { error } });
      stop("stopping because of that error", 1);
    });
  });
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
