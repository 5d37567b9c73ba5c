/** `Request`, `Response` and `fetch` of the global object, replaced by such as cost less. */
import { linkHeaders } from "./lazy-headers.ts";
import { FastRequest, linkRequest } from "./fast-request.ts";
import { FastResponse, linkResponse } from "./fast-response.ts";
import { noteDecoded } from "./decoded-bodies.ts";
import { type Platform, platform } from "./platform.ts";

type Globals = Pick<Platform, "Request" | "Response"> & { readonly fetch: typeof fetch };

/** What was put in place, and what stood there. */
interface Installed {
  readonly put: Globals;
  readonly before: Globals;
}

let classes: Pick<Globals, "Request" | "Response"> | undefined;
let installed: Installed | undefined;

/**
 * Replaces the globals `Request`, `Response` and `fetch`, so that an unchanged fetch application pays for no more of
 * them than it touches: a `Response` of the platform costs more than all else that a small request takes. Call it
 * before the application is loaded: what has taken hold of the platform's classes before cannot make a `Request` of
 * ours.
 *
 * The new ones do all that the old do, `instanceof` and `extends` included, for objects of either kind. One thing is
 * different: bytes that are given to a `Response` are not copied, and must not be changed before they are sent.
 *
 * Answers a function that puts back what stood there before; called again, it does nothing.
 */
export function installFastGlobals(): () => void {
  if (installed !== undefined) return restore;
  const { Request, Response, fetch } = globalThis;
  // Who has replaced `fetch`, to trace or to test, is still asked.
  const noting: typeof fetch = (input, init) => fetch(FastRequest.unwrap(input), init).then(noteDecoded);
  installed = { before: { Request, Response, fetch }, put: { ...(classes ??= makeClasses()), fetch: noting } };
  for (const name of names) put(name, installed.put[name]);
  return restore;
}

/**
 * True where requests of ours can be given to an application: `new Request(request)` and `fetch(request)` know them.
 */
export function areGlobalsFast(): boolean {
  return installed !== undefined && globalThis.Request === installed.put.Request;
}

const names = ["Request", "Response", "fetch"] as const;

/** What somebody else has put in the place of ours is left there. */
function restore(): void {
  if (installed === undefined) return;
  const { before, put: ours } = installed;
  installed = undefined;
  for (const name of names) if (globalThis[name] === ours[name]) put(name, before[name]);
}

function put(name: keyof Globals, value: unknown): void {
  const { enumerable = false } = Object.getOwnPropertyDescriptor(globalThis, name) ?? {};
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable });
}

function makeClasses(): Pick<Globals, "Request" | "Response"> {
  const real = platform();
  const Request = new Proxy(real.Request, {
    construct: (target, [input, ...rest]: [input: unknown, ...unknown[]], newTarget) =>
      Reflect.construct(target, [FastRequest.unwrap(input), ...rest], newTarget) as Request,
  });
  linkHeaders();
  linkRequest(Request);
  linkResponse();
  return { Request, Response: FastResponse as unknown as typeof Response };
}
