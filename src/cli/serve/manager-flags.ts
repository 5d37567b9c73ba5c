/**
 * The options of `uisge serve` by which it becomes a manager: master and workers. Named as uWSGI's where it has them.
 * Nothing of the manager is loaded here: one process alone must not pay for it.
 */
import { statSync } from "node:fs";

/** As `parseArgs` takes them. */
export const managerFlags = {
  processes: { type: "string", short: "p" },
  cheaper: { type: "string" },
  "cheaper-initial": { type: "string" },
  "cheaper-step": { type: "string" },
  "max-requests": { type: "string" },
  "max-worker-lifetime": { type: "string" },
  "reload-on-rss": { type: "string" },
  "evil-reload-on-rss": { type: "string" },
  "no-harakiri-stack": { type: "boolean" },
  "start-timeout": { type: "string" },
  uid: { type: "string" },
  gid: { type: "string" },
  "add-gid": { type: "string", multiple: true },
  umask: { type: "string" },
  "allow-root": { type: "boolean" },
  "touch-reload": { type: "string", multiple: true },
  "touch-chain-reload": { type: "string", multiple: true },
  watch: { type: "string", multiple: true },
  "reload-mode": { type: "string" },
  "attach-daemon": { type: "string", multiple: true },
  cron: { type: "string", multiple: true },
  timer: { type: "string", multiple: true },
  pidfile: { type: "string" },
  control: { type: "string" },
  name: { type: "string" },
  import: { type: "string", multiple: true },
  env: { type: "string", multiple: true },
  "node-option": { type: "string", multiple: true },
  logto: { type: "string" },
  "access-logto": { type: "string" },
} as const;

/** Their values. */
export type ManagerFlags = Readonly<{
  [Name in keyof typeof managerFlags]?:
    | ((typeof managerFlags)[Name] extends { readonly type: "boolean" }
        ? boolean
        : (typeof managerFlags)[Name] extends { readonly multiple: true }
          ? string[]
          : string)
    | undefined;
}>;

/** True when one of them is given: there is a master, of one worker where no number is said, as with uWSGI's `--master`. */
export function isManager(flags: ManagerFlags): boolean {
  return Object.keys(managerFlags).some((name) => flags[name as keyof ManagerFlags] !== undefined);
}

/**
 * `--watch` alone means the folder of the application; a folder may stand behind it. `parseArgs` knows no option that may
 * have a value: it is given one here, empty where there is none.
 */
export function withWatchFolders(args: readonly string[]): string[] {
  return args.flatMap((argument, at) => {
    if (args[at - 1] === "--watch" && isFolder(argument)) return [];
    if (argument !== "--watch") return [argument];
    const next = args[at + 1] ?? "";
    return [`--watch=${isFolder(next) ? next : ""}`];
  });
}

function isFolder(path: string): boolean {
  return path !== "" && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
