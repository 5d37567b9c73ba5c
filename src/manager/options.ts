/** What can be set on a manager, with defaults. */
import type { InterfaceName } from "../app/index.ts";
import type { HttpOptions, ServerOptions } from "../server/index.ts";
import type { ServerSubscription } from "../upstream/index.ts";
import type { ReloadMode } from "./plan/view.ts";
import type { WorkerLog } from "./channel/worker-setup.ts";

export interface ManagerOptions
  extends Omit<ServerOptions, "plugins" | "lifecycle" | "beforeClose" | "beforeAnswer">, HttpOptions {
  /** Module of the application, `path[:export]`: see `runApplication`. Loaded by workers alone. */
  readonly application: string;
  /** What the application is, where it is guessed wrong. */
  readonly interface?: InterfaceName;
  /** Which of the servers that the application lets listen is meant. */
  readonly listen?: string;
  /** As `ServeOptions.fastGlobals`. Default false. */
  readonly fastGlobals?: boolean;
  /** What the application finds in `process.argv` behind its path. Default none. */
  readonly args?: readonly string[];
  /**
   * What stands around the application, the first outermost: middleware of this package by name, with options that are
   * plain data, for it is made in the workers. Default none.
   */
  readonly middleware?: readonly { readonly name: string; readonly options?: Readonly<Record<string, unknown>> }[];
  /** Where to listen: see `parseAddress`. Bound by the master, before it gives anything up; never let go meanwhile. */
  readonly socket: string | readonly string[];
  /** Workers; `auto`: as many as there are processors to use, within the quota of the control group. Default `auto`. */
  readonly processes?: number | "auto";
  /** Fewer workers when there is less to do. Default: always `processes`. */
  readonly cheaper?: CheaperOptions;
  /** Most milliseconds for a worker to load its application. Default 60 000. */
  readonly startTimeoutMs?: number;
  /** A worker is replaced when it has answered so many requests, give or take 10 %. Default never. */
  readonly maxRequests?: number;
  /** A worker is replaced when it has lived so long, give or take 10 %. Default never. */
  readonly maxLifetimeMs?: number;
  /** A worker is replaced when three reports in a row, a second apart, say that it is larger. Bytes. Default never. */
  readonly reloadOnRssBytes?: number;
  /** A worker that is larger is killed. Bytes. Default never. */
  readonly evilReloadOnRssBytes?: number;
  /**
   * Most milliseconds for a request: then it is answered with 504, and its signal aborted; where the event loop is
   * stuck, the worker is killed. At least 100. Default none.
   */
  readonly harakiriMs?: number;
  /**
   * A thread in each worker tells where its event loop is stuck before it is killed: 8 to 13 MiB, measured on Node 20
   * to 26. Not in a worker that is being debugged (`--inspect`). Default true where
   * there is `harakiriMs`.
   */
  readonly harakiriStack?: boolean;
  /** User of the workers: a name or a number. Default: the master's, which may be root only with `allowRoot`. */
  readonly uid?: string | number;
  /** Group of the workers. Default: that of `uid`, else the master's. */
  readonly gid?: string | number;
  /** Supplementary groups; `"user"`: those that the system has for `uid`. Default none with `uid`. */
  readonly groups?: readonly (string | number)[] | "user";
  readonly umask?: number;
  /** Workers may be root. Default false. */
  readonly allowRoot?: boolean;
  /** Modules that are imported before the application, as by `node --import`. */
  readonly preload?: readonly string[];
  /** Options of node for workers, such as `--max-old-space-size=512`. */
  readonly nodeOptions?: readonly string[];
  /** Added to the environment of all workers, or to that of one place (`id`). */
  readonly env?: Readonly<Record<string, string>>;
  readonly workerEnv?: Readonly<Record<number, Readonly<Record<string, string>>>>;
  /** Files whose touch reloads, in the given way. Default graceful. */
  readonly touchReload?: readonly string[];
  readonly touchChainReload?: readonly string[];
  /** For development: folders whose change reloads. */
  readonly watch?: readonly string[];
  /** How SIGHUP and touches reload. Default `graceful`. */
  readonly reloadMode?: ReloadMode;
  /**
   * Command lines of programs that run beside the workers, as their user, each in a process group of its own: started
   * when the sockets are there, started again when they end, stopped with the service. They must stay in the foreground.
   */
  readonly attachDaemons?: readonly string[];
  /** Commands that are run at times as of crontab(5), as `attachDaemons`; none twice at a time. Need the package croner. */
  readonly crons?: readonly { readonly when: string; readonly command: string }[];
  /** The same, each time that so many milliseconds are over. */
  readonly timers?: readonly { readonly everyMs: number; readonly command: string }[];
  /** Holds the pid of the master while it runs. */
  readonly pidFile?: string;
  /** A unix socket, mode 0600, for `uisge status`, `reload`, `stop`, `scale`; `false`: none. Default: see `runtime-folder.ts`. */
  readonly control?: string | false;
  /** What `uisge status` calls it. Default: the name of the application's file. */
  readonly name?: string;
  /** Routers that are told where the service listens: see `ServeOptions.subscribe`. The master does it. */
  readonly subscribe?: readonly ServerSubscription[];
  /** Default: access log off, errors as text on standard error. */
  readonly log?: WorkerLog;
  /**
   * Called first when the service ends or another master takes over, and waited for: it still accepts. For what sends
   * requests from here. Must not reject, and end soon.
   */
  readonly beforeStop?: () => Promise<void>;
}

/** Adaptive number of workers; names and meanings are uWSGI's `cheaper` options. */
export interface CheaperOptions {
  /** Fewest workers. At least 1. */
  readonly least: number;
  /** Workers at the start. Default `least`. */
  readonly initial?: number;
  /** Workers started at a time when more are needed. Default 1. */
  readonly step?: number;
  /** Above this mean busyness of the event loops more are started. Default 0.6. */
  readonly busyAbove?: number;
  /** Below it, for `calmSeconds`, one is stopped. Default 0.25. */
  readonly calmBelow?: number;
  /** Default 30. */
  readonly calmSeconds?: number;
  /** So many connections in a queue start more at once, where the system tells (TCP on Linux). Default 32. */
  readonly backlogAbove?: number;
}
