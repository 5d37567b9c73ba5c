/** `uisge serve`: runs a module's application on sockets until it is told to stop. */
import { resolve as absolute } from "node:path";
import { parseArgs } from "node:util";
import { loadApplication } from "../app/index.ts";
import { formatAddress, type Address } from "../connection/index.ts";
import { typeError } from "../errors.ts";
import { serve } from "../serve.ts";
import type { Server } from "../server/index.ts";
import { version } from "./version.ts";

const options = {
  socket: { type: "string", short: "s", multiple: true },
  chmod: { type: "string" },
  insecure: { type: "boolean" },
  "no-access-log": { type: "boolean" },
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
  const mode = values.chmod === undefined ? undefined : readMode(values.chmod);
  const { application, path, exportName } = await loadApplication(name);
  // A log reader that goes away must not end the server.
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
  const server = await serve(application, {
    socket: values.socket,
    insecure: values.insecure ?? false,
    ...(mode === undefined ? {} : { mode }),
    log: { errors: process.stderr, ...(values["no-access-log"] === true ? {} : { access: process.stdout }) },
  });
  say(`uisge ${version}, Node ${process.version}, pid ${process.pid}`);
  say(`serving ${path}:${exportName} (WSGI style)`);
  for (const address of server.addresses)
    say(`listening on ${formatAddress(address)}  nginx: uwsgi_pass ${uwsgiPass(address)};`);
  return untilStopped(server);
}

/** npm sends its child the Ctrl-C that the terminal has already sent it: that is one signal, not two. */
const SAME_SIGNAL_MS = 500;

/** Closes the server at the first TERM or INT; a second one, later, ends at once. */
function untilStopped(server: Server): Promise<number> {
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
      process.stderr.write(`${origin}: ${error instanceof Error ? error.stack : String(error)}\n`);
      stop("stopping because of that error", 1);
    });
  });
}

function readMode(text: string): number {
  if (!/^[0-7]{3,4}$/.test(text)) {
    throw typeError("UWSGI_INVALID_ARGUMENT", `--chmod ${text}: an octal mode is needed, such as 660`);
  }
  return Number.parseInt(text, 8);
}

function uwsgiPass(address: Address): string {
  return address.kind === "unix" ? `unix:${absolute(address.path)}` : formatAddress(address);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
