/** How a service is seen from outside, beside its sockets: pid file, control socket, announcements, systemd, watched files. */
import type { Address } from "../../connection/index.ts";
import type { ServerAnnouncer } from "../../upstream/index.ts";
import type { CheckedOptions } from "../check-options.ts";
import { ControlServer } from "../control/control-server.ts";
import type { Controlled } from "../control/controlled.ts";
import type { ManagerLog } from "../master/manager-log.ts";
import type { ManagerOptions } from "../options.ts";
import { PidFile } from "./pid-file.ts";
import { controlPath, runtimeFolder } from "../control/runtime-folder.ts";
import type { ServiceSocket } from "../sockets/place.ts";
import { distrust } from "./trusted-folder.ts";
import type { SystemNotice } from "./system-notice.ts";
import { TouchFiles } from "./touch-files.ts";
import { WatchFolders } from "./watch-folders.ts";
import type { ReloadMode } from "../plan/view.ts";

/** Clients of the control socket that wait for an upgrade have so long to read that it is done. */
const LAST_WORDS_MS = 1_000;

/** So long a service that serves waits to be told ready for its files to be looked at. */
const WATCH_MS = 1_000;

export class Outside {
  private readonly options: ManagerOptions;
  private readonly checked: CheckedOptions;
  private readonly log: ManagerLog;
  private pidFile: PidFile | undefined;
  private control: ControlServer | undefined;
  private announcer: ServerAnnouncer | undefined;
  private systemd: SystemNotice | undefined;
  private watchers: { readonly started: Promise<void>; close(): void }[] = [];

  constructor(options: ManagerOptions, checked: CheckedOptions, log: ManagerLog) {
    this.options = options;
    this.checked = checked;
    this.log = log;
  }

  /** Throws as `PidFile.take`. */
  takePidFile(predecessor?: number): void {
    const { pidFile } = this.options;
    if (pidFile === undefined) return;
    this.pidFile = PidFile.take(pidFile, { predecessor });
    const objection = process.geteuid?.() === 0 ? distrust(pidFile) : undefined;
    if (objection === undefined) return;
    const then = "whoever kills by it may kill any process";
    this.log.write("warn", "system", `pid file ${pidFile} is not to be relied on: ${objection}; ${then}`);
  }

  /** For a service that is to listen there. Rejects for what could not be announced then. */
  async prepare(addresses: readonly Address[]): Promise<void> {
    const { subscribe } = this.options;
    if (subscribe === undefined) return;
    const { ServerAnnouncer } = await import("../../upstream/index.ts");
    this.announcer = new ServerAnnouncer(subscribe, addresses);
  }

  /** The service serves. `mainPid`: this process is systemd's from now on. */
  async open(service: Controlled, sockets: readonly ServiceSocket[], mainPid?: number): Promise<void> {
    await this.openControl(service);
    const addresses = sockets.map(({ address }) => address);
    this.announcer?.start(addresses, (error) => this.log.write("warn", "system", error.message));
    this.watch(service);
    // What is touched from now on is told; a file system that hangs is not waited for.
    await within(WATCH_MS, Promise.all(this.watchers.map(({ started }) => started)));
    if (process.env["NOTIFY_SOCKET"] !== undefined) {
      const { SystemNotice } = await import("./system-notice.ts");
      this.systemd = new SystemNotice((text) => this.log.write("warn", "system", text));
      this.tellReady(mainPid);
    }
  }

  tellReady(mainPid?: number): void {
    void this.systemd?.ready(`serving ${this.options.application}`, mainPid);
  }

  tellReloading(): void {
    void this.systemd?.reloading();
  }

  tellStopping(): void {
    void this.systemd?.stopping();
  }

  /** No more requests shall come; resolves when that has been told, or takes too long. */
  async unsubscribe(): Promise<void> {
    await this.announcer?.close();
  }

  /** Another master is seen from now on. */
  async leave(): Promise<void> {
    this.announcer?.abandon();
    this.unwatch();
    await this.closeControl();
  }

  /** The last: the pid file stays if it is another master's by now. */
  async close(): Promise<void> {
    this.unwatch();
    this.announcer?.abandon();
    this.pidFile?.remove();
    await this.closeControl();
  }

  private async openControl(service: Controlled): Promise<void> {
    const { control } = this.options;
    if (control === false) return;
    const path = control ?? controlPath(runtimeFolder(), this.checked.name, process.pid);
    try {
      this.control = await ControlServer.listen({
        path,
        controlled: service,
        onCommand: (text) => this.log.write("info", "command", text),
        onError: (error) => this.log.write("error", "system", `control socket: ${error.message}`),
      });
    } catch (error) {
      // Asked for, it is needed; by default it is a convenience.
      if (control !== undefined) throw error;
      this.log.write("warn", "system", `no control socket: ${(error as Error).message}`);
    }
  }

  private async closeControl(): Promise<void> {
    if (this.control !== undefined) await within(LAST_WORDS_MS, this.control.close());
  }

  private watch(service: Controlled): void {
    const { touchReload = [], touchChainReload = [], watch = [] } = this.options;
    const reload = (what: string, mode: ReloadMode | undefined): void => {
      this.log.write("info", "command", what);
      void service.reload(mode).catch(() => {});
    };
    if (touchReload.length > 0) {
      this.watchers.push(new TouchFiles(touchReload, (file) => reload(`${file} was touched`, undefined)));
    }
    if (touchChainReload.length > 0) {
      this.watchers.push(new TouchFiles(touchChainReload, (file) => reload(`${file} was touched`, "chain")));
    }
    if (watch.length > 0) {
      const onError = (error: Error): void => this.log.write("warn", "system", `cannot be watched: ${error.message}`);
      this.watchers.push(new WatchFolders(watch, (path) => reload(`${path} has changed`, undefined), onError));
    }
  }

  private unwatch(): void {
    for (const watcher of this.watchers.splice(0)) watcher.close();
  }
}

/** Waits for what is done, but not longer. */
async function within(ms: number, done: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([done, late]);
  clearTimeout(timer);
}
