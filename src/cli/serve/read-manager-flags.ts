/** The options of `uisge serve` by which it becomes a manager, as those of `manage`, which judges numbers and users. */
import { dirname, resolve } from "node:path";
import type { CheaperOptions, ManagerOptions, ReloadMode } from "../../manager/index.ts";
import { badOption, readWhole } from "../read-options.ts";
import { present, read, readChoice, readTimeout } from "../serve-options.ts";
import type { ManagerFlags } from "./manager-flags.ts";

const MIB = 2 ** 20;

/** Node's timers go no further. */
const MOST_TIMER_MS = 2 ** 31 - 1;

const MOST_PROCESSES = 1_024;

const modes: readonly [ReloadMode, ...ReloadMode[]] = ["graceful", "chain", "brutal"];

/** What they set; application, sockets and the formats of logs are said elsewhere. */
export type FlagOptions = Omit<Partial<ManagerOptions>, "application" | "socket" | "log"> & {
  readonly accessFile?: string;
  readonly errorFile?: string;
};

/**
 * Reads them; what is not given keeps its default, `processes` is then 1. `application`: as it is named, for `--watch`
 * alone. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) that names the option and what it needs.
 */
export function readManagerFlags(flags: ManagerFlags, application: string): FlagOptions {
  const processes = flags.processes === "auto" ? ("auto" as const) : number(flags, "processes", MOST_PROCESSES);
  return present({
    processes: processes ?? 1,
    cheaper: readCheaper(flags, processes === "auto" ? undefined : processes),
    maxRequests: number(flags, "max-requests"),
    maxLifetimeMs: seconds("--max-worker-lifetime", flags["max-worker-lifetime"], 1),
    reloadOnRssBytes: mebibytes(flags, "reload-on-rss"),
    evilReloadOnRssBytes: mebibytes(flags, "evil-reload-on-rss"),
    harakiriStack: flags["no-harakiri-stack"] === true ? false : undefined,
    startTimeoutMs: seconds("--start-timeout", flags["start-timeout"], 0.001),
    uid: filled("--uid", flags.uid),
    gid: filled("--gid", flags.gid),
    groups: flags["add-gid"]?.map((group) => filled("--add-gid", group)),
    umask: read("--umask", flags.umask, readUmask),
    allowRoot: flags["allow-root"],
    preload: flags.import?.map((name) => filled("--import", name)),
    nodeOptions: flags["node-option"]?.map(readNodeOption),
    env: flags.env === undefined ? undefined : Object.fromEntries(flags.env.map(readVariable)),
    touchReload: flags["touch-reload"]?.map((file) => filled("--touch-reload", file)),
    touchChainReload: flags["touch-chain-reload"]?.map((file) => filled("--touch-chain-reload", file)),
    watch: flags.watch?.map((folder) => (folder === "" ? folderOf(application) : folder)),
    reloadMode:
      flags["reload-mode"] === undefined ? undefined : readChoice("--reload-mode", flags["reload-mode"], modes),
    attachDaemons: flags["attach-daemon"]?.map((command) => filled("--attach-daemon", command)),
    crons: flags.cron?.map(readCron),
    timers: flags.timer?.map(readTimer),
    pidFile: filled("--pidfile", flags.pidfile),
    control: flags.control === "off" ? (false as const) : filled("--control", flags.control),
    name: filled("--name", flags.name),
    accessFile: filled("--access-logto", flags["access-logto"]),
    errorFile: filled("--logto", flags.logto),
  });
}

/** `most`: workers, where they are said. */
function readCheaper(flags: ManagerFlags, most: number | undefined): CheaperOptions | undefined {
  const least = number(flags, "cheaper", most);
  if (least !== undefined) {
    return present({
      least,
      initial: number(flags, "cheaper-initial", most),
      step: number(flags, "cheaper-step", most),
    });
  }
  const alone = (["cheaper-initial", "cheaper-step"] as const).find((name) => flags[name] !== undefined);
  if (alone === undefined) return undefined;
  throw badOption(`--${alone} is for --cheaper N, the fewest workers that there shall be`);
}

type NumberFlag =
  | "processes"
  | "cheaper"
  | "cheaper-initial"
  | "cheaper-step"
  | "max-requests"
  | "reload-on-rss"
  | "evil-reload-on-rss";

function number(flags: ManagerFlags, name: NumberFlag, most?: number): number | undefined {
  return readWhole(`--${name}`, flags[name], 1, most);
}

function seconds(name: string, text: string | undefined, least: number): number | undefined {
  const ms = readTimeout(name, text);
  if (ms === undefined || ms >= least * 1_000) return ms;
  throw badOption(`${name} ${text}: ${least} seconds or more are needed`);
}

function mebibytes(flags: ManagerFlags, name: NumberFlag): number | undefined {
  const count = number(flags, name, Math.floor(Number.MAX_SAFE_INTEGER / MIB));
  return count === undefined ? undefined : count * MIB;
}

function readUmask(text: string): number | string {
  return /^[0-7]{1,4}$/.test(text) ? Number.parseInt(text, 8) : "an octal mask is needed, such as 027";
}

function readVariable(text: string): [name: string, value: string] {
  const equals = text.indexOf("=");
  if (equals < 1) throw badOption(`--env ${text}: NAME=VALUE is needed`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

/** What the fields mean is judged where they are used. */
function readCron(text: string): { readonly when: string; readonly command: string } {
  const [, when, command] = /^\s*(@\w+|\S+(?:\s+\S+){4})\s+(\S[^]*)$/.exec(text) ?? [];
  if (when !== undefined && command !== undefined) return { when, command };
  throw badOption(`--cron ${text}: MIN HOUR DAY MONTH WEEKDAY COMMAND is needed, such as "0 3 * * * node clean.js"`);
}

function readTimer(text: string): { readonly everyMs: number; readonly command: string } {
  const [, every, command] = /^\s*([0-9]{1,7}(?:\.[0-9]{1,3})?)\s+(\S[^]*)$/.exec(text) ?? [];
  const everyMs = Math.ceil(Number(every) * 1_000);
  if (command !== undefined && everyMs >= 1 && everyMs <= MOST_TIMER_MS) return { everyMs, command };
  throw badOption(`--timer ${text}: SECONDS COMMAND is needed, such as "60 node poll.js", up to 24 days`);
}

function readNodeOption(text: string): string {
  if (text.startsWith("-")) return text;
  throw badOption(`--node-option ${text}: an option of node is needed, such as --node-option=--max-old-space-size=512`);
}

function filled<Text extends string | undefined>(name: string, text: Text): Text {
  if (text === "") throw badOption(`${name} needs a value, and it is empty`);
  return text;
}

/** Of `path[:export]`. */
function folderOf(application: string): string {
  return dirname(resolve(application.replace(/:[\w$]+$/, "")));
}
