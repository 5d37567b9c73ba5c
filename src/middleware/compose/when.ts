/** Middleware for some requests only. */
import { compose, type Handler, layersOf, type Middleware, stack, titled, watched } from "../../handler/index.ts";
import { type Condition, readCondition } from "./condition.ts";

/**
 * Puts middleware, or a list of it, around the application for the requests that are meant; all others reach it as if
 * it were not there. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what is no condition, and as `compose`.
 *
 *     when({ path: "/admin" }, [session(options), auth(options)])
 */
export function when(condition: Condition, middleware: Middleware | readonly Middleware[]): Middleware {
  const holds = readCondition(condition);
  const layers = layersOf(typeof middleware === "function" ? [middleware] : middleware);
  const chosen = titled(`when(${compose(layers).title})`, (next) => {
    // Once for each application, as without a condition. Who is above sees that already, and so do those of `watch`.
    const inside = stack(layers, next);
    return (request) => (holds(request.environ) ? inside(request) : next(request));
  });
  if (layers.every(({ watch }) => watch === undefined)) return chosen;
  // Who watches has to know by itself which requests it has seen: the environ may be another further down.
  return Object.assign(chosen, { watch: (layer: Handler, title: string) => watched(layers, layer, title) });
}
