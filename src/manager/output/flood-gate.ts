/**
 * Lets so many lines of a program through in a second, and five times as many at once. Behind that it stays closed until
 * there is room for a second's lines again: not line by line around the limit, each with a count. Of what it keeps back,
 * the last lines can be had at the end: they may say why a program has ended. Pure.
 */
import type { OutputLine } from "./output-lines.ts";

/** How many seconds' lines may come at once. */
const BURST_SECONDS = 5;

/** A longer line counts once for each of these that it has begun. */
const BYTES_OF_ONE = 1_024;

/** Most bytes of the lines that are kept for the end, and what each of them costs beside its text. */
const MOST_KEPT_BYTES = 32_768;
const COST_OF_ONE_BYTES = 64;

export class FloodGate {
  private readonly perSecond: number;
  private room: number;
  private at = 0;
  private isShut = false;
  private leftOut = 0;
  private last: OutputLine[] = [];
  private lastBytes = 0;

  /** `perSecond`: Infinity for no limit. */
  constructor(perSecond: number) {
    this.perSecond = perSecond;
    this.room = perSecond * BURST_SECONDS;
  }

  /** Whether a line may pass; else it is counted, and kept for as long as it is among the last. `now`: in ms. */
  admit(line: OutputLine, now: number): boolean {
    if (this.perSecond === Infinity) return true;
    const seconds = Math.max(0, now - this.at) / 1_000;
    this.at = now;
    this.room = Math.min(this.perSecond * BURST_SECONDS, this.room + seconds * this.perSecond);
    const cost = Math.max(1, Math.ceil(line.bytes.length / BYTES_OF_ONE));
    // However small the limit is, a long line gets through where nothing has for long.
    const needed = Math.min(this.isShut ? Math.max(cost, this.perSecond) : cost, this.perSecond * BURST_SECONDS);
    this.isShut = this.room < needed;
    if (this.isShut) {
      this.leftOut++;
      this.keep(line);
      return false;
    }
    this.room -= cost;
    if (this.last.length > 0) this.takeLast();
    return true;
  }

  /** How many lines were kept back since this was asked last. */
  takeCount(): number {
    const { leftOut } = this;
    this.leftOut = 0;
    return leftOut;
  }

  /** The last of those behind which no other has passed. */
  takeLast(): readonly OutputLine[] {
    const { last } = this;
    this.last = [];
    this.lastBytes = 0;
    return last;
  }

  private keep(line: OutputLine): void {
    // `slice` of a Buffer would be the same memory.
    this.last.push({ ...line, bytes: new Uint8Array(line.bytes) });
    this.lastBytes += line.bytes.length + COST_OF_ONE_BYTES;
    while (this.lastBytes > MOST_KEPT_BYTES) {
      this.lastBytes -= (this.last.shift()?.bytes.length ?? 0) + COST_OF_ONE_BYTES;
    }
  }
}
