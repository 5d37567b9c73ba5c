/** Several middlewares as one. */
import { typeError } from "../errors.ts";
import { asHandler } from "./as-handler.ts";
import type { DirectHandler } from "./direct.ts";
import type { Handler } from "./handler.ts";
import type { Middleware } from "./middleware.ts";

/**
 * Puts one around the other, the first outermost: it sees the request first and the response last. Of none it makes
 * one that changes nothing. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what is no function.
 */
export function compose(list: readonly Middleware[]): Middleware {
  check(list);
  const layers = [...list];
  const composed = (application: Handler): Handler => {
    let handler = application;
    let title = "application";
    for (const [i, middleware] of [...layers.entries()].toReversed()) {
      for (const { watch } of layers.slice(0, i + 1)) if (watch !== undefined) handler = watch(handler, title);
      handler = middleware(handler);
      if (typeof handler !== "function") {
        throw typeError(
          "UWSGI_INVALID_ARGUMENT",
          `middleware ${titleOf(middleware, i)} gave ${typeof handler}, no handler`,
        );
      }
      title = titleOf(middleware, i);
    }
    return handler;
  };
  return Object.assign(composed, { title: layers.map(titleOf).join(", ") });
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
  if (list.length === 0) return application;
  return middleware(typeof application === "function" ? application : asHandler(application));
}

function titleOf({ title, name }: Middleware, i: number): string {
  return title ?? (name === "" ? `middleware ${i + 1}` : name);
}

function check(list: unknown): void {
  if (!Array.isArray(list)) throw typeError("UWSGI_INVALID_ARGUMENT", `middleware is ${typeof list}, a list is needed`);
  for (const [i, one] of (list as readonly unknown[]).entries()) {
    if (typeof one === "function") continue;
    throw typeError(
      "UWSGI_INVALID_ARGUMENT",
      `middleware ${i + 1} is ${one === null ? "null" : typeof one}, a function is needed`,
    );
  }
}
