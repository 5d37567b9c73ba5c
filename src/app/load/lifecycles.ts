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

type Hook = (addresses: readonly string[]) => void | Promise<void>;

function both(name: keyof Lifecycle, first: Lifecycle, second: Lifecycle): Lifecycle {
  const one = [first, second].find((lifecycle) => lifecycle[name] !== undefined);
  if (one === undefined) return {};
  if (first[name] === undefined || second[name] === undefined) return { [name]: one[name]?.bind(one) };
  const call = async (lifecycle: Lifecycle, addresses: readonly string[]): Promise<void> => {
    await (lifecycle as { readonly [Name in keyof Lifecycle]: Hook })[name]?.(addresses);
  };
  const isEnd = name === "drain" || name === "stop";
  return {
    [name]: async (addresses: readonly string[]) => {
      try {
        await call(first, addresses);
      } finally {
        // An end goes on to its end; of a start that has failed nothing more is started.
        if (isEnd) await call(second, addresses);
      }
      if (!isEnd) await call(second, addresses);
    },
  };
}
