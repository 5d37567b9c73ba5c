/** The hooks that a module exports beside its application. */
import { AppError } from "../../errors.ts";
import type { Lifecycle } from "../../handler/index.ts";
import type { Detection, Exports } from "./detect.ts";
import { recognise } from "./recognise.ts";

/**
 * What is called `start`, `ready`, `drain` and `stop` among the exports, or in the object that is the default export,
 * bound to what has it. The application itself is not looked at: its methods are its own, and so are those of a
 * framework's. Throws an AppError (`UWSGI_APP_CONTRACT`) for a hook of a WSGI application that is no function; beside
 * the others, which are not written for us, such a name means something else.
 */
export function hooksOf(exports: Exports, path: string, detection: Detection): Lifecycle {
  const { exportName } = detection;
  const inner = exportName === "default" ? undefined : objectOf(exports["default"]);
  const hooks: Record<string, unknown> & Lifecycle = {};
  for (const name of ["start", "ready", "drain", "stop"]) {
    if (name === exportName) continue;
    const holder = [exports, inner].find((names) => names?.[name] !== undefined);
    const found = holder?.[name];
    if (found === undefined) continue;
    if (typeof found === "function") hooks[name] = found.bind(holder);
    else if (detection.interface === "wsgi") {
      throw new AppError(
        `export ${name} of ${path} is ${found === null ? "null" : typeof found}: a hook of that name is called when ` +
          "the server starts or stops, a function is needed; give it another name if it is none",
        { code: "UWSGI_APP_CONTRACT" },
      );
    }
  }
  return hooks;
}

function objectOf(value: unknown): Exports | undefined {
  const isHolder = typeof value === "object" && value !== null && recognise(value) === undefined;
  return isHolder ? (value as Exports) : undefined;
}
