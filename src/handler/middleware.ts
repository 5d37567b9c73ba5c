/** What stands between a server and an application, written once for all interfaces. */
import type { Handler } from "./handler.ts";

/**
 * Takes what answers, and gives what answers in its place. It is called once for each application that it is put
 * around, not for each request.
 *
 * Who answers in the place of the application sends a response; who passes the request on may leave what it has found in
 * the environ (see `Shared`), and change, or replace, the response. A body that is not sent has to be closed
 * (`discard`). Behind an upgrade (`AppRequest.isUpgraded`) the response is not looked at: it is passed on as it is.
 */
export interface Middleware {
  (next: Handler): Handler;
  /** How it is called where layers are told apart. Default: the name of the function. */
  readonly title?: string;
  /**
   * Put around each layer below this one in the same list, the application among them: for whoever measures. `title`:
   * the layer's; of the application "application".
   */
  readonly watch?: (layer: Handler, title: string) => Handler;
}

/** A middleware with its title. */
export function titled(title: string, middleware: (next: Handler) => Handler): Middleware {
  return Object.assign(middleware, { title });
}
