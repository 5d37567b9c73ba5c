/**
 * How many workers there shall be, by how busy they are. Pure. After uWSGI's `busyness` algorithm, with `backlog` for
 * what comes faster than a second.
 *
 * More at once when all together are busy, or a queue grows; then nothing until those are there. One less after a calm
 * time, if the others will not be busy for it. A number that had to be taken back soon afterwards makes the next calm
 * time longer, as uWSGI's multiplier does.
 */
import { accepts } from "./board.ts";
import type { CheaperOptions } from "../options.ts";
import type { WorkerView } from "./view.ts";

export interface CheaperState {
  /** Workers there shall be. */
  readonly processes: number;
  /** Since when there has been little to do. */
  readonly calmSince?: number;
  /** When one was last stopped. */
  readonly lessAt?: number;
  /** Calm times needed for the next one. */
  readonly patience: number;
}

export interface CheaperSample {
  /** Workers that accept. */
  readonly ready: number;
  /** Their mean, from 0 to 1. */
  readonly busyness: number;
  /** Connections in the longest queue, where the system tells. */
  readonly backlog?: number;
}

const DEFAULTS = { step: 1, busyAbove: 0.6, calmBelow: 0.25, calmSeconds: 30, backlogAbove: 32 } as const;

/** A report that is older tells nothing of now. */
const REPORT_AGE_MS = 2_500;

/** The rest may be so busy when one leaves, as a share of `busyAbove`. */
const ROOM = 0.8;

const MOST_PATIENCE = 8;

/** At the start. `processes`: the most there may be. */
export function firstCheaper(options: CheaperOptions, processes: number): CheaperState {
  return { processes: within(options.initial ?? options.least, options, processes), patience: 1 };
}

/** To be asked once a second. */
export function cheaper(
  state: CheaperState,
  sample: CheaperSample,
  options: CheaperOptions & { readonly processes: number },
  now: number,
): { readonly processes: number; readonly state: CheaperState } {
  const next = decide(
    { ...state, processes: within(state.processes, options, options.processes) },
    sample,
    options,
    now,
  );
  return { processes: next.processes, state: next };
}

function decide(
  state: CheaperState,
  { ready, busyness, backlog = 0 }: CheaperSample,
  options: CheaperOptions & { readonly processes: number },
  now: number,
): CheaperState {
  const { step, busyAbove, calmBelow, calmSeconds, backlogAbove } = { ...DEFAULTS, ...options };
  const { processes, calmSince, ...rest } = state;
  // What was decided last has not come about yet, so nothing is known of its effect.
  if (ready < processes) return { ...rest, processes };
  const calmMs = calmSeconds * 1_000 * state.patience;
  if (busyness > busyAbove || backlog > backlogAbove) {
    if (processes === options.processes) return { ...rest, processes };
    const wasTakenBack = state.lessAt !== undefined && now - state.lessAt < 2 * calmMs;
    const patience = wasTakenBack ? Math.min(MOST_PATIENCE, 2 * state.patience) : 1;
    return { ...rest, processes: within(processes + step, options, options.processes), patience };
  }
  const afterwards = processes > 1 ? (busyness * processes) / (processes - 1) : Infinity;
  const isCalm = busyness < calmBelow && backlog === 0 && afterwards < busyAbove * ROOM;
  if (!isCalm || processes === options.least) return { ...rest, processes };
  if (calmSince === undefined || now - calmSince < calmMs) return { ...rest, processes, calmSince: calmSince ?? now };
  return { ...rest, processes: processes - 1, calmSince: now, lessAt: now };
}

/** How busy the workers are, by their reports. One that was at work and says nothing is busy; an idle one need not report. */
export function sampleOf(workers: readonly WorkerView[], backlog: number | undefined, now: number): CheaperSample {
  const ready = workers.filter(accepts);
  const total = ready.reduce((sum, worker) => sum + busynessOf(worker, now), 0);
  const sample = { ready: ready.length, busyness: ready.length === 0 ? 0 : total / ready.length };
  return backlog === undefined ? sample : { ...sample, backlog };
}

function busynessOf({ vitals }: WorkerView, now: number): number {
  if (vitals === undefined) return 0;
  if (now - vitals.at <= REPORT_AGE_MS) return vitals.busyness;
  return vitals.running > 0 ? 1 : 0;
}

function within(processes: number, { least }: CheaperOptions, most: number): number {
  return Math.max(Math.min(least, most), Math.min(processes, most));
}
