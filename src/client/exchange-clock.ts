/**
 * Which deadline of an exchange is due. Pure: `now` is a parameter, a reading of a monotonic clock in milliseconds.
 *
 * Five timeouts, and one timer at most: whoever owns the clock looks at it no later than `nextLookAt`. A phase
 * that ends early moves no timer; the look that was due for it finds nothing, and says when the next one is. So an
 * exchange that is quicker than its first deadline costs one timer.
 */
import { TimeoutError } from "../errors.ts";
import type { Timeouts } from "./timeouts.ts";

/** Looks while bytes wait to be sent, for each `sendMs`: a stall is seen late by one of them at most. */
const LOOKS = 8;
const LONGEST_LOOK_MS = 1_000;

const NEVER = Number.POSITIVE_INFINITY;

/**
 * `connecting`, then `sending` until all is taken, then `answering` until the head has come, then `reading`. A head may
 * come while `sending`.
 */
type Phase = "connecting" | "sending" | "answering" | "reading";

export class ExchangeClock {
  private readonly timeouts: Timeouts;
  private readonly totalDueAt: number;
  private phase: Phase = "connecting";
  /** Of the phase. */
  private dueAt: number;
  /** Bytes that waited to be taken at the last look; 0: nobody waits for the peer. */
  private unsentBytes = 0;
  private stallDueAt = NEVER;
  private lookedAt: number;
  private isAllHanded = false;
  private isBegun = false;

  constructor(timeouts: Timeouts, now: number) {
    this.timeouts = timeouts;
    this.totalDueAt = now + timeouts.totalMs;
    this.dueAt = now + timeouts.connectMs;
    this.lookedAt = now;
  }

  /** When to ask `overdue` next, at the latest. */
  get nextLookAt(): number {
    let next = Math.min(this.dueAt, this.totalDueAt);
    if (this.unsentBytes > 0) {
      const look = this.lookedAt + Math.min(this.timeouts.sendMs / LOOKS, LONGEST_LOOK_MS);
      next = Math.min(next, this.stallDueAt, look);
    }
    return next;
  }

  /** There is a connection. */
  connect(): void {
    this.phase = "sending";
    this.dueAt = NEVER;
  }

  /** Bytes were written, or room was made: so many are not taken yet. */
  write(now: number, unsentBytes: number): void {
    if (this.phase === "reading") return;
    if (unsentBytes !== this.unsentBytes) {
      this.unsentBytes = unsentBytes;
      this.stallDueAt = now + this.timeouts.sendMs;
    }
    this.lookedAt = now;
    this.answerIfSent(now);
  }

  /** All that is to be sent was written. */
  handAll(now: number, unsentBytes: number): void {
    this.isAllHanded = true;
    this.write(now, unsentBytes);
  }

  /** The head is there. `isTunnel`: what is sent goes on to be watched. */
  begin(isTunnel: boolean): void {
    this.isBegun = true;
    if (isTunnel) {
      this.phase = "sending";
    } else {
      this.phase = "reading";
      this.unsentBytes = 0;
    }
    this.dueAt = NEVER;
  }

  /** Somebody waits for a piece of the body. */
  await(now: number): void {
    this.dueAt = now + this.timeouts.bodyMs;
  }

  /** Nobody waits any more. */
  got(): void {
    this.dueAt = NEVER;
  }

  /** The error of what is overdue; undefined while nothing is. `name`: the peer, for the message. */
  overdue(now: number, unsentBytes: number, name: string): TimeoutError | undefined {
    this.write(now, unsentBytes);
    const { connectMs, sendMs, responseMs, bodyMs, totalMs } = this.timeouts;
    if (this.unsentBytes > 0 && now >= this.stallDueAt) {
      const waiting = `took none of the ${this.unsentBytes} bytes that wait to be sent`;
      return timeout("UWSGI_SEND_TIMEOUT", `${name} ${waiting} for ${sendMs} ms`);
    }
    if (now < this.dueAt) {
      if (now < this.totalDueAt) return undefined;
      return timeout("UWSGI_TOTAL_TIMEOUT", `${name}: request and response took more than ${totalMs} ms in total`);
    }
    if (this.phase === "connecting") {
      return timeout("UWSGI_CONNECT_TIMEOUT", `cannot connect to ${name} within ${connectMs} ms`);
    }
    if (this.phase === "answering") {
      return timeout(
        "UWSGI_RESPONSE_TIMEOUT",
        `${name}: the head of the response did not come within ${responseMs} ms behind the last byte of the request`,
      );
    }
    return timeout("UWSGI_RESPONSE_BODY_TIMEOUT", `${name}: nothing of the response body came for ${bodyMs} ms`);
  }

  private answerIfSent(now: number): void {
    if (!this.isAllHanded || this.isBegun || this.unsentBytes > 0 || this.phase !== "sending") return;
    this.phase = "answering";
    this.dueAt = now + this.timeouts.responseMs;
  }
}

function timeout(code: TimeoutError["code"], message: string): TimeoutError {
  return new TimeoutError(message, { code });
}
