/** A CGI program, from its start to its exit. */
import { closeSync, fstatSync, openSync } from "node:fs";
import {
  type Application,
  checkInterface,
  type FetchApplication,
  type FrameworkApplication,
  type InterfaceName,
  type NodeApplication,
  type WsgiApplication,
} from "../app/index.ts";
import { exchangeError, type ExchangeError } from "../diagnostics.ts";
import { gone, LimitError, typeError } from "../errors.ts";
import { type LogOptions, logServer } from "../log/index.ts";
import { type HttpOptions, httpPlugin } from "../server/index.ts";
import { emptyPacket, giveUp, makeReady, packetOf, refuse } from "./answer-cgi.ts";
import { CgiExchange } from "./cgi-exchange.ts";
import { readEnvironment } from "./environment.ts";
import { isMetaVariable } from "./meta-variables.ts";
import { takeOutput } from "./own-output.ts";
import { usage } from "./usage.ts";

export interface CgiOptions extends HttpOptions {
  /** What the application is. Default: what is recognised, as by `serve`; a plain function is `wsgi`. */
  readonly interface?: InterfaceName;
  /**
   * Names of more variables that belong to the environ, such as what Apache's SetEnv or lighttpd's setenv adds. What
   * PATH, HOME and the others hold is in `process.env`, as ever. Default none.
   */
  readonly pass?: readonly string[];
  /**
   * What to log, where, and in which format. Default: errors to standard error, which web servers keep. `false`:
   * nothing.
   */
  readonly log?: LogOptions | false;
  /**
   * Ends the process behind the answer, whatever the application has left open (pools, timers): nobody else would.
   * `false`: only resolves. Default true.
   */
  readonly exit?: boolean;
}

/** `interface`: what the application is. */
type As<Name extends InterfaceName> = CgiOptions & { readonly interface: Name };

/** The same, which need not be said. */
type Maybe<Name extends InterfaceName> = CgiOptions & { readonly interface?: Name };

/** Exit codes; see sysexits.h. */
const FAILED = 1;
const USAGE = 64;
const TERMINATED = 143;

/**
 * From TERM to our end. Apache kills 3 s behind its TERM, which it sends when the client is gone, and behind each
 * answer.
 */
const TERM_GRACE_MS = 2_500;

/**
 * Answers the request that this process was started for (RFC 3875), and ends the process; with `exit: false` resolves
 * with the exit code: 0, 1 when the application failed (it was answered with 500 where possible), 143 when the web
 * server ended the program with TERM, 64 when it was not started by a web server, which is said on standard error.
 *
 * Standard output is the answer's: `console.log`, and all else that is written to `process.stdout`, goes to standard
 * error from now on. Of standard input only the body is waited for. Trust no arguments: a query without `=` comes as
 * arguments (RFC 3875 4.4). HTTP_PROXY, a header of the client that programs take for a setting, is removed from
 * `process.env` (httpoxy).
 */
export function runWithCgi(application: WsgiApplication, options?: Maybe<"wsgi">): Promise<number>;
export function runWithCgi(application: NodeApplication, options: As<"node">): Promise<number>;
export function runWithCgi(application: FetchApplication, options: As<"fetch">): Promise<number>;
export function runWithCgi(
  application: FrameworkApplication,
  options?: Maybe<"node" | "fetch" | "handler">,
): Promise<number>;
export function runWithCgi(application: Application, options: As<InterfaceName>): Promise<number>;
export async function runWithCgi(application: unknown, options: CgiOptions = {}): Promise<number> {
  checkOptions(options);
  const code = await run(application, options);
  process.exitCode = code;
  if (options.exit !== false) {
    // A pipe may not have taken all of the log yet.
    await new Promise<void>((resolve) => process.stderr.write("", () => resolve()));
    process.exit();
  }
  return code;
}

async function run(application: unknown, options: CgiOptions): Promise<number> {
  const { pass = [], log = { errors: process.stderr } } = options;
  const pairs = readEnvironment().filter(([variable]) => isMetaVariable(variable) || pass.includes(variable));
  if (!pairs.some(([variable]) => variable === "REQUEST_METHOD")) {
    process.stderr.write(usage(process.argv[1] ?? "app.cgi"));
    return USAGE;
  }
  delete process.env["HTTP_PROXY"];
  const output = takeOutput(process.stdout, process.stderr);
  const packet = packetOf(pairs);
  const isTooLarge = packet instanceof LimitError;
  const exchange = new CgiExchange(isTooLarge ? emptyPacket() : packet, () => process.stdin, output, isOneSocket());
  const watch = watchProcess(exchange);
  const stopLog = log === false ? (): void => {} : logServer(exchange.server, log);
  try {
    const answering = (async () => {
      if (isTooLarge) refuse(exchange, packet);
      else await answer(exchange, application, options);
    })();
    const answered = Promise.race([answering, watch.stuck]);
    await Promise.race([exchange.ended, answered]);
    await Promise.all([exchange.flushed(), exchange.discardRest()]);
    closeStreams(exchange);
    await answered;
  } finally {
    stopLog();
    watch.stop();
  }
  return watch.code();
}

/** Resolves when the answer, and what goes on beside it, has ended. */
async function answer(exchange: CgiExchange, application: unknown, options: CgiOptions): Promise<void> {
  const { handler, stop } = await makeReady(application, options.interface);
  await httpPlugin(handler, options).answer(exchange);
  await exchange.worked();
  await stop();
}

interface ProcessWatch {
  /** Resolves when nothing is left that could end the answer; it has then been ended. */
  readonly stuck: Promise<void>;
  /** The exit code, by what has come so far. */
  code(): number;
  stop(): void;
}

/** Listens to what ends the answer from outside, and to failures. */
function watchProcess(exchange: CgiExchange): ProcessWatch {
  let hasFailed = false;
  let isTerminated = false;
  let insisting: NodeJS.Timeout | undefined;
  const onError = ({ server }: ExchangeError): void => {
    if (server === exchange.server) hasFailed = true;
  };
  const onTerm = (): void => {
    isTerminated ||= exchange.isOpen;
    exchange.leave(gone("the web server has ended the program"));
    insisting ??= setTimeout(() => process.exit(TERMINATED), TERM_GRACE_MS);
  };
  let onStuck: () => void = () => {};
  const stuck = new Promise<void>((resolve) => {
    onStuck = () => {
      hasFailed = true;
      process.stderr.write("the application has not ended its answer, and waits for nothing that could still come\n");
      giveUp(exchange);
      resolve();
    };
  });
  exchangeError.subscribe(onError);
  process.on("SIGTERM", onTerm).once("beforeExit", onStuck);
  return {
    stuck,
    code: () => (isTerminated ? TERMINATED : hasFailed ? FAILED : 0),
    stop: () => {
      exchangeError.unsubscribe(onError);
      process.off("SIGTERM", onTerm).off("beforeExit", onStuck);
      clearTimeout(insisting);
    },
  };
}

/**
 * Closes standard input and output, so that the web server sees the end of the answer though work goes on. Both: they
 * may be one socket (mod_cgid). Node never closes them, so something harmless takes their numbers.
 */
function closeStreams(exchange: CgiExchange): void {
  exchange.closeInput();
  for (const [descriptor, flags] of [
    [0, "r"],
    [1, "w"],
  ] as const) {
    closeSync(descriptor);
    openSync("/dev/null", flags);
  }
}

/** True where standard input and output are the same socket. */
function isOneSocket(): boolean {
  const [input, output] = [fstatSync(0), fstatSync(1)];
  return input.isSocket() && input.ino === output.ino && input.dev === output.dev;
}

/** Throws a TypeError (`UWSGI_INVALID_ARGUMENT`). */
function checkOptions({ interface: name, pass = [] }: CgiOptions): void {
  checkInterface(name);
  if (!Array.isArray(pass)) throw typeError("UWSGI_INVALID_ARGUMENT", 'pass is a list of names, such as ["APP_MODE"]');
}
