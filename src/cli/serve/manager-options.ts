/** Options of a configuration as those of `manage`, which judges numbers and users. */
import { dirname, resolve } from "node:path";
import { optionTables, type ServeConfig } from "../../config/index.ts";
import type { CheaperOptions, ManagerOptions } from "../../manager/index.ts";
import { asFlag, type Label } from "../options/config-of.ts";
import { present } from "../options/present.ts";
import { milliseconds, modeOf } from "../options/server-options.ts";
import { badOption } from "../read-options.ts";

const MIB = 2 ** 20;

/** Node's timers go no further. */
const MOST_TIMER_MS = 2 ** 31 - 1;

/** What they set; application, sockets and the formats of logs are said elsewhere. */
export type ManagerConfigOptions = Omit<Partial<ManagerOptions>, "application" | "socket" | "log"> & {
  readonly accessFile?: string;
  readonly errorFile?: string;
  readonly capture?: "lines";
  readonly captureRate?: number;
};

const makers = optionTables.serve.filter(({ makesMaster }) => makesMaster === true).map(({ name }) => name);

/** True when one of a master's is given: there is a master, of one worker where no number is said, as with `master`. */
export function isManager(config: ServeConfig): boolean {
  return makers.some((name) => {
    const value = config[name as keyof ServeConfig];
    return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
  });
}

/**
 * What is not given keeps its default, `processes` is then 1. `application`: as it is named, for `watch` alone. Throws a
 * TypeError (`UWSGI_INVALID_ARGUMENT`) that names the option and what it needs.
 */
export function managerOptionsOf(
  config: ServeConfig,
  application: string,
  label: Label = asFlag,
): ManagerConfigOptions {
  const { processes } = config;
  return present({
    processes: processes ?? 1,
    cheaper: cheaperOf(config, label),
    maxRequests: config["max-requests"],
    maxLifetimeMs: milliseconds(config["max-worker-lifetime"]),
    reloadOnRssBytes: bytes(config["reload-on-rss"]),
    evilReloadOnRssBytes: bytes(config["evil-reload-on-rss"]),
    harakiriStack: config["no-harakiri-stack"] === true ? false : undefined,
    startTimeoutMs: milliseconds(config["start-timeout"]),
    uid: config.uid,
    gid: config.gid,
    groups: config["add-gid"],
    umask: modeOf(config.umask),
    allowRoot: config["allow-root"],
    preload: config.import,
    nodeOptions: config["node-option"]?.map((option) => nodeOptionOf(option, label)),
    env: config.env,
    touchReload: config["touch-reload"],
    touchChainReload: config["touch-chain-reload"],
    watch: config.watch?.map((folder) => (folder === "" ? folderOf(application) : folder)),
    reloadMode: config["reload-mode"],
    attachDaemons: config["attach-daemon"],
    crons: config.cron?.map((cron) => cronOf(cron, label)),
    timers: config.timer?.map((timer) => timerOf(timer, label)),
    pidFile: config.pidfile,
    control: config.control === "off" ? (false as const) : config.control,
    name: config.name,
    capture: config["capture-output"] === true ? ("lines" as const) : undefined,
    captureRate: config["capture-rate"],
    accessFile: config["access-logto"],
    errorFile: config.logto,
  });
}

function cheaperOf(config: ServeConfig, label: Label): CheaperOptions | undefined {
  const { processes = 1, cheaper: least, "cheaper-initial": initial, "cheaper-step": step } = config;
  if (least === undefined) {
    const alone = (["cheaper-initial", "cheaper-step"] as const).find((name) => config[name] !== undefined);
    if (alone === undefined) return undefined;
    throw badOption(`${label(alone)} is for --cheaper N, the fewest workers that there shall be`);
  }
  for (const name of ["cheaper", "cheaper-initial", "cheaper-step"] as const) {
    const value = config[name];
    if (value === undefined || processes === "auto" || config.processes === undefined || value <= processes) continue;
    throw badOption(`${label(name)} ${value}: a whole number from 1 to ${processes} is needed`);
  }
  return present({ least, initial, step });
}

function bytes(mebibytes: number | undefined): number | undefined {
  return mebibytes === undefined ? undefined : mebibytes * MIB;
}

/** What the fields mean is judged where they are used. */
function cronOf(text: string, label: Label): { readonly when: string; readonly command: string } {
  const [, when, command] = /^\s*(@\w+|\S+(?:\s+\S+){4})\s+(\S[^]*)$/.exec(text) ?? [];
  if (when !== undefined && command !== undefined) return { when, command };
  const example = 'such as "0 3 * * * node clean.js"';
  throw badOption(`${label("cron")} ${text}: MIN HOUR DAY MONTH WEEKDAY COMMAND is needed, ${example}`);
}

function timerOf(text: string, label: Label): { readonly everyMs: number; readonly command: string } {
  const [, every, command] = /^\s*([0-9]{1,7}(?:\.[0-9]{1,3})?)\s+(\S[^]*)$/.exec(text) ?? [];
  const everyMs = Math.ceil(Number(every) * 1_000);
  if (command !== undefined && everyMs >= 1 && everyMs <= MOST_TIMER_MS) return { everyMs, command };
  throw badOption(`${label("timer")} ${text}: SECONDS COMMAND is needed, such as "60 node poll.js", up to 24 days`);
}

function nodeOptionOf(text: string, label: Label): string {
  if (text.startsWith("-")) return text;
  const example = "such as --node-option=--max-old-space-size=512";
  throw badOption(`${label("node-option")} ${text}: an option of node is needed, ${example}`);
}

/** Of `path[:export]`. */
function folderOf(application: string): string {
  return dirname(resolve(application.replace(/:[\w$]+$/, "")));
}
