/** A Node handler, `(req, res)` or an `http.Server`, -> a `DirectHandler`. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { contractError } from "../../errors.ts";
import type { DirectHandler } from "../../handler/index.ts";

/** A request listener of `node:http`. */
export type NodeFunction = (req: IncomingMessage, res: ServerResponse) => unknown;

/** A request listener, or a server that has some: its events `request` and `upgrade` are emitted. It need not listen. */
export type NodeApplication = NodeFunction | Server;

/** Makes a handler of a Node application. */
export function nodeHandler(application: NodeApplication): DirectHandler {
  throw contractError(`not there yet: ${typeof application}`);
}
