/** `manage`: a service of several processes, from its first socket to its last word. */
import { listenToSignals, type Command } from "./signals.ts";
import type { ManagerOptions } from "./options.ts";
import { Service } from "./service.ts";
import type { ManagerStatus } from "./status.ts";
import type { ReloadMode } from "./plan/view.ts";

/** A service that runs. */
export interface Manager {
  /** Where it listens; a TCP port 0 has become the real one. */
  readonly addresses: readonly string[];
  /** Resolves when the service has ended, with what the process should exit with; another master may have taken over. */
  readonly ended: Promise<number>;
  status(): ManagerStatus;
  /**
   * Resolves when the new version serves. Rejects with a UwsgiError (`UWSGI_RELOAD_FAILED`) that says why it does not: the
   * old one serves on. Default mode: `reloadMode`.
   */
  reload(mode?: ReloadMode): Promise<void>;
  /**
   * How many workers there shall be, 1 at least; the most there may be with `cheaper`. Throws a RangeError
   * (`UWSGI_INVALID_ARGUMENT`) for more than 1 024, and for what is no number of workers.
   */
  scale(processes: number): void;
  /** Resolves when all has ended. `fast`: requests and all, also while a graceful stop is under way. */
  stop(how?: "graceful" | "fast"): Promise<void>;
  /**
   * Starts the same command line as a new master, which takes over with its sockets; resolves when it has, and this one
   * ends. Rejects with a UwsgiError (`UWSGI_UPGRADE_FAILED`) that says why it has not: this one goes on.
   */
  upgrade(): Promise<void>;
  /** Opens the files of all logs anew. */
  reopenLogs(): void;
}

/**
 * Listens, and serves an application by workers; resolves when the first of them accepts. This process loads nothing of
 * the application. Signals to it are commands until the service has ended:
 *
 *     TERM         stop, with what runs; a second one, INT and QUIT: at once
 *     HUP          reload
 *     USR1         open the logs anew
 *     USR2         upgrade
 *     TTIN, TTOU   one worker more, one less
 *
 * Rejects with a TypeError or RangeError (`UWSGI_INVALID_ARGUMENT`, `UWSGI_INVALID_ADDRESS`) for options that cannot be
 * right, a ConnectionError (`UWSGI_ADDRESS_IN_USE`, `UWSGI_LISTEN_FAILED`) where it cannot listen, and a WorkerError
 * (`UWSGI_WORKER_FAILED`) when the application cannot be loaded; nothing is left then. A worker that crashes, first or
 * not, is replaced.
 */
export async function manage(options: ManagerOptions): Promise<Manager> {
  // Before anything else: Node's own answer to SIGUSR1 is a debugger.
  const early: Command[] = [];
  let obey = (command: Command): void => void early.push(command);
  const stopListening = listenToSignals((command) => obey(command));
  try {
    const service = await Service.start(options, (started) => {
      obey = (command) => started.obey(command);
      for (const command of early.splice(0)) obey(command);
    });
    void service.ended.then(stopListening);
    return service;
  } catch (error) {
    stopListening();
    throw error;
  }
}
