/**
 * Deadlines for many connections at the price of one timer and of one number each.
 *
 * A connection stores when it is due; four times a second all of them are looked at. Storing a number
 * costs a request next to nothing, and looking at 10 000 connections takes well under a millisecond.
 *
 * The clock counts the time in which this process could serve. What a peer sent while the process was
 * stopped, or busy for seconds, has not been read yet: nobody is cut for our own pause.
 */

/** Time between two looks. A deadline falls up to so much late, one that begins at a look twice as much; none is early. */
const SWEEP_MS = 250;

/** Most that the clock advances between two looks, however long they were apart. */
const MOST_MS: number = 4 * SWEEP_MS;

/** What has deadlines. */
export interface Expiring {
  /** Ends what is due at `now`, a reading of the sweeper's clock. */
  expire(now: number): void;
}

/** Who is looked at. */
export interface Members {
  readonly size: number;
  all(): readonly Expiring[];
}

/** Looks at all members until there are none. Holds no process open. */
export class Sweeper {
  private readonly members: Members;
  /** Milliseconds; goes on only while there are members. */
  private exact = 0;
  /** The same in whole ones: numbers that a connection can store without another object. */
  private now = 0;
  /** Undefined while there is no timer. */
  private lookedAt: number | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(members: Members) {
    this.members = members;
  }

  /** Reading of the clock at which something is due that may take `ms` from `from` on, a time of this turn. */
  deadline(ms: number, from: number = performance.now()): number {
    // What the next look will add for the time before this call does not count.
    const since = this.lookedAt === undefined ? 0 : Math.max(0, from - this.lookedAt);
    return this.now + Math.ceil(Math.min(since, MOST_MS)) + ms;
  }

  /** The clock, as of the last look. */
  get clock(): number {
    return this.now;
  }

  /** To be called when a member has come. */
  start(): void {
    if (this.timer !== undefined) return;
    this.lookedAt = performance.now();
    this.timer = setInterval(() => {
      const now = performance.now();
      const elapsedMs = now - (this.lookedAt ?? now);
      this.lookedAt = now;
      this.sweep(elapsedMs);
    }, SWEEP_MS).unref();
  }

  /** @internal Looks at all members, `elapsedMs` after the last time. */
  sweep(elapsedMs: number): void {
    this.exact += Math.min(elapsedMs, MOST_MS);
    this.now = Math.floor(this.exact);
    for (const member of this.members.all()) member.expire(this.now);
    if (this.members.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.lookedAt = undefined;
  }
}
