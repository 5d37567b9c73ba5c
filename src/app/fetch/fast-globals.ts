/** `Request`, `Response` and `fetch` of the global object, replaced by such as cost less. */
import { linkHeaders } from "./lazy-headers.ts";
import { FastRequest, linkRequest } from "./fast-request.ts";
import { FastResponse, linkResponse } from "./fast-response.ts";
import { noteDecoded } from "./decoded-bodies.ts";
import { type Platform, platform } from "./platform.ts";

type Globals = Pick<Platform, "Request" | "Response" | "fetch">;

let fast: Globals | undefined;
let isInstalled = false;

/**
 * Replaces the globals `Request`, `Response` and `fetch`, so that an unchanged fetch application pays for no more of them than it
 * touches: a `Response` of the platform costs more than all else that a small request takes. Call it before the application is loaded: what
 * has taken hold of the old ones before keeps them, which is no harm but for its cost, unless it gives a request of ours to them.
 *
 * The new ones do all that the old do, `instanceof` and `extends` included, for objects of either kind. Answers a function
 * that puts the old ones back; called again, it does nothing.
 */
export function installFastGlobals(): () => void {
  if (isInstalled) return restore;
  const { Request, Response, fetch } = (fast ??= makeGlobals());
  isInstalled = true;
  put({ Request, Response, fetch });
  return restore;
}

/** True where requests of ours can be given to an application: `new Request(request)` and `fetch(request)` know them. */
export function areGlobalsFast(): boolean {
  return isInstalled && globalThis.Request === fast?.Request;
}

function restore(): void {
  if (!isInstalled) return;
  isInstalled = false;
  put(platform());
}

function put({ Request, Response, fetch }: Globals): void {
  for (const [name, value] of Object.entries({ Request, Response, fetch })) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  }
}

function makeGlobals(): Globals {
  const real = platform();
  const Request = new Proxy(real.Request, {
    construct: (target, [input, ...rest]: [input: unknown, ...unknown[]], newTarget) =>
      Reflect.construct(target, [FastRequest.unwrap(input), ...rest], newTarget) as Request,
  });
  linkHeaders();
  linkRequest(Request);
  linkResponse();
  return {
    Request,
    Response: FastResponse as unknown as typeof Response,
    fetch: (input, init) => real.fetch(FastRequest.unwrap(input), init).then(noteDecoded),
  };
}
