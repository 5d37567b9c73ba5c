/** Interceptors around a dispatcher, whatever major of undici they are of. */
import { typeError } from "../../errors.ts";
import { bothFaces } from "./faces.ts";
import type { Dispatch, Interceptor } from "./handlers.ts";

/**
 * The last one is the outermost, as with undici. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what is no interceptor,
 * and for undici's cache inside of its redirect: that order switches off what the cache knows of redirects.
 */
export function composed(dispatch: Dispatch, interceptors: readonly (Interceptor | null | undefined)[]): Dispatch {
  const given = interceptors.filter((interceptor) => interceptor !== null && interceptor !== undefined);
  checkOrder(given);
  return given.reduce(around, dispatch);
}

function around(inner: Dispatch, interceptor: Interceptor): Dispatch {
  if (typeof interceptor !== "function") throw invalid(`an interceptor is ${typeof interceptor}, a function is needed`);
  const outer: unknown = interceptor(inner);
  if (typeof outer !== "function" || outer.length !== 2) {
    throw invalid("an interceptor must return a function of two arguments, options and handler");
  }
  const dispatch = outer as Dispatch;
  return (options, handler) => dispatch(options, bothFaces(handler));
}

/** undici 8 marks them by a symbol that is its own, and refuses this order in its own `compose`. */
function checkOrder(interceptors: readonly Interceptor[]): void {
  const kinds = interceptors.map((interceptor) => {
    const mark = Object.getOwnPropertySymbols(interceptor).find(
      ({ description }) => description === "interceptor kind",
    );
    return mark === undefined ? undefined : (interceptor as unknown as Record<symbol, unknown>)[mark];
  });
  const cache = kinds.indexOf("cache");
  if (cache >= 0 && kinds.indexOf("redirect") > cache) {
    throw invalid(
      "the cache interceptor must come after redirect: before it, redirects from one origin fill another's",
    );
  }
}

function invalid(message: string): TypeError {
  return typeError("UWSGI_INVALID_ARGUMENT", message);
}
