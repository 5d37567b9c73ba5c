/** `setTimeout` of sockets, requests and responses: a time in which nothing was read or written. */

export class IdleTimer {
  private readonly onIdle: () => void;
  private timer: NodeJS.Timeout | undefined;

  constructor(onIdle: () => void) {
    this.onIdle = onIdle;
  }

  /** Begins anew with another time; 0 stops. */
  set(ms: number): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (ms > 0) this.timer = setTimeout(this.onIdle, ms).unref();
  }

  /** Something was read or written. */
  refresh(): void {
    this.timer?.refresh();
  }
}
