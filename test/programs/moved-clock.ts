/**
 * Loaded before a program (`--import`): its wall clock can be set, as an operator or NTP sets a
 * machine's. Monotonic time goes on as ever.
 */
const SystemDate = Date;
let aheadMs = 0;

class MovedDate extends SystemDate {
  constructor(...values: [] | [value: number | string | Date]) {
    if (values.length === 0) super(MovedDate.now());
    else super(values[0]);
  }

  static override now(): number {
    return new SystemDate().getTime() + aheadMs;
  }
}

Object.assign(globalThis, {
  Date: MovedDate,
  setClock: (ms: number) => {
    aheadMs = ms;
  },
});
