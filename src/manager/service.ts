/**
 * A service: its master, and what belongs to it outside: sockets, pid file, control socket, announcements, files that are
 * watched. In which order these come and go is all that is decided here.
 */
import { formatAddress } from "../connection/index.ts";
import { UwsgiError } from "../errors.ts";
import { version, watchOrphans } from "../process/index.ts";
import { Attached } from "./attached/attached.ts";
import { type CheckedOptions, checkManagerOptions, checkProcesses, MOST_PROCESSES } from "./check-options.ts";
import { codeOptionIn } from "./check-node-options.ts";
import type { Controlled } from "./control/controlled.ts";
import { Vassalage } from "./emperor/vassalage.ts";
import { captureRateOf, defaultLog, environmentOf, launchOf } from "./master/launch.ts";
import type { Manager } from "./manage.ts";
import { ManagerLog } from "./master/manager-log.ts";
import { Master } from "./master/master.ts";
import type { ManagerOptions } from "./options.ts";
import { boundObjection } from "./outside/container-init.ts";
import { Outside } from "./outside/outside.ts";
import { usableProcessors } from "./outside/processors.ts";
import type { Command } from "./signals.ts";
import { bindSockets, queueOf } from "./sockets/service-sockets.ts";
import type { Sockets } from "./sockets/sockets.ts";
import { statusOf } from "./master/status-of.ts";
import type { ManagerStatus, WorkerRequest } from "./status.ts";
import { FIRST_HANDED_FD, Predecessor, startSuccessor, type Successor } from "./outside/upgrade.ts";
import { privilegesOf, userEnvironmentOf } from "./outside/user-ids.ts";
import type { ReloadMode } from "./plan/view.ts";

/** A new master has as long for its workers as ours have, and a little for itself. */
const OWN_START_MS = 5_000;

/** For attached programs, where all is to end at once. */
const FAST_MS = 1_000;

interface Parts {
  readonly options: ManagerOptions;
  readonly checked: CheckedOptions;
  readonly log: ManagerLog;
  readonly sockets: Sockets;
  readonly outside: Outside;
  readonly attached: Attached;
  readonly master: Master;
  readonly predecessor: Predecessor | undefined;
  readonly vassalage: Vassalage | undefined;
}

export class Service implements Manager, Controlled {
  readonly ended: Promise<number>;
  private readonly parts: Parts;
  private readonly startedAt = performance.now();
  private hasServed = false;
  /** Sockets, pid file and control socket are ours: not so while a master before us still has them. */
  private isOwner: boolean;
  private isHandedOver = false;
  private readonly ending = new AbortController();
  private isUpgrading = false;
  private isReloading = false;
  private readonly unwatch: () => void;

  /** Resolves when it serves. `onStarted` is given it as soon as it can be commanded. */
  static async start(options: ManagerOptions, onStarted: (service: Service) => void): Promise<Service> {
    const vassalage = Vassalage.take();
    const checked = checkManagerOptions(options, usableProcessors());
    const privileges = await privilegesOf(options);
    const userEnv = await userEnvironmentOf(options);
    const predecessor = Predecessor.take();
    const log = new ManagerLog(options.log ?? defaultLog, privileges);
    warnOfCode(options, log);
    const { graceMs } = checked.limits;
    const attached = await Attached.prepare({
      ...options,
      privileges,
      env: environmentOf(options, userEnv),
      graceMs,
      log,
      captureRate: captureRateOf(options.log ?? defaultLog),
    });
    let service: Service | undefined;
    const onReplaced = (): void => void service?.reload().catch(() => {});
    const sockets = await bindSockets(checked.addresses, options, log, onReplaced);
    const outside = new Outside(options, checked, log);
    try {
      await outside.prepare(checked.addresses);
      if (predecessor === undefined) outside.takePidFile();
    } catch (error) {
      await sockets.abandon();
      throw error;
    }
    const master = new Master({
      ...checked,
      cheaper: options.cheaper,
      log,
      launch: (berth) => launchOf(berth, options, privileges, userEnv, sockets.list),
      backlog: () => queueOf(sockets),
      isLast: () => service?.isLast ?? true,
    });
    service = new Service({ options, checked, log, sockets, outside, attached, master, predecessor, vassalage });
    onStarted(service);
    vassalage?.onEnd(() => void service?.stop("graceful", "its emperor has ended"));
    await service.begin();
    return service;
  }

  private constructor(parts: Parts) {
    this.parts = parts;
    this.isOwner = parts.predecessor === undefined;
    this.unwatch = watchOrphans((text) => parts.log.write("warn", "system", text));
    this.ended = parts.master.ended.then((exitCode) => this.finish(exitCode));
  }

  get addresses(): readonly string[] {
    return this.parts.sockets.list.map(({ address }) => formatAddress(address));
  }

  /** Nobody else takes what is queued. */
  private get isLast(): boolean {
    return this.isOwner && !this.isHandedOver;
  }

  status(): ManagerStatus {
    const { options, checked, master } = this.parts;
    const { wanted, members, lastFailure } = master;
    const now = performance.now();
    const identity = {
      name: checked.name,
      pid: process.pid,
      version,
      node: process.version,
      application: options.application,
      addresses: this.addresses,
      uptimeMs: Math.round(now - this.startedAt),
      rss: process.memoryUsage.rss(),
    };
    return statusOf(identity, { wanted, members, lastFailure, hasServed: this.hasServed }, now);
  }

  requests(): Promise<readonly WorkerRequest[]> {
    return this.parts.master.requests();
  }

  async reload(mode: ReloadMode = this.parts.checked.reloadMode): Promise<void> {
    const { master, outside } = this.parts;
    if (!this.isReloading) outside.tellReloading();
    this.isReloading = true;
    try {
      await master.reload(mode);
    } finally {
      if (this.isReloading) outside.tellReady();
      this.isReloading = false;
    }
  }

  scale(processes: number): void {
    this.parts.master.scale(checkProcesses(processes));
  }

  async stop(how: "graceful" | "fast" = "graceful", why = "asked to stop"): Promise<void> {
    const { options, log, master, outside, attached, sockets } = this.parts;
    const isFirst = !this.ending.signal.aborted;
    if (isFirst || how === "fast") {
      log.write("info", "command", `${why}: ${how === "fast" ? "ending at once" : "finishing what runs"}`);
    }
    this.ending.abort("the service ends");
    if (how === "fast") {
      master.stop("fast");
      void attached.stop(FAST_MS);
    } else if (isFirst) {
      outside.tellStopping();
      await options.beforeStop?.();
      if (this.isLast) {
        // Nothing new shall come before nobody takes it; what has come is in the queue, which is emptied.
        await outside.unsubscribe();
        await sockets.close();
      }
      master.stop("graceful");
    }
    await this.ended;
  }

  async upgrade(): Promise<void> {
    const { log, checked, sockets } = this.parts;
    const objection = this.objection();
    if (objection !== undefined) {
      log.write("warn", "command", `no upgrade: ${objection}`);
      throw new UwsgiError(objection, { code: "UWSGI_UPGRADE_FAILED" });
    }
    this.isUpgrading = true;
    log.write("info", "command", "upgrade: a new master is started");
    try {
      const { startTimeoutMs, graceMs } = checked.limits;
      const successor = await startSuccessor({
        ...sockets.handover(FIRST_HANDED_FD),
        withinMs: startTimeoutMs + OWN_START_MS,
        graceMs,
        signal: this.ending.signal,
      });
      void this.handOver(successor);
    } catch (error) {
      log.write("error", "command", `upgrade: ${(error as Error).message}; this master goes on`);
      throw error;
    } finally {
      this.isUpgrading = false;
    }
  }

  reopenLogs(): void {
    this.parts.log.write("info", "command", "the logs are opened anew");
    this.parts.log.reopen();
    this.parts.master.reopenLogs();
  }

  /** What a signal asks for. The log says what becomes of it. */
  obey(command: Command): void {
    const { processes } = this.parts.master;
    switch (command.kind) {
      case "stop":
        void this.stop(command.how, command.why);
        return;
      case "reload":
        void this.reload().catch(() => {});
        return;
      case "upgrade":
        void this.upgrade().catch(() => {});
        return;
      case "reopen":
        this.reopenLogs();
        return;
      case "more":
        this.scale(Math.min(processes + 1, MOST_PROCESSES));
        return;
      case "less":
        this.scale(processes - 1);
    }
  }

  /** Why there can be no upgrade now. */
  private objection(): string | undefined {
    if (this.ending.signal.aborted || this.isHandedOver) return "the service ends";
    if (this.isUpgrading) return "one is under way";
    if (!this.isOwner) return "this master has not taken over itself yet";
    // It would be nobody's child.
    if (this.parts.vassalage !== undefined) return "this master is an emperor's vassal: touch or change its file";
    return boundObjection();
  }

  private async begin(): Promise<void> {
    const { master, sockets, attached, log, checked } = this.parts;
    log.write(
      "info",
      "command",
      `uisge ${version}, Node ${process.version}: ${checked.name}, master pid ${process.pid}`,
    );
    try {
      const open = sockets.openQueues().then(() => (this.isOwner ? attached.start() : undefined));
      await Promise.all([open, master.ready]);
      this.hasServed = true;
      if (this.ending.signal.aborted) return;
      for (const address of this.addresses) log.write("info", "command", `listening on ${address}`);
      if (this.isOwner) await this.own();
      else void this.relieve();
    } catch (error) {
      // It was told to end before it had begun: that is no failure.
      const isTold = this.ending.signal.aborted;
      this.ending.abort("the service could not be started");
      master.stop("fast");
      await this.ended;
      if (!isTold) throw error;
    }
  }

  /** What only one master can have. */
  private async own(mainPid?: number): Promise<void> {
    const { outside, sockets } = this.parts;
    await outside.open(this, sockets.list, mainPid);
  }

  /** The master before this one may go. */
  private async relieve(): Promise<void> {
    const { master, predecessor, outside, attached, log } = this.parts;
    await master.allReady;
    await predecessor?.relieve();
    if (this.ending.signal.aborted) return;
    this.isOwner = true;
    attached.start();
    log.write("info", "command", `taken over from the master with pid ${predecessor?.pid}`);
    try {
      outside.takePidFile(predecessor?.pid);
      await this.own(process.pid);
    } catch (error) {
      // It serves, and nobody else does any more.
      log.write("error", "system", (error as Error).message);
    }
  }

  /** From here on all is the new master's. */
  private async handOver(successor: Successor): Promise<void> {
    const { options, checked, log, outside, attached, sockets, master } = this.parts;
    this.isHandedOver = true;
    this.ending.abort("another master has taken over");
    log.write("info", "command", `the master with pid ${successor.pid} takes over: finishing what runs`);
    // What is asked for by the control socket has its answer first, and then makes room for the new one.
    await outside.leave();
    // Never two of the same: the new master starts its own when all is its.
    await attached.stop(checked.limits.graceMs);
    successor.takeOver();
    await options.beforeStop?.();
    sockets.release();
    master.stop("graceful");
  }

  private async finish(exitCode: number): Promise<number> {
    const { checked, sockets, outside, attached, log } = this.parts;
    this.unwatch();
    // Behind the workers, which may need them to finish.
    await attached.stop(checked.limits.graceMs);
    if (!this.isHandedOver) await (this.isOwner ? sockets.close() : sockets.abandon());
    await outside.close();
    log.write("info", "command", "stopped");
    log.close();
    return exitCode;
  }
}

/** Of what was set for the master, and is obeyed by workers while they are root, too. */
function warnOfCode({ uid }: ManagerOptions, log: ManagerLog): void {
  const option = uid === undefined || process.geteuid?.() !== 0 ? undefined : codeOptionIn(process.env);
  if (option === undefined) return;
  const then = `is obeyed by each worker before it is user ${uid}: what is meant for the application is --import`;
  log.write("warn", "system", `${option} in NODE_OPTIONS ${then}`);
}
