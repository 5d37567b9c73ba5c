/** An application that has become a `Handler` already: with middleware around it, or written as one. */
import { contractError } from "../errors.ts";
import type { DirectHandler, Handler, Lifecycle } from "../handler/index.ts";
import type { InterfaceName } from "./interface-name.ts";

/** What is known by this in whichever copy of the package it was made. */
const brand: unique symbol = Symbol.for("uisge.wrapped") as never;

/** An application of any interface with middleware around it, and what it wants done before and at the end. */
export interface WrappedApplication {
  readonly handler: Handler | DirectHandler;
  readonly lifecycle: Lifecycle;
  /** What the applications inside are: one, or what is mounted. */
  readonly interfaces: readonly InterfaceName[];
}

/** The contract below all interfaces, or an application that has been wrapped. */
export type HandlerApplication = Handler | DirectHandler | WrappedApplication;

/** Makes an application that is recognised as one. */
export function wrapped(
  handler: Handler | DirectHandler,
  lifecycle: Lifecycle,
  interfaces: readonly InterfaceName[],
): WrappedApplication {
  return Object.freeze({ handler, lifecycle, interfaces, [brand]: true });
}

export function isWrapped(value: unknown): value is WrappedApplication {
  return typeof value === "object" && value !== null && brand in value;
}

/** What an application is of that interface, and what is inside of it. */
export function interfacesOf(application: unknown, name: InterfaceName): readonly InterfaceName[] {
  return isWrapped(application) ? application.interfaces : [name];
}

/** The handler of it. Throws an AppError (`UWSGI_APP_CONTRACT`) for what is none. */
export function readHandler(application: HandlerApplication): Handler | DirectHandler {
  if (isWrapped(application)) return application.handler;
  if (typeof application === "function") return application;
  if (typeof (application as Partial<DirectHandler> | null)?.answer === "function") return application;
  throw contractError(
    "the application is no handler: a function, an object with a method answer, or what wrap gives is needed",
  );
}
