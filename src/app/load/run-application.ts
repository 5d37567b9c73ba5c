/**
 * Runs a module as `node module` would, and finds what of it is to be served: an export, or the server that it lets
 * listen.
 */
import cluster from "node:cluster";
import { AppError } from "../../errors.ts";
import type { Lifecycle } from "../../handler/index.ts";
import type { InterfaceName } from "../interface-name.ts";
import type { HeardServer } from "../listen/heard-server.ts";
import { ListenHook } from "../listen/listen-hook.ts";
import { type ByHand, detect, type Detection, type Exports, interfaceTitles } from "./detect.ts";
import { offerFastGlobals } from "./fast-globals-offer.ts";
import { importModule, runAsMain } from "./import-module.ts";
import { nest } from "./lifecycles.ts";
import { type LoadedApplication, loadedFrom, namesOf, refuse, settle } from "./load-application.ts";
import { readModulePath } from "./module-path.ts";
import { interfacesOf } from "../wrapped.ts";

export interface RunOptions {
  /** Default: the process's. */
  readonly cwd?: string;
  /** The interface, said by hand. */
  readonly interface?: InterfaceName | undefined;
  /**
   * The call of `listen` that is to be served: a port, `host:port`, or a path; even where an application is exported.
   */
  readonly listen?: string | undefined;
  /** True: a fetch application has the fast globals. Default false. */
  readonly fastGlobals?: boolean | undefined;
  /** What the application finds in `process.argv` behind its own path. */
  readonly args?: readonly string[];
  /** Told what an operator should know: servers that are not served, a module that takes its time. */
  readonly onNotice: (text: string) => void;
}

export interface RunningApplication extends Omit<LoadedApplication, "exportName"> {
  /** Undefined for a server that listens. */
  readonly exportName: string | undefined;
  /** Resolves when the application itself closes the server that is served. */
  readonly closed: Promise<void>;
}

/** How long a module may take before it is said that it is waited for. */
const NOTICE_MS = 10_000;

/** A module that listens and goes on loading may go on for ever: its server is served then. */
const LISTENS_AND_LOADS_MS = 1_000;

/**
 * Runs `path[:export]`. Without an export named, the module is main, as for `node path`: an export `application` is
 * served; else the first server that it lets listen, or the one that `listen` names; else another export that is an
 * application; else it is waited for a server that listens. With an export named, the module is imported, and that
 * export is served.
 *
 * Listening goes through `ListenHook` from now on, for the rest of the process. Rejects as `loadApplication`; with
 * `UWSGI_APP_NOT_FOUND` when the process would end without anything to serve.
 */
export async function runApplication(name: string, options: RunOptions): Promise<RunningApplication> {
  const { path, exportName } = readModulePath(name, options.cwd ?? process.cwd());
  const { listen: which, args = [], onNotice } = options;
  const byHand: ByHand = { exportName, interface: options.interface };
  const takesServers = exportName === undefined && (options.interface ?? "node") === "node";
  if (which !== undefined && !takesServers) {
    throw new AppError(
      `a server that listens on ${which} cannot be export ${exportName ?? `of interface ${options.interface}`}`,
      {
        code: "UWSGI_APP_CONTRACT",
      },
    );
  }
  const hook = new ListenHook({
    which,
    hearsAll: !takesServers,
    onOther: (asked) => onNotice(`the application also listens on ${asked}: that is its own, and not served here`),
    onSame: (asked) => onNotice(`the application also asks for ${asked}: it is served here, nothing listens there`),
  }).install();
  if (exportName === undefined) runAsMain(path, args);
  else process.argv.splice(2, process.argv.length, ...args);
  const settleGlobals = options.fastGlobals === true ? offerFastGlobals() : (): void => {};
  let isFetch = false;
  const wait = new Wait(path, hook, onNotice);
  try {
    const loading = importModule(path).then((exports) => settle(exports, path, byHand));
    const exports = await wait.while(takesServers ? orListens(loading, hook) : loading, "has not finished loading");
    const detection = which === undefined ? detect(exports, byHand) : undefined;
    if (detection === undefined && !takesServers) refuse(exports, path, byHand);
    const isPreferred = detection !== undefined && (!takesServers || detection.exportName === "application");
    const heard = isPreferred ? undefined : hook.candidate;
    if (detection !== undefined && heard === undefined) {
      isFetch = interfacesOf(detection.application, detection.interface).includes("fetch");
      return ofExport(exports, path, detection, hook);
    }
    wait.exports = exports;
    if (options.interface !== undefined) wait.asSaid = ` as ${interfaceTitles[options.interface]}`;
    return ofServer(heard ?? (await wait.while(hook.untilHeard(), "has not listened yet")), path, hook, detection);
  } finally {
    wait.end();
    settleGlobals(isFetch);
  }
}

/** The exports; none, when the module has listened and goes on loading. */
async function orListens(loading: Promise<Exports>, hook: ListenHook): Promise<Exports> {
  let timer: NodeJS.Timeout | undefined;
  const listens = hook.untilHeard().then(
    () =>
      new Promise<Exports>((resolve) => {
        timer = setTimeout(() => resolve({}), LISTENS_AND_LOADS_MS);
      }),
  );
  let isLate = false;
  // A module that fails later has failed as it would under node: nobody catches that.
  void loading.catch((error: unknown) => {
    if (isLate) throw error;
  });
  try {
    return await Promise.race([loading, listens]);
  } finally {
    isLate = true;
    clearTimeout(timer);
  }
}

function ofExport(exports: Exports, path: string, detection: Detection, hook: ListenHook): RunningApplication {
  hook.decide(detection.application);
  const loaded = loadedFrom(exports, path, detection);
  return { ...loaded, lifecycle: withEnd(loaded.lifecycle, hook), closed: hook.closed };
}

function ofServer(
  { server, name }: HeardServer,
  path: string,
  hook: ListenHook,
  other: Detection | undefined,
): RunningApplication {
  hook.decide(server);
  const also = other === undefined ? "" : `; export ${other.exportName} is served by ${path}:${other.exportName}`;
  return {
    application: server,
    interface: "node",
    path,
    exportName: undefined,
    why: `it listens on ${name}: Node handler, served here instead${also}`,
    lifecycle: withEnd({}, hook),
    closed: hook.closed,
  };
}

/** Servers are told of their end before the application's own end, which may wait for theirs. */
function withEnd(lifecycle: Lifecycle, hook: ListenHook): Lifecycle {
  return nest(lifecycle, { stop: () => hook.end() });
}

/** While something is waited for: says so after a while, and ends the wait when nothing can come any more. */
class Wait {
  /** Once they are known. */
  exports: Exports | undefined;
  /** " as Node handler", where the interface was said by hand. */
  asSaid = "";
  private readonly path: string;
  private readonly hook: ListenHook;
  private readonly onNotice: (text: string) => void;
  private readonly timer: NodeJS.Timeout;
  private readonly over: Promise<never>;
  private what = "";
  private reject: (error: AppError) => void = () => {};

  constructor(path: string, hook: ListenHook, onNotice: (text: string) => void) {
    this.path = path;
    this.hook = hook;
    this.onNotice = onNotice;
    this.over = new Promise((_, reject) => {
      this.reject = reject;
    });
    this.over.catch(() => {});
    this.timer = setTimeout(() => onNotice(`${this.state()}: waiting`), NOTICE_MS).unref();
    process.once("beforeExit", this.onNothingLeft);
    cluster.on("listening", this.onWorker);
  }

  async while<Value>(wanted: Promise<Value>, what: string): Promise<Value> {
    this.what = what;
    return await Promise.race([wanted, this.over]);
  }

  end(): void {
    clearTimeout(this.timer);
    process.off("beforeExit", this.onNothingLeft);
    cluster.off("listening", this.onWorker);
    const { onNotice } = this;
    cluster.on("listening", (_, { port }) => onNotice(`a worker of node:cluster listens on ${port}: ${NO_WORKERS}`));
  }

  private readonly onNothingLeft = (): void => {
    this.reject(
      new AppError(
        `${this.state()}, and nothing is left to wait for; export an application (${ALLOWED}), name another ` +
          `export (${this.path}:NAME), or let the module call server.listen(). Is that call behind a test for the main ` +
          "module, such as import.meta.main? Then export the application, or listen without the test",
        { code: "UWSGI_APP_NOT_FOUND" },
      ),
    );
  };

  /** Their server is another process's, and their port is open. */
  private readonly onWorker = (): void => {
    this.reject(
      new AppError(`${this.path} has started a worker of node:cluster, and that listens: ${NO_WORKERS}`, {
        code: "UWSGI_APP_CONTRACT",
      }),
    );
  };

  private state(): string {
    const { exports, hook, path } = this;
    const others = hook.otherNames.length === 0 ? "" : `, and listens on ${hook.otherNames.join(", ")} only`;
    const seen = exports === undefined ? "" : ` exports no application${this.asSaid} (it has ${namesOf(exports)}) and`;
    return `${path}${seen} ${this.what}${others}`;
  }
}

const NO_WORKERS = "uisge serves one process, and not those that it starts; run the application without workers";

const ALLOWED = "application, fetch, default, server, app or handler";
