/** What was set on a manager, checked, with its defaults. Pure. */
import { type Address, checkEffect, parseAddress } from "../connection/index.ts";
import { rangeError, typeError } from "../errors.ts";
import type { WorkerLog } from "./channel/worker-setup.ts";
import { checkNodeOptions } from "./check-node-options.ts";
import type { CheaperOptions, ManagerOptions } from "./options.ts";
import type { PlanLimits, ReloadMode } from "./plan/view.ts";

/** What the master needs of it. */
export interface CheckedOptions {
  readonly addresses: readonly Address[];
  readonly processes: number;
  readonly limits: PlanLimits;
  readonly reloadMode: ReloadMode;
  readonly name: string;
}

/** Node's timers go no further. */
const MOST_MS = 2 ** 31 - 1;

/** More is a slip of the finger: each is a process. */
export const MOST_PROCESSES = 1_024;

/** As `DEFAULT_GRACE_MS` of `server`, which is not loaded by a master. */
const GRACE_MS = 60_000;
const START_TIMEOUT_MS = 60_000;

/** A report above the limit may come from a peak; three, a second apart, do not. */
const REPORTS_ON_RSS = 3;

type NumberOption = {
  [Name in keyof ManagerOptions]-?: ManagerOptions[Name] extends number | undefined ? Name : never;
}[keyof ManagerOptions];

const MAX = Number.MAX_SAFE_INTEGER;

/** Least and most of each number; `Infinity`: none, where it may be. */
const ranges: readonly (readonly [name: NumberOption, least: number, most: number, mayBeOff: boolean])[] = [
  ["startTimeoutMs", 1, MOST_MS, false],
  ["graceMs", 0, MAX, true],
  ["maxRequests", 1, MAX, true],
  ["maxLifetimeMs", 1_000, MAX, true],
  ["reloadOnRssBytes", 2 ** 20, MAX, true],
  ["evilReloadOnRssBytes", 2 ** 20, MAX, true],
  ["harakiriMs", 100, MOST_MS, true],
  ["umask", 0, 0o777, false],
];

const modes: readonly ReloadMode[] = ["graceful", "chain", "brutal"];

/**
 * Reads options. `processors`: how many there are to use. Throws a TypeError or a RangeError (`UWSGI_INVALID_ARGUMENT`,
 * `UWSGI_INVALID_ADDRESS`) that says what was seen and what is allowed.
 */
export function checkManagerOptions(options: ManagerOptions, processors: number): CheckedOptions {
  const { application, socket, processes = "auto", reloadMode = "graceful", cheaper } = options;
  if (typeof application !== "string" || application === "") {
    throw typeError("UWSGI_INVALID_ARGUMENT", "a manager needs an application, path[:export]");
  }
  const sockets = typeof socket === "string" ? [socket] : socket;
  if (!Array.isArray(sockets) || sockets.length === 0) {
    throw typeError("UWSGI_INVALID_ARGUMENT", "a manager needs a socket to listen on, such as /run/app.sock");
  }
  for (const [name, least, most, mayBeOff] of ranges) check(name, options[name], least, most, mayBeOff);
  const count = processes === "auto" ? processors : processes;
  check("processes", count, 1, MOST_PROCESSES);
  if (cheaper !== undefined) checkCheaper(cheaper, count);
  checkMemory(options);
  checkNodeOptions(options);
  checkMiddleware(options);
  if (!modes.includes(reloadMode)) {
    throw typeError("UWSGI_INVALID_ARGUMENT", `reloadMode is ${reloadMode}, there are ${modes.join(", ")}`);
  }
  checkCapture(options.log);
  const addresses = sockets.map(parseAddress);
  checkEffect(addresses, options);
  return {
    addresses,
    processes: count,
    limits: limitsOf(options),
    reloadMode,
    name: options.name ?? nameOf(application),
  };
}

/** Throws a RangeError (`UWSGI_INVALID_ARGUMENT`) for a number of workers that cannot be meant; fewer than 1 are 1. */
export function checkProcesses(processes: number): number {
  const wanted = Number.isSafeInteger(processes) ? Math.max(1, processes) : processes;
  check("processes", wanted, 1, MOST_PROCESSES);
  return wanted;
}

function limitsOf(options: ManagerOptions): PlanLimits {
  const finite = (value: number | undefined): number | undefined => (value === Infinity ? undefined : value);
  const { startTimeoutMs = START_TIMEOUT_MS, graceMs = GRACE_MS } = options;
  return present({
    startTimeoutMs,
    graceMs,
    harakiriMs: finite(options.harakiriMs),
    maxLifetimeMs: finite(options.maxLifetimeMs),
    reloadOnRssBytes: finite(options.reloadOnRssBytes),
    evilReloadOnRssBytes: finite(options.evilReloadOnRssBytes),
    reportsOnRss: REPORTS_ON_RSS,
  });
}

/** What cannot be sent to a worker is told now, and not by each of them. */
function checkMiddleware({ middleware = [] }: ManagerOptions): void {
  for (const { name, options = {} } of middleware) {
    for (const [option, value] of Object.entries(options)) {
      try {
        structuredClone(value);
      } catch {
        const needed = "plain data is needed: middleware is made in the workers";
        throw typeError("UWSGI_INVALID_ARGUMENT", `middleware ${name}: ${option} is a ${typeof value}, ${needed}`);
      }
    }
  }
}

function checkMemory({ reloadOnRssBytes, evilReloadOnRssBytes }: ManagerOptions): void {
  if (reloadOnRssBytes === undefined || evilReloadOnRssBytes === undefined) return;
  if (evilReloadOnRssBytes > reloadOnRssBytes || reloadOnRssBytes === Infinity) return;
  throw rangeError(
    "UWSGI_INVALID_ARGUMENT",
    `evilReloadOnRssBytes is ${evilReloadOnRssBytes}, more than reloadOnRssBytes (${reloadOnRssBytes}) is needed: who is ` +
      "killed there is never replaced here",
  );
}

function checkCapture({ capture = "off", captureRate }: Partial<WorkerLog> = {}): void {
  if (capture !== "off" && capture !== "lines") {
    throw typeError("UWSGI_INVALID_ARGUMENT", `log.capture is ${String(capture)}, there are off and lines`);
  }
  check("log.captureRate", captureRate, 1, MAX, true);
}

function checkCheaper(cheaper: CheaperOptions, processes: number): void {
  const { least, initial, step, busyAbove, calmBelow, calmSeconds, backlogAbove } = cheaper;
  check("cheaper.least", least, 1, processes);
  check("cheaper.initial", initial, least, processes);
  check("cheaper.step", step, 1, processes);
  check("cheaper.backlogAbove", backlogAbove, 0, MAX);
  for (const [name, value] of [
    ["cheaper.busyAbove", busyAbove],
    ["cheaper.calmBelow", calmBelow],
  ] as const) {
    if (value === undefined || (value >= 0 && value <= 1)) continue;
    throw rangeError("UWSGI_INVALID_ARGUMENT", `${name} is ${value}, allowed are shares from 0 to 1`);
  }
  if (calmSeconds === undefined || calmSeconds >= 0) return;
  throw rangeError("UWSGI_INVALID_ARGUMENT", `cheaper.calmSeconds is ${calmSeconds}, allowed are 0 and more`);
}

function check(name: string, value: number | undefined, least: number, most: number, mayBeOff = false): void {
  if (value === undefined || (mayBeOff && value === Infinity)) return;
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const allowed = `whole numbers from ${least} to ${most}${mayBeOff ? ", and Infinity" : ""}`;
  throw rangeError("UWSGI_INVALID_ARGUMENT", `${name} is ${value}, allowed are ${allowed}`);
}

/** The name of the file, without its folders, its end and the export. */
function nameOf(application: string): string {
  const file = application.split(/[/\\]/).findLast((part) => part !== "" && part !== "." && part !== "..") ?? "app";
  return file.replace(/:[^:]*$/, "").replace(/\.[cm]?[jt]sx?$/, "") || "app";
}

/** Without what is undefined. */
function present<Given extends object>(given: Given): { [Key in keyof Given]: Exclude<Given[Key], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Given]: Exclude<Given[Key], undefined>;
  };
}
