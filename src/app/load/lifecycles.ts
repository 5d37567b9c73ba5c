/** Hooks from several places as one lifecycle. */
import type { Lifecycle } from "../../handler/index.ts";

/**
 * `inner` lives within `outer`: what `outer` starts is there when `inner` starts, and stops when `inner` has stopped.
 * A hook that neither has is not there.
 */
export function nest(outer: Lifecycle, inner: Lifecycle): Lifecycle {
  return {
    ...both("start", outer, inner),
    ...both("ready", outer, inner),
    ...both("drain", inner, outer),
    ...both("stop", inner, outer),
  };
}

function both(name: keyof Lifecycle, first: Lifecycle, second: Lifecycle): Lifecycle {
  if (first[name] === undefined && second[name] === undefined) return {};
  return {
    [name]: async (addresses: readonly string[]) => {
      try {
        await first[name]?.(addresses);
      } finally {
        // A start that has failed starts nothing more; an end goes on to its end.
        if (name === "drain" || name === "stop") await second[name]?.(addresses);
      }
      if (name === "start" || name === "ready") await second[name]?.(addresses);
    },
  };
}
