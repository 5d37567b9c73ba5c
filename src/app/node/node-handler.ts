/** A Node handler, `(req, res)` or an `http.Server`, -> a `DirectHandler`. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { contractError } from "../../errors.ts";
import type { AppRequest, DirectAnswer, DirectHandler } from "../../handler/index.ts";
import { newRequest, newResponse } from "./messages.ts";
import { FrontSocket } from "./socket.ts";
import { emitUpgrade, isUpgrade } from "./upgrade.ts";

/** A request listener of `node:http`. */
export type NodeFunction = (req: IncomingMessage, res: ServerResponse) => unknown;

/** A request listener, or a server that has some: its events `request` and `upgrade` are emitted. It need not listen. */
export type NodeApplication = NodeFunction | Server;

/** Makes a handler of a Node application. Throws an AppError (`UWSGI_APP_CONTRACT`) for what is none. */
export function nodeHandler(application: NodeApplication): DirectHandler {
  if (typeof application === "function")
    return { answer: (request, answer) => answerWith(application, request, answer) };
  if (typeof application !== "object" || application === null || typeof application.listenerCount !== "function") {
    throw contractError("the application is no function and no http.Server");
  }
  const emit: NodeFunction = (req, res) => {
    if (!application.emit("request", req, res)) throw contractError("the server has no listener for its event request");
  };
  return {
    answer: (request, answer) => {
      if (isUpgrade(request.environ) && application.listenerCount("upgrade") > 0) {
        emitUpgrade(application, request);
        return undefined;
      }
      return answerWith(emit, request, answer);
    },
  };
}

function answerWith(call: NodeFunction, request: AppRequest, answer: DirectAnswer): void | PromiseLike<void> {
  const socket = new FrontSocket(request, answer);
  const req = newRequest(request, socket);
  const res = newResponse(req);
  socket.attach(req, res);
  const returned = call(req, res as unknown as ServerResponse);
  setImmediate(() => socket.watch());
  return returned as void | PromiseLike<void>;
}
