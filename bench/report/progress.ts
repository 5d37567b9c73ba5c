/** A line that says what is being measured, and how long it will take. */

/** Where there is no terminal, a line about this often. */
const QUIET_MS = 15_000;

export class Progress {
  private readonly startedAt = performance.now();
  private readonly total: number;
  private past = 0;
  private lastSaid = Number.NEGATIVE_INFINITY;

  /** `total`: seconds of load in the whole run. */
  constructor(total: number) {
    this.total = total;
  }

  /** What comes now. */
  say(what: string): void {
    const { isTTY } = process.stderr;
    const now = performance.now();
    if (!isTTY && now - this.lastSaid < QUIET_MS) return;
    this.lastSaid = now;
    const line = `measuring: ${what} (${percent(this.past / this.total)}${this.left(now)})`;
    process.stderr.write(isTTY ? `\r${line.slice(0, (process.stderr.columns ?? 80) - 1)}\x1b[K` : `${line}\n`);
  }

  /** So many of those seconds are over. */
  done(seconds: number): void {
    this.past += seconds;
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  }

  private left(now: number): string {
    if (this.past === 0) return "";
    const ms = ((now - this.startedAt) * (this.total - this.past)) / this.past;
    return ms > 90_000 ? `, ${Math.round(ms / 60_000)} min left` : `, ${Math.round(ms / 1_000)} s left`;
  }
}

function percent(part: number): string {
  return `${Math.floor(100 * part)} %`;
}
