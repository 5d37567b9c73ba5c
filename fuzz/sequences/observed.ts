/** What a server reports, in the words of the rules. The one place that knows the shapes of diagnostics. */
import { connectionRefused, exchangeEnd, exchangeError } from "../../src/diagnostics.ts";

/** The end of one exchange. */
export interface ObservedEnd {
  readonly status: number;
  readonly bodyBytes: number;
  readonly isComplete: boolean;
}

export class Observed {
  readonly ends: ObservedEnd[] = [];
  readonly errors: unknown[] = [];
  /** Status of each refusal, 0 where nothing was answered. */
  readonly refusals: number[] = [];
}

const observers = new Map<object, Observed>();

exchangeEnd.subscribe(({ server, status, bodyBytes, ending }) => {
  observers.get(server)?.ends.push({ status, bodyBytes, isComplete: ending === "complete" });
});
exchangeError.subscribe(({ server, error }) => {
  observers.get(server)?.errors.push(error);
});
connectionRefused.subscribe(({ server, status }) => {
  observers.get(server)?.refusals.push(status);
});

/** Notes what is reported of a server until `stopObserving`. */
export function observe(server: object): Observed {
  const observed = new Observed();
  observers.set(server, observed);
  return observed;
}

export function stopObserving(server: object): void {
  observers.delete(server);
}
