/** That nobody is there any more to take an answer: why, and a signal for whoever works on one. */
import type { UwsgiError } from "../errors.ts";

export class Absence {
  /** Undefined while the peer is there. */
  reason: UwsgiError | undefined;
  private controller: AbortController | undefined;

  /** Fires with the reason. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.reason !== undefined) this.controller.abort(this.reason);
    }
    return this.controller.signal;
  }

  /** The first reason stays. */
  note(reason: UwsgiError): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.controller?.abort(reason);
  }
}
