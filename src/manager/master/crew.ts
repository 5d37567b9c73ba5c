/**
 * The workers that there are: what each has said, and how each ends. Notes and logs it, and tells its owner what is to
 * be decided anew; decides nothing itself.
 */
import { Asking } from "./asking.ts";
import type { WorkerEnd } from "./exit-reason.ts";
import { exitReason } from "./exit-reason.ts";
import type { ManagerLog } from "./manager-log.ts";
import type { FromWorker } from "../channel/messages.ts";
import { UnknownKinds } from "../channel/unknown-kinds.ts";
import { noteDeaf, noteMessage, noteStop } from "./note-message.ts";
import type { WorkerRequest } from "../status.ts";
import type { KillReason, PlanLimits, StopReason, WorkerView } from "../plan/view.ts";
import type { OutputSource } from "../output/printed-record.ts";
import { stuckLine, whyKill, whyOut, whyStop } from "./worker-lines.ts";
import { type WorkerLaunch, WorkerProcess } from "./worker-process.ts";

/** A worker, and what is known of it. */
export interface Member {
  readonly process: WorkerProcess;
  readonly view: WorkerView;
  /** It has said that it accepts no more. */
  readonly hasClosed: boolean;
}

export interface CrewOwner {
  /** Something is known that a plan may want to know. */
  onChange(): void;
  /** One more accepts. */
  onReady(): void;
  /** What nobody asked for: a start that came to nothing, a crash. `why`: in words; `exitCode`: where it says why not. */
  onFailure(worker: WorkerView, why: string, exitCode: number | undefined): void;
  /** A rejection that nobody handles; the worker goes on. */
  onRejection(): void;
}

export class Crew {
  private readonly owner: CrewOwner;
  private readonly limits: PlanLimits;
  private readonly log: Pick<ManagerLog, "write" | "print">;
  private readonly aboard = new Map<number, Sailor>();
  private readonly asking = new Asking();

  constructor(owner: CrewOwner, limits: PlanLimits, log: Pick<ManagerLog, "write" | "print">) {
    this.owner = owner;
    this.limits = limits;
    this.log = log;
  }

  get members(): readonly Member[] {
    return [...this.aboard.values()];
  }

  get views(): readonly WorkerView[] {
    return this.members.map(({ view }) => view);
  }

  start(id: number, generation: number, serial: number, launch: WorkerLaunch): void {
    const process = new WorkerProcess(launch, {
      onMessage: (message) => this.onMessage(sailor, message),
      onPrinted: (printed) => this.log.print(sourceOf(sailor), printed),
      onUnknown: (kind) => this.onUnknown(sailor, kind),
      onDeaf: (error) => this.onDeaf(sailor, error),
      onEnd: (end) => this.onEnd(sailor, end),
    });
    const view: WorkerView = { serial, id, generation, phase: "starting", startedAt: performance.now() };
    const sailor: Sailor = { process, view, hasClosed: false, isAccounted: false, unknown: new UnknownKinds() };
    this.aboard.set(serial, sailor);
  }

  stop(serial: number, why: StopReason, graceMs: number, behindQueue: boolean): void {
    const sailor = this.aboard.get(serial);
    if (sailor === undefined) return;
    this.log.write("info", "worker", `${nameOf(sailor)} is told to stop: ${whyStop(why)}`, sailor.view.id);
    sailor.view = noteStop(sailor.view, graceMs, performance.now());
    sailor.isAccounted = true;
    sailor.process.stop(graceMs, behindQueue);
  }

  kill(serial: number, why: KillReason): void {
    const sailor = this.aboard.get(serial);
    if (sailor === undefined) return;
    const text = whyKill(why, this.limits);
    this.log.write(
      why === "reload-failed" ? "info" : "error",
      "failure",
      `${nameOf(sailor)} is killed: ${text}`,
      sailor.view.id,
    );
    sailor.view = { ...sailor.view, isKilled: true };
    sailor.process.kill(text);
    if (why === "start-timeout") {
      // It is a failure from now on, and the plan was not made to its end for that.
      this.account(sailor, `killed: ${text}`);
      this.owner.onChange();
    } else {
      // A stuck request takes its time by itself.
      sailor.isAccounted = true;
    }
  }

  reopenLogs(): void {
    for (const { process } of this.members) process.tell({ kind: "reopen" });
  }

  /** What runs; of a worker that does not answer soon, nothing. */
  requests(): Promise<readonly WorkerRequest[]> {
    return this.asking.ask(this.members.filter(({ view }) => view.phase !== "starting"));
  }

  private onMessage(sailor: Sailor, message: FromWorker): void {
    const { view } = sailor;
    sailor.view = noteMessage(view, message, this.limits, performance.now());
    switch (message.kind) {
      case "ready":
        if (view.phase === "starting") this.onReady(sailor, message);
        return;
      case "out":
        this.onOut(sailor, message);
        return;
      case "stuck":
        this.log.write("error", "stuck", stuckLine(nameOf(sailor), message), sailor.view.id);
        return;
      case "requests":
        this.asking.answer(view.serial, message);
        return;
      case "closed":
        sailor.hasClosed = true;
        this.owner.onChange();
        return;
      case "beat":
        // The next ones only put off what is planned for when they fail to come.
        if (view.beat === undefined) this.owner.onChange();
        return;
      case "vitals":
        if (hasMemoryLimit(this.limits)) this.owner.onChange();
        return;
      default:
    }
  }

  private onUnknown(sailor: Sailor, kind: string): void {
    const told = sailor.unknown.note(kind);
    if (told !== undefined) this.log.write("warn", "message", `${nameOf(sailor)} ${told}`, sailor.view.id);
  }

  private onReady(sailor: Sailor, { application, why }: FromWorker & { readonly kind: "ready" }): void {
    const { startedAt, readyAt = startedAt } = sailor.view;
    const took = ((readyAt - startedAt) / 1_000).toFixed(2);
    this.log.write(
      "info",
      "worker",
      `${nameOf(sailor)} serves ${application} (${why}) after ${took} s`,
      sailor.view.id,
    );
    this.owner.onReady();
    this.owner.onChange();
  }

  private onOut(sailor: Sailor, { why, isLeaving }: FromWorker & { readonly kind: "out" }): void {
    const isFault = why === "exception" || why === "rejection" || why === "closed";
    const what = isLeaving ? "accepts no more, and leaves" : "is to be replaced";
    this.log.write(
      isFault ? "error" : "info",
      isFault ? "failure" : "worker",
      `${nameOf(sailor)} ${what}: ${whyOut(why)}`,
      sailor.view.id,
    );
    if (why === "rejection" && !isLeaving) this.owner.onRejection();
    else if (isFault) this.account(sailor, whyOut(why));
    else if (isLeaving) sailor.isAccounted = true;
    this.owner.onChange();
  }

  private onDeaf(sailor: Sailor, error: Error | undefined): void {
    const why = error?.message ?? "its pipe to the master has ended";
    if (sailor.view.phase !== "stopping")
      this.log.write("error", "failure", `${nameOf(sailor)} is on its own: ${why}`, sailor.view.id);
    sailor.view = noteDeaf(sailor.view, performance.now());
    sailor.process.stop(this.limits.graceMs, false);
    this.account(sailor, why);
    this.owner.onChange();
  }

  private onEnd(sailor: Sailor, end: WorkerEnd): void {
    this.aboard.delete(sailor.view.serial);
    this.asking.gone(sailor.view.serial);
    const why = exitReason(end);
    const isQuiet = sailor.isAccounted && (end.code === 0 || end.killedFor !== undefined);
    const level = isQuiet ? "info" : sailor.isAccounted ? "warn" : "error";
    this.log.write(level, isQuiet ? "worker" : "failure", `${nameOf(sailor)} has ended: ${why}`, sailor.view.id);
    this.account(sailor, why, end.failed === undefined ? undefined : (end.code ?? undefined));
    this.owner.onChange();
  }

  /** Once for each worker, and not for those that were to end. */
  private account(sailor: Sailor, why: string, exitCode?: number): void {
    if (sailor.isAccounted) return;
    sailor.isAccounted = true;
    this.owner.onFailure(sailor.view, why, exitCode);
  }
}

interface Sailor extends Member {
  view: WorkerView;
  hasClosed: boolean;
  /** Its end was asked for, or has been told as a failure already. */
  isAccounted: boolean;
  readonly unknown: UnknownKinds;
}

function nameOf({ view, process }: Member): string {
  return `worker ${view.id} (pid ${process.pid}, version ${view.generation})`;
}

function sourceOf({ view: { id, generation }, process: { pid } }: Member): OutputSource {
  return { kind: "worker", name: `worker ${id}`, members: { worker: id, pid, generation } };
}

function hasMemoryLimit({ reloadOnRssBytes, evilReloadOnRssBytes }: PlanLimits): boolean {
  return reloadOnRssBytes !== undefined || evilReloadOnRssBytes !== undefined;
}
