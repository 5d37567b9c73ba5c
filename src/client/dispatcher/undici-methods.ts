/** What undici adds to its dispatchers (`request`, `stream`...), for those who have it installed. */
import { createRequire } from "node:module";
import { errorCode, UwsgiError } from "../../errors.ts";

/** Methods of undici's Dispatcher that need no more of it than `dispatch`. */
export type UndiciMethod = "request" | "stream" | "pipeline" | "connect" | "upgrade";

type Methods = Readonly<Record<UndiciMethod, (this: unknown, ...args: readonly unknown[]) => unknown>>;

const require = createRequire(import.meta.url);

/** One of them. Throws a UwsgiError (`UWSGI_PACKAGE_MISSING`) without undici. */
export function undiciMethod(name: UndiciMethod): Methods[UndiciMethod] {
  return loadMethods(name)[name];
}

function loadMethods(name: UndiciMethod): Methods {
  try {
    // Not by import(): `pipeline` answers at once.
    return (require("undici") as { readonly Dispatcher: { readonly prototype: Methods } }).Dispatcher.prototype;
  } catch (error) {
    if (errorCode(error) !== "MODULE_NOT_FOUND" || !String(error).includes("'undici'")) throw error;
    throw new UwsgiError(
      `dispatcher.${name}() needs the package undici, which is not installed: npm install undici (fetch does without)`,
      { code: "UWSGI_PACKAGE_MISSING", cause: error },
    );
  }
}
