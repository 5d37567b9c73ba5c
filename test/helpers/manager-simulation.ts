/**
 * A master and its workers without processes, in virtual time: performs what a plan says, lets workers start slowly,
 * fail, crash, hang, want out and drain, lets operators interfere, and holds each step to `manager-rules.ts`.
 */
import { BEAT_MS, LATE_MS } from "../../src/manager/plan/judge.ts";
import type { plan as realPlan } from "../../src/manager/plan/plan.ts";
import { noteVitals } from "../../src/manager/plan/recycle.ts";
import { abandon, afterReloaded, askReload, failsReload, firstGoal } from "../../src/manager/plan/reload.ts";
import { afterFailure } from "../../src/throttle.ts";
import type { Action, Goal, PlanLimits, ReloadMode, WantsOut, WorkerView } from "../../src/manager/plan/view.ts";
import { checkAbandoned, checkEnd, checkPlan, checkView, type Truth } from "./manager-rules.ts";

export type PlanFunction = typeof realPlan;

/** What somebody does, or what happens to some worker (`nth` of those there are). */
export type Incident =
  | { readonly kind: "reload"; readonly mode: ReloadMode }
  | { readonly kind: "scale"; readonly processes: number }
  | { readonly kind: "stop"; readonly how: "graceful" | "fast" }
  | { readonly kind: "crash"; readonly nth: number }
  | { readonly kind: "out"; readonly nth: number; readonly why: WantsOut }
  | { readonly kind: "large"; readonly nth: number; readonly rss: number }
  /** Its event loop is blocked for `ms`, with a request that has just come; `Infinity`: stuck. */
  | { readonly kind: "block"; readonly nth: number; readonly ms: number; readonly times: number }
  /** The master gets no processor; `all`: nor do the workers. */
  | { readonly kind: "sleep"; readonly ms: number; readonly all: boolean };

export interface Scenario {
  readonly processes: number;
  readonly limits: PlanLimits;
  readonly incidents: readonly { readonly after: number; readonly incident: Incident }[];
  /** Of what is left to chance: how long a start takes, how long a worker has to do when it is to leave. */
  readonly seed: number;
  /** Share of starts that fail, and of those that come to nothing and do not end. Until the last incident. */
  readonly failing: number;
  readonly hanging: number;
  /** Versions none of which starts. */
  readonly broken: readonly number[];
  /** How long starts take, from and to. */
  readonly startMs: readonly [number, number];
  /** Ends so long after it is ready, always. */
  readonly crashesAfterMs?: number;
  /** Ends there, settled or not. */
  readonly untilMs?: number;
}

/** A worker as it is; the master knows `view` alone. */
interface Simulated {
  readonly serial: number;
  view: WorkerView;
  /** Since when its event loop is stuck for good. */
  stuckSince?: number;
  /** Counts what it does with beats, so that later blocks replace earlier ones. */
  blocks: number;
  /** It has ended; the master may not know it yet. */
  hasEnded: boolean;
}

interface Event {
  at: number;
  readonly order: number;
  readonly act: () => void;
}

const MOST_STEPS = 20_000;

export class Simulation implements Truth {
  now = 0;
  goal: Goal;
  readonly workers = new Map<number, Simulated>();
  readonly starts: { readonly at: number; readonly generation: number }[] = [];
  readonly reloaded: number[] = [];
  readonly kills: { readonly at: number; readonly serial: number; readonly why: string }[] = [];
  /** The fewest that accepted at a time since `watchAcceptingFrom`. */
  fewest = Infinity;
  mostProcesses: number;
  isCalm = false;
  hasEnded = false;
  private readonly scenario: Scenario;
  private readonly plan: PlanFunction;
  private readonly random: () => number;
  private events: Event[] = [];
  private order = 0;
  private serial = 0;
  private sleepsUntil = 0;
  private wakeAt: number | undefined;
  /** What came in while the master slept. */
  private inbox: (() => void)[] = [];

  constructor(scenario: Scenario, plan: PlanFunction) {
    this.scenario = scenario;
    this.plan = plan;
    this.random = mulberry32(scenario.seed);
    this.goal = firstGoal(scenario.processes, scenario.limits);
    this.mostProcesses = scenario.processes;
  }

  /** Runs until nothing happens any more, and checks that all is as it is wanted. */
  run(): this {
    const { incidents, untilMs } = this.scenario;
    let at = 0;
    for (const { after, incident } of incidents) {
      at += after;
      this.later(at, () => this.happen(incident));
    }
    if (untilMs === undefined) this.later(at, () => this.calm());
    this.look();
    let steps = 0;
    while (!this.hasEnded) {
      if (++steps > MOST_STEPS) throw new Error(`still not settled after ${MOST_STEPS} steps, at ${this.now}`);
      const event = this.next();
      if (event === undefined || (untilMs !== undefined && event.at > untilMs)) break;
      this.now = Math.max(this.now, event.at);
      event.act();
    }
    if (untilMs === undefined) checkEnd(this);
    return this;
  }

  get views(): readonly WorkerView[] {
    return [...this.workers.values()].map(({ view }) => view);
  }

  get awakeSince(): number {
    return this.sleepsUntil;
  }

  stuckSince(serial: number): number | undefined {
    return this.workers.get(serial)?.stuckSince;
  }

  watchAcceptingFrom(at: number): void {
    this.later(at, () => (this.fewest = this.accepting()));
  }

  private accepting(): number {
    return this.views.filter(({ phase, isKilled }) => phase === "ready" && isKilled !== true).length;
  }

  // Events

  private later(at: number, act: () => void): void {
    this.events.push({ at, order: this.order++, act });
  }

  /** The next event, the master's timer among them. */
  private next(): Event | undefined {
    let first: Event | undefined;
    for (const event of this.events) {
      if (first === undefined || event.at < first.at || (event.at === first.at && event.order < first.order)) {
        first = event;
      }
    }
    const wakeAt = this.wakeAt === undefined ? Infinity : Math.max(this.wakeAt, this.sleepsUntil);
    if (wakeAt < (first?.at ?? Infinity)) return { at: wakeAt, order: 0, act: () => this.wake() };
    this.events = this.events.filter((event) => event !== first);
    return first;
  }

  /** The master is told something. `now` is when it reads that. */
  private tell(message: () => void): void {
    if (this.now < this.sleepsUntil) {
      this.inbox.push(message);
      return;
    }
    this.read();
    message();
    this.look();
  }

  private wake(): void {
    if (this.now < this.sleepsUntil) return;
    this.read();
    this.look();
  }

  private read(): void {
    const messages = this.inbox;
    this.inbox = [];
    for (const message of messages) message();
  }

  // The master

  private look(): void {
    if (this.hasEnded) return;
    if (this.wakeAt !== undefined && this.now - this.wakeAt > LATE_MS) this.goal = { ...this.goal, wokeAt: this.now };
    checkView(this);
    const before = this.views;
    const plan = this.plan(before, this.goal, this.now);
    checkPlan(this, before, plan);
    const { goal } = this;
    for (const action of plan.actions) this.perform(action);
    this.fewest = Math.min(this.fewest, this.accepting());
    if (this.hasEnded) return;
    const again = this.plan(this.views, this.goal, this.now);
    this.wakeAt = again.wakeAt;
    if (goal === this.goal && again.actions.length > 0) {
      throw new Error(`asked again, the plan goes on with ${JSON.stringify(again.actions)}`);
    }
    if (goal !== this.goal) this.look();
  }

  private perform(action: Action): void {
    if (action.kind === "start") this.start(action.id, action.generation);
    else if (action.kind === "stop") this.stop(action.serial, action.graceMs);
    else if (action.kind === "kill") this.kill(action.serial, action.why);
    else if (action.kind === "reloaded") {
      this.reloaded.push(action.generation);
      this.goal = afterReloaded(this.goal, action.generation);
    } else this.hasEnded = true;
  }

  private start(id: number, generation: number): void {
    if (generation !== this.goal.generation) throw new Error(`version ${generation} was given up, and is started`);
    const serial = ++this.serial;
    const view = { serial, id, generation, phase: "starting", startedAt: this.now } as const;
    const worker: Simulated = { serial, view, blocks: 0, hasEnded: false };
    this.workers.set(serial, worker);
    this.starts.push({ at: this.now, generation });
    const { startMs, failing, hanging, broken } = this.scenario;
    const fate = this.isCalm ? 1 : this.random();
    const at = this.now + this.between(...startMs);
    if (broken.includes(generation) || fate < failing) this.later(at, () => this.exit(worker));
    else if (fate >= failing + hanging) this.later(at, () => this.beReady(worker));
  }

  private beReady(worker: Simulated): void {
    if (worker.hasEnded) return;
    this.tell(() => {
      if (worker.view.phase === "starting") this.see(worker, { phase: "ready", readyAt: this.now });
    });
    const { crashesAfterMs } = this.scenario;
    if (crashesAfterMs !== undefined) this.later(this.now + crashesAfterMs, () => this.exit(worker));
  }

  private stop(serial: number, graceMs: number): void {
    const worker = this.known(serial);
    this.see(worker, { phase: "stopping", stoppingAt: this.now, graceMs });
    this.drain(worker, graceMs);
  }

  private drain(worker: Simulated, graceMs: number): void {
    // One in ten does not leave by itself.
    if (worker.stuckSince !== undefined || this.random() < 0.1) return;
    this.later(this.now + Math.min(graceMs, this.between(0, 20_000)), () => this.exit(worker));
  }

  private kill(serial: number, why: string): void {
    const worker = this.known(serial);
    this.kills.push({ at: this.now, serial, why });
    this.see(worker, { isKilled: true });
    if (why === "start-timeout") this.fail(worker);
    this.later(this.now + this.between(1, 50), () => this.exit(worker));
  }

  private exit(worker: Simulated): void {
    if (worker.hasEnded) return;
    worker.hasEnded = true;
    this.tell(() => {
      this.workers.delete(worker.serial);
      if (worker.view.phase !== "stopping" && worker.view.isKilled !== true) this.fail(worker);
    });
  }

  private fail({ view }: Simulated): void {
    const startedAt = view.readyAt === undefined ? view.startedAt : this.now;
    this.goal = { ...this.goal, failures: afterFailure(this.goal.failures, this.now, startedAt) };
    if (!failsReload(view, this.goal)) return;
    const before = this.views;
    const given = abandon(before, this.goal);
    this.goal = given.goal;
    for (const action of given.actions) this.perform(action);
    checkAbandoned(before, this.views);
  }

  private see(worker: Simulated, change: Partial<WorkerView>): void {
    worker.view = { ...worker.view, ...change };
  }

  private known(serial: number): Simulated {
    const worker = this.workers.get(serial);
    if (worker === undefined) throw new Error(`nobody has the serial ${serial}`);
    return worker;
  }

  // What happens

  private happen(incident: Incident): void {
    if (incident.kind === "reload") this.tell(() => (this.goal = askReload(this.goal, incident.mode)));
    else if (incident.kind === "stop") this.tell(() => (this.goal = { ...this.goal, stop: incident.how }));
    else if (incident.kind === "scale") {
      const { processes } = incident;
      this.mostProcesses = Math.max(this.mostProcesses, processes);
      this.tell(() => (this.goal = { ...this.goal, processes }));
    } else if (incident.kind === "sleep") this.sleep(incident.ms, incident.all);
    else this.befall(incident);
  }

  private sleep(ms: number, all: boolean): void {
    this.sleepsUntil = Math.max(this.sleepsUntil, this.now + ms);
    if (all) for (const event of this.events) event.at = Math.max(event.at, this.now) + ms;
    this.later(this.sleepsUntil, () => this.wake());
  }

  private befall(incident: Incident & { readonly nth: number }): void {
    const all = [...this.workers.values()].filter(({ hasEnded, stuckSince }) => !hasEnded && stuckSince === undefined);
    const worker = all[incident.nth % Math.max(1, all.length)];
    if (worker === undefined) return;
    if (incident.kind === "crash") this.exit(worker);
    if (worker.view.phase !== "ready" || worker.view.isKilled === true) return;
    if (incident.kind === "out") this.wantOut(worker, incident.why);
    else if (incident.kind === "large") for (let n = 0; n < 3; n++) this.report(worker, incident.rss);
    else if (incident.kind === "block") this.block(worker, incident.ms, incident.times, ++worker.blocks);
  }

  private wantOut(worker: Simulated, why: WantsOut): void {
    const isLeaving = ["exception", "closed", "asked"].includes(why);
    this.tell(() => {
      if (worker.view.phase !== "ready") return;
      this.see(worker, { wantsOut: why, ...(isLeaving ? { phase: "stopping", stoppingAt: this.now } : {}) });
      const { failures, rejections } = this.goal;
      if (isLeaving && why !== "asked") this.goal = { ...this.goal, failures: afterFailure(failures, this.now) };
      if (why === "rejection") this.goal = { ...this.goal, rejections: afterFailure(rejections, this.now) };
    });
    if (isLeaving) this.drain(worker, this.goal.limits.graceMs);
  }

  private report(worker: Simulated, rss: number): void {
    this.tell(() => {
      const report = { requests: 1, running: 0, rss, busyness: 0, lagMs: 0 };
      this.see(worker, { vitals: noteVitals(report, worker.view.vitals, this.goal.limits, this.now) });
    });
  }

  /** A request comes and blocks the event loop; between two such there is a beat. */
  private block(worker: Simulated, ms: number, times: number, turn: number): void {
    if (this.goal.limits.harakiriMs === undefined || worker.hasEnded || turn !== worker.blocks) return;
    this.beat(worker, 0);
    if (ms === Infinity) {
      worker.stuckSince = this.now;
      return;
    }
    this.later(this.now + ms, () => {
      if (turn !== worker.blocks || worker.hasEnded) return;
      this.beat(worker, ms);
      if (times > 1) this.later(this.now + 1, () => this.block(worker, ms, times - 1, turn));
      else this.later(this.now + BEAT_MS, () => this.idle(worker, turn));
    });
  }

  private beat(worker: Simulated, oldestMs: number): void {
    this.tell(() => this.see(worker, { beat: { at: this.now, oldestMs } }));
  }

  private idle(worker: Simulated, turn: number): void {
    if (turn !== worker.blocks || worker.hasEnded) return;
    this.tell(() => {
      const { beat: _, ...rest } = worker.view;
      worker.view = rest;
    });
  }

  /** Nothing fails any more. */
  private calm(): void {
    this.isCalm = true;
    const { maxLifetimeMs: _, ...limits } = this.goal.limits;
    this.tell(() => (this.goal = { ...this.goal, limits }));
  }

  private between(from: number, to: number): number {
    return Math.floor(from + this.random() * (to - from));
  }
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
