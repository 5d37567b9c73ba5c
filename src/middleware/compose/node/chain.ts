/** Connect middleware, one after the other. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { isPromiseLike } from "../../../handler/index.ts";

/** Tells that somebody else is to answer: the next, or, with an error, the next that takes errors. */
export type Next = (error?: unknown) => void;

/** Middleware as Connect and Express have it; async, too. */
export type ConnectFunction = (req: never, res: never, next: Next) => unknown;

/** The same for errors: told by its four parameters. */
export type ConnectErrorFunction = (error: never, req: never, res: never, next: Next) => unknown;

/** Where a chain leads. */
export interface ChainEnd {
  /** All have passed it on; with what has failed, where something has. */
  onEnd(error: unknown): void;
  /** One has failed behind its `next`. */
  onLate(error: unknown): void;
}

/** Calls one after the other, from `error` on those that take errors. `undefined`: there is none. */
export function runChain(
  chain: readonly (ConnectFunction | ConnectErrorFunction)[],
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  end: ChainEnd,
): void {
  const walk = (from: number, given: unknown): void => {
    for (let i = from; i < chain.length; i++) {
      const one = chain[i] as (...args: unknown[]) => unknown;
      if ((one.length === 4) !== (given !== undefined)) continue;
      callOne(one, given === undefined ? [req, res] : [given, req, res], end, (next) => {
        // Words of Express: both leave only what is of one route.
        if (next === "router") end.onEnd(undefined);
        else walk(i + 1, next === "route" ? undefined : next);
      });
      return;
    }
    end.onEnd(given);
  };
  walk(0, error);
}

function callOne(
  one: (...args: unknown[]) => unknown,
  args: readonly unknown[],
  { onLate }: ChainEnd,
  goOn: (error: unknown) => void,
): void {
  let isPassed = false;
  const pass = (error: unknown): void => {
    if (isPassed) return;
    isPassed = true;
    goOn(error);
  };
  const fail = (error: unknown): void => {
    const failure = error ?? new Error("middleware has thrown nothing");
    if (isPassed) onLate(failure);
    else pass(failure);
  };
  try {
    // As in Express: what is false in any way is no error.
    const returned = one(...args, (error?: unknown) => pass(error ? error : undefined));
    if (isPromiseLike(returned)) returned.then(undefined, fail);
  } catch (error) {
    fail(error);
  }
}
