/** What a worker says, and what becomes of it, as a change of what the master knows of it. Pure. */
import type { FromWorker } from "../channel/messages.ts";
import { noteVitals } from "../plan/recycle.ts";
import type { PlanLimits, WorkerView } from "../plan/view.ts";

/** The view behind a message. `now`: when it was read. */
export function noteMessage(view: WorkerView, message: FromWorker, limits: PlanLimits, now: number): WorkerView {
  switch (message.kind) {
    case "ready":
      return view.phase === "starting" ? { ...view, phase: "ready", readyAt: now } : view;
    case "vitals": {
      const { kind: _, ...report } = message;
      return { ...view, vitals: noteVitals(report, view.vitals, limits, now) };
    }
    case "beat":
      return { ...view, beat: { at: now, oldestMs: message.oldestMs } };
    case "idle":
      return withoutBeat(view);
    case "out":
      return noteOut(view, message, now);
    default:
      return view;
  }
}

/** It hears no more: it finishes and leaves, as it would without a master, and has the usual time for that. */
export function noteDeaf(view: WorkerView, now: number): WorkerView {
  // Nor are there beats that could tell whether it is stuck.
  return leaving(withoutBeat(view), now);
}

/** It was told to stop. */
export function noteStop(view: WorkerView, graceMs: number, now: number): WorkerView {
  return { ...view, phase: "stopping", stoppingAt: now, graceMs };
}

/** Why it wants out is what it has said first. */
function noteOut(view: WorkerView, { why, isLeaving }: FromWorker & { kind: "out" }, now: number): WorkerView {
  const out = { ...view, wantsOut: view.wantsOut ?? why };
  return isLeaving ? leaving(out, now) : out;
}

function leaving(view: WorkerView, now: number): WorkerView {
  return view.phase === "stopping" ? view : { ...view, phase: "stopping", stoppingAt: now };
}

function withoutBeat(view: WorkerView): WorkerView {
  const { beat: _beat, ...rest } = view;
  return rest;
}
