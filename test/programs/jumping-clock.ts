/** Loaded before a program (`--import`): its wall clock is an hour off, ahead and behind in turns, by each look at it. */
const SystemDate = Date;
const HOUR_MS = 3_600_000;
let aheadMs = HOUR_MS;

class JumpingDate extends SystemDate {
  constructor(...values: [] | [value: number | string | Date]) {
    if (values.length === 0) super(JumpingDate.now());
    else super(values[0]);
  }

  static override now(): number {
    aheadMs = -aheadMs;
    return new SystemDate().getTime() + aheadMs;
  }
}

Object.assign(globalThis, { Date: JumpingDate });
