/** That nobody is there any more to take an answer: why, and a signal for whoever works on one. */
import { ConnectionError, type UwsgiError } from "../errors.ts";

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

export function gone(message: string, cause?: unknown): ConnectionError {
  return new ConnectionError(message, { code: "UWSGI_PEER_GONE", cause });
}

/** A promise for who wrote in vain. Who writes several times waits for the last only: the others must not end the process. */
export function rejected(reason: Error): Promise<never> {
  const promise = Promise.reject(reason);
  promise.catch(() => {});
  return promise;
}
