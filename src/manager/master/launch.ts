/** How the program of a worker is started, and all that it is told. */
import { fileURLToPath } from "node:url";
import { withoutOwnVariables } from "../../process/index.ts";
import { FIRST_SOCKET_FD } from "../channel/messages.ts";
import type { Berth } from "./master.ts";
import type { ManagerOptions } from "../options.ts";
import type { ServiceSocket } from "../sockets/place.ts";
import { withJitter } from "../plan/recycle.ts";
import type { WorkerLaunch } from "./worker-process.ts";
import type { OwnDescriptors, Privileges, WorkerLog, WorkerSetup } from "../channel/worker-setup.ts";

const PROGRAM = fileURLToPath(new URL("../worker/worker-main.js", import.meta.url));

/** What is between the master and who has started it. */
const NOT_FOR_WORKERS = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/** One row for each option of the server that a worker gets: what is not here stays with the master. */
const passed = {
  maxDatasize: true,
  maxVars: true,
  headerTimeoutMs: true,
  bodyTimeoutMs: true,
  minBodyRate: true,
  writeTimeoutMs: true,
  drainTimeoutMs: true,
  maxDrainBytes: true,
  graceMs: true,
  maxConnections: true,
  attributesErrors: true,
  maxBodyBytes: true,
  duplicates: true,
  serverName: true,
  serverPort: true,
  trustedHeaders: true,
  backlog: true,
  allow: true,
  insecure: true,
  transport: true,
  tls: true,
  // Of paths, which the master has made.
  mode: false,
  owner: false,
  group: false,
  recreate: false,
  // In the setup itself.
  harakiriMs: false,
} as const satisfies Record<keyof WorkerSetup["server"], boolean>;

const STDOUT_FD = 1;
const STDERR_FD = 2;

/** Six times what journald takes of a whole service: a line for each request of a busy worker. */
const CAPTURE_RATE = 2_000;

export const defaultLog: WorkerLog = { access: "off", errors: "text" };

/** `userEnv`: of their user; `sockets`: as they are now. */
export function launchOf(
  { id, generation, serial, processes }: Berth,
  options: ManagerOptions,
  privileges: Privileges,
  userEnv: Readonly<Record<string, string>>,
  sockets: readonly ServiceSocket[],
): WorkerLaunch {
  const { maxRequests = Infinity, harakiriMs = Infinity, log = defaultLog } = options;
  const own = ownDescriptors(log, FIRST_SOCKET_FD + sockets.length);
  const captureRate = captureRateOf(log);
  return {
    args: [...(options.nodeOptions ?? []), PROGRAM],
    env: environmentOf(options, userEnv, options.workerEnv?.[id]),
    fds: [...sockets.map(({ fd }) => fd), ...own.fds],
    ...(captureRate === undefined ? {} : { captureRate }),
    setup: {
      worker: { id, generation, processes },
      application: {
        name: options.application,
        ...(options.interface === undefined ? {} : { interface: options.interface }),
        ...(options.listen === undefined ? {} : { listen: options.listen }),
        fastGlobals: options.fastGlobals ?? false,
        args: options.args ?? [],
        preload: options.preload ?? [],
        middleware: options.middleware ?? [],
      },
      sockets: sockets.map(({ name, address, tls }, index) => ({
        fd: FIRST_SOCKET_FD + index,
        name,
        address,
        ...(tls === undefined ? {} : { tls }),
      })),
      privileges: { ...privileges, allowRoot: options.allowRoot ?? false },
      server: serverOptionsOf(options),
      log: { ...log, ...own.log },
      ...(maxRequests === Infinity ? {} : { maxRequests: Math.max(1, Math.round(withJitter(maxRequests, serial))) }),
      ...(harakiriMs === Infinity ? {} : { harakiriMs }),
      watchesLoop: options.harakiriStack ?? harakiriMs !== Infinity,
    },
  };
}

/** Lines a second of a stream; undefined where what is printed is not read. */
export function captureRateOf({ capture = "off", captureRate = CAPTURE_RATE }: WorkerLog): number | undefined {
  return capture === "lines" ? captureRate : undefined;
}

/** What its log has of our output and error; `first`: as which descriptor. */
function ownDescriptors(
  { access, accessFile, errorFile, capture = "off" }: WorkerLog,
  first: number,
): { readonly fds: readonly number[]; readonly log: OwnDescriptors } {
  if (capture === "off") return { fds: [], log: {} };
  const fds: number[] = [];
  const at = (fd: number): number => first + fds.push(fd) - 1;
  const log: OwnDescriptors = {
    ...(access === "off" || accessFile !== undefined ? {} : { accessFd: at(STDOUT_FD) }),
    ...(errorFile === undefined ? { errorFd: at(STDERR_FD) } : {}),
  };
  return { fds, log };
}

/** The environment of what runs for the service; `userEnv`: of its user; `own`: of this one process. */
export function environmentOf(
  { env: all }: Pick<ManagerOptions, "env">,
  userEnv: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...withoutOwnVariables(process.env), ...userEnv, ...all, ...own };
  for (const name of NOT_FOR_WORKERS) delete env[name];
  return env;
}

function serverOptionsOf(options: ManagerOptions): WorkerSetup["server"] {
  const names = (Object.keys(passed) as (keyof typeof passed)[]).filter(
    (name) => passed[name] && options[name] !== undefined,
  );
  return Object.fromEntries(names.map((name) => [name, options[name]]));
}
