/** The forms that an application may have: a function, a class, an object with a method `application`. */
import { contractError } from "../../errors.ts";
import type { WsgiApplication, WsgiClass, WsgiFunction, WsgiObject } from "./types.ts";

/**
 * An application of any form as a function, which middleware can call. Throws an AppError (`UWSGI_APP_CONTRACT`) for
 * what is none.
 */
export function wsgiFunction(application: WsgiApplication): WsgiFunction {
  if (typeof application === "function") return isClass(application) ? fromClass(application) : application;
  if (isObject(application)) return (environ, startResponse) => application.application(environ, startResponse);
  throw contractError(
    `the application is ${application === null ? "null" : typeof application}, needed is a function, a class, or an ` +
      "object with a method application",
  );
}

/** A class cannot be called, and nothing but its text tells it from a function. */
function isClass(application: WsgiFunction | WsgiClass): application is WsgiClass {
  return /^class\b/.test(Function.prototype.toString.call(application));
}

function fromClass(Application: WsgiClass): WsgiFunction {
  return (environ, startResponse) => new Application(environ, startResponse);
}

function isObject(application: unknown): application is WsgiObject {
  if (typeof application !== "object" || application === null) return false;
  return typeof (application as Partial<WsgiObject>).application === "function";
}
