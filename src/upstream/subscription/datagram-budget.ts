/**
 * How many datagrams are looked at in a second: each may cost a signature, and whoever sends them need not be who he
 * says. One sender gets only a part, so that he does not use up all. Pure: `now` is milliseconds of a monotonic clock.
 */

export class DatagramBudget {
  private readonly perSecond: number;
  private readonly perSender: number;
  private windowEnd = Number.NEGATIVE_INFINITY;
  private left = 0;
  /** At most `perSecond` entries, gone with the window. */
  private readonly bySender = new Map<string, number>();
  private dropped = 0;

  constructor(perSecond: number) {
    this.perSecond = perSecond;
    this.perSender = Math.max(1, Math.floor(perSecond / 4));
  }

  /** How many were dropped since this was asked last. */
  takeDropped(): number {
    const { dropped } = this;
    this.dropped = 0;
    return dropped;
  }

  /** True: the datagram may be looked at. */
  spend(sender: string, now: number): boolean {
    if (now >= this.windowEnd) {
      this.windowEnd = now + 1_000;
      this.left = this.perSecond;
      this.bySender.clear();
    }
    const spent = this.bySender.get(sender) ?? 0;
    if (this.left === 0 || spent >= this.perSender) {
      this.dropped++;
      return false;
    }
    this.left--;
    this.bySender.set(sender, spent + 1);
    return true;
  }
}
