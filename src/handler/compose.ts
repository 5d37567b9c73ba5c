/** Several middlewares as one. */
import { typeError } from "../errors.ts";
import { asHandler } from "./as-handler.ts";
import type { DirectHandler } from "./direct.ts";
import type { Handler } from "./handler.ts";
import { type Middleware, titled } from "./middleware.ts";

/**
 * Puts one around the other, the first outermost: it sees the request first and the response last. Of none it makes
 * one that changes nothing, and of one that was composed itself its layers are taken. Throws a TypeError
 * (`UWSGI_INVALID_ARGUMENT`) for what is no function, and what comes of it for a middleware that gives no handler.
 */
export function compose(list: readonly Middleware[]): Middleware {
  const layers = layersOf(list);
  const title = layers.length === 0 ? "nothing" : layers.map(titleOf).join(", ");
  const composed = titled(title, (application) => stack(layers, watched(layers, application, "application")));
  lists.set(composed, layers);
  return composed;
}

/** Layers of what has been composed: watchers see each of them, however lists are nested. */
const lists = new WeakMap<Middleware, readonly Middleware[]>();

/** @internal The layers of a list, those of lists in it among them. Throws as `compose`. */
export function layersOf(list: readonly Middleware[]): readonly Middleware[] {
  check(list);
  return list.flatMap((middleware) => lists.get(middleware) ?? [middleware]);
}

/** @internal Puts layers around what their watchers see already. Throws as what `compose` makes. */
export function stack(layers: readonly Middleware[], innermost: Handler): Handler {
  let handler = innermost;
  for (const [i, middleware] of [...layers.entries()].toReversed()) {
    handler = middleware(handler);
    const title = titleOf(middleware, i);
    if (typeof handler !== "function") {
      throw typeError(
        "UWSGI_INVALID_ARGUMENT",
        `middleware ${i + 1} (${title}) gave ${kindOf(handler)}, a handler is needed`,
      );
    }
    handler = watched(layers.slice(0, i), handler, title);
  }
  return handler;
}

/** @internal A layer, seen by those above it that watch. */
export function watched(above: readonly Middleware[], layer: Handler, title: string): Handler {
  let handler = layer;
  for (const { watch } of above) if (watch !== undefined) handler = watch(handler, title);
  return handler;
}

/**
 * An application with middleware around it. One that writes its answers itself goes on doing so where there is none.
 * Throws as `compose`.
 */
export function surround(
  application: Handler | DirectHandler,
  list: readonly Middleware[] = [],
): Handler | DirectHandler {
  const middleware = compose(list);
  if (lists.get(middleware)?.length === 0) return application;
  return middleware(typeof application === "function" ? application : asHandler(application));
}

function titleOf({ title, name }: Middleware, i: number): string {
  return title ?? (name === "" ? `middleware ${i + 1}` : name);
}

function check(list: unknown): void {
  if (!Array.isArray(list))
    throw typeError("UWSGI_INVALID_ARGUMENT", `middleware is ${kindOf(list)}, a list is needed`);
  for (const [i, one] of (list as readonly unknown[]).entries()) {
    if (typeof one === "function") continue;
    throw typeError("UWSGI_INVALID_ARGUMENT", `middleware ${i + 1} is ${kindOf(one)}, a function is needed`);
  }
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return value === null ? "null" : typeof value;
}
