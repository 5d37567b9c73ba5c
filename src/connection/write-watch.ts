/** While something waits to be taken by the peer: whether it takes any, and who waits for room. */
import { Room } from "./room.ts";

/** Times are readings of the sweeper's clock. */
export class WriteWatch {
  private dueAt: number;
  /** At the last look. */
  private unsentBytes = 0;
  private room: Room | undefined;

  constructor(dueAt: number) {
    this.dueAt = dueAt;
  }

  /** Settles by `end` or `fail`. */
  get ended(): Promise<void> {
    this.room ??= new Room();
    return this.room.promise;
  }

  /** True while somebody waits. */
  get isAwaited(): boolean {
    return this.room !== undefined;
  }

  /** A look: true when nothing of `unsentBytes` was taken for `timeoutMs`. */
  isDue(now: number, unsentBytes: number, timeoutMs: number): boolean {
    if (unsentBytes !== this.unsentBytes) {
      this.unsentBytes = unsentBytes;
      this.dueAt = now + timeoutMs;
    }
    return now >= this.dueAt;
  }

  end(): void {
    this.room?.resolve();
  }

  fail(error: Error): void {
    this.room?.reject(error);
  }
}
