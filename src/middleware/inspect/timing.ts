/**
 * What takes how long. Pure but for the clock it is given.
 *
 * A layer is measured with all that is below it, from its call to its response; its own time is what is left without the
 * layer below. Layers are numbered from the application, which is 0, outward.
 */

/** A layer of an answered request. */
export interface LayerTime {
  readonly title: string;
  /** Without the layers below it. */
  readonly ownMs: number;
  /** With them. */
  readonly totalMs: number;
}

/** The times of one exchange. */
export class Timing {
  readonly startedAt: number;
  /** By number of the layer; below 0 for one that was not asked. */
  private readonly totals: number[];

  constructor(layers: number, startedAt: number) {
    this.startedAt = startedAt;
    const totals: number[] = [];
    for (let i = 0; i < layers; i++) totals.push(-1);
    this.totals = totals;
  }

  /** One that is asked several times is as slow as all together. */
  add(layer: number, elapsedMs: number): void {
    const before = this.totals[layer] ?? -1;
    this.totals[layer] = before < 0 ? elapsedMs : before + elapsedMs;
  }

  /** The layers that were asked, the outermost first. */
  layers(titles: readonly string[]): LayerTime[] {
    const { totals } = this;
    const times: LayerTime[] = [];
    for (let i = titles.length - 1; i >= 0; i--) {
      const totalMs = totals[i] ?? -1;
      if (totalMs < 0) continue;
      // Layers that are asked side by side can be slower together than the one that asks them.
      const ownMs = Math.max(0, totalMs - Math.max(0, totals[i - 1] ?? 0));
      times.push({ title: titles[i] ?? "", ownMs, totalMs });
    }
    return times;
  }
}

/** The value of Server-Timing: what each layer has taken itself, and all together. */
export function serverTiming(layers: readonly LayerTime[], totalMs: number): string {
  return [...layers.map(({ title, ownMs }) => metric(title, ownMs)), metric("total", totalMs)].join(", ");
}

function metric(title: string, ms: number): string {
  return `${title.replace(/[^\w!#$%&'*+.^`|~-]+/g, "-") || "-"};dur=${round(ms)}`;
}

/** Microseconds are enough. */
export function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

/** Most layers in the line of a slow request. */
const MOST_LAYERS = 3;

/** The line for a slow request; `outcome`: its status, or `failed`. */
export function slowLine(
  method: string,
  path: string,
  outcome: string,
  layers: readonly LayerTime[],
  totalMs: number,
): string {
  const slowest = [...layers].sort((a, b) => b.ownMs - a.ownMs).slice(0, MOST_LAYERS);
  const where = slowest.map(({ title, ownMs }) => `${title} ${Math.round(ownMs)} ms`).join(", ");
  return `slow: ${method} ${path} ${outcome} after ${Math.round(totalMs)} ms${where === "" ? "" : ` (${where})`}`;
}
