/** One response in the hands of its handler: going, paused or aborted. */
import type { DispatchController, RawHeaders } from "./handlers.ts";

export class Controller implements DispatchController {
  rawHeaders: unknown = null;
  rawTrailers: unknown = null;
  aborted = false;
  paused = false;
  reason: unknown = null;
  private readonly onAbort: (reason: unknown) => void;
  private wake: (() => void) | undefined;
  private isReleased = false;

  /** `onAbort`: called once, at the first abort. */
  constructor(onAbort: (reason: unknown) => void) {
    this.onAbort = onAbort;
  }

  /** Nothing behind the end: undici 6 aborts and says then, by a `false`, that it wants no more. */
  pause(): void {
    if (!this.isReleased) this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.wake?.();
    this.wake = undefined;
  }

  abort(reason?: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason ?? null;
    this.onAbort(reason);
  }

  /** It is over: ends a pause, for nobody waits for what does not come. */
  release(): void {
    this.isReleased = true;
    this.paused = false;
    this.wake?.();
  }

  /** Settles when it is not paused. */
  async going(): Promise<void> {
    while (this.paused) {
      // oxlint-disable-next-line no-await-in-loop -- it may be paused again before this is seen
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}

/** A controller for a handler of the newer interface that is called by the older: `resume` and pauses go through. */
export class RelayedController extends Controller {
  private resumeBelow: (() => void) | undefined;

  override resume(): void {
    const wasPaused = this.paused;
    super.resume();
    if (wasPaused) this.resumeBelow?.();
  }

  /** Of one response: its headers, and what makes it go on. */
  begin(headers: RawHeaders, resume: () => void): void {
    this.rawHeaders = headers;
    this.resumeBelow = resume;
  }
}
