/** A fetch handler, `(request) => Response`, -> a `Handler`. */
import { contractError } from "../../errors.ts";
import type { Environ } from "../../environ/index.ts";
import type { Handler } from "../../handler/index.ts";

/** What an application gets as second argument. */
export interface FetchEnv {
  readonly environ: Environ;
}

/** What an application gets as third argument, as the platforms that know fetch handlers call it. */
export interface FetchContext {
  waitUntil(work: PromiseLike<unknown>): void;
  passThroughOnException(): void;
}

export type FetchFunction = (
  request: Request,
  env: FetchEnv,
  context: FetchContext,
) => Response | PromiseLike<Response>;

/** A function, or what a module exports as default: an object with `fetch`. */
export type FetchApplication = FetchFunction | { readonly fetch: FetchFunction };

/** Makes a handler of a fetch application. */
export function fetchHandler(application: FetchApplication): Handler {
  throw contractError(`not there yet: ${typeof application}`);
}
