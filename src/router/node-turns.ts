/** Which of several servers is next: in turn, those that failed lately last. Pure: `now` is a parameter. */

export class NodeTurns {
  /** Until when each is passed over; 0: it is not. */
  private readonly passedOverUntil: number[];
  private readonly graceMs: number;
  private next = 0;

  /** `graceMs`: how long a server that failed is passed over while others are there. */
  constructor(count: number, graceMs: number) {
    this.passedOverUntil = Array.from({ length: count }, () => 0);
    this.graceMs = graceMs;
  }

  /**
   * Positions in the order in which they are to be tried for one packet. All of them: where all have failed lately
   * it is better to try than to refuse. `now` in milliseconds of a monotonic clock, more than 0.
   */
  order(now: number): number[] {
    const count = this.passedOverUntil.length;
    const turn = Array.from({ length: count }, (_, i) => (this.next + i) % count);
    const sound = turn.filter((node) => (this.passedOverUntil[node] as number) <= now);
    const failed = turn.filter((node) => (this.passedOverUntil[node] as number) > now);
    // Behind the one that gets this packet: whose turn it was and who is passed over gives it up.
    this.next = ((sound[0] ?? failed[0] ?? 0) + 1) % count;
    return [...sound, ...failed];
  }

  noteFailure(node: number, now: number): void {
    const count = this.passedOverUntil.length;
    this.passedOverUntil[node] = now + this.graceMs;
    // The packet goes on to the one behind it, whose turn that was.
    if (this.next === (node + 1) % count) this.next = (node + 2) % count;
  }

  noteSuccess(node: number): void {
    this.passedOverUntil[node] = 0;
  }
}
