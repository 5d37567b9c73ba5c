/** A Node handler, `(req, res)` or an `http.Server`, -> a `DirectHandler`. */
import { IncomingMessage, type Server, ServerResponse } from "node:http";
import { contractError } from "../../errors.ts";
import { type AppRequest, type DirectAnswer, type DirectHandler, isPromiseLike } from "../../handler/index.ts";
import { tellStart } from "./channels.ts";
import { newRequest, type RequestClass } from "./request.ts";
import { newResponse, type ResponseClass } from "./response.ts";
import { FrontSocket } from "./socket.ts";
import { emitUpgrade, isUpgrade } from "./upgrade.ts";

/** A request listener of `node:http`. */
export type NodeFunction = (req: IncomingMessage, res: ServerResponse) => unknown;

/**
 * A request listener, or a server that has some: its events `request` and `upgrade` are emitted. It need not listen.
 */
export type NodeApplication = NodeFunction | Server;

/**
 * Makes a handler of a Node application. Throws an AppError (`UWSGI_APP_CONTRACT`) for what is none.
 *
 * A listener that throws or rejects is a failure of its answer (500), not of the process. A server gets what it would
 * get from its own connections, but for `connection`, `clientError`, `checkContinue` (the front end has answered
 * `Expect` already) and `dropRequest`; each request is a connection of its own. What is special about `req` is said
 * at `newRequest` (its version) and in `identity.ts` (who the client is).
 */
export function nodeHandler(application: NodeApplication): DirectHandler {
  if (typeof application === "function") {
    return new NodeHandler(application, undefined, IncomingMessage, ServerResponse);
  }
  if (!isServer(application)) throw contractError("the application is neither a function nor an http.Server");
  return new NodeHandler(
    (req, res) => {
      if (application.emit("request", req, res)) return;
      throw contractError("the server has no listener for its event request");
    },
    application,
    (classOf(application, "IncomingMessage") as RequestClass | undefined) ?? IncomingMessage,
    (classOf(application, "ServerResponse") as ResponseClass | undefined) ?? ServerResponse,
  );
}

class NodeHandler implements DirectHandler {
  private readonly call: NodeFunction;
  private readonly server: Server | undefined;
  private readonly Request: RequestClass;
  private readonly Response: ResponseClass;

  constructor(call: NodeFunction, server: Server | undefined, Request: RequestClass, Response: ResponseClass) {
    this.call = call;
    this.server = server;
    this.Request = Request;
    this.Response = Response;
  }

  answer(request: AppRequest, answer: DirectAnswer): void {
    const { call, server } = this;
    if (server !== undefined && isUpgrade(request.environ) && server.listenerCount("upgrade") > 0) {
      emitUpgrade(server, this.Request, request);
      return;
    }
    const socket = new FrontSocket(request, answer, server);
    const req = newRequest(this.Request, request, socket);
    const res = newResponse(this.Response, req, socket);
    socket.attach(req, res);
    if (server !== undefined) {
      if (server.timeout > 0) socket.setTimeout(server.timeout);
      tellStart(socket, req, res);
    }
    try {
      const returned = call(req, res as unknown as ServerResponse);
      if (isPromiseLike(returned)) returned.then(undefined, (error: unknown) => fail(socket, answer, error));
    } catch (error) {
      fail(socket, answer, error);
    }
    if (socket.isOpen) watchSoon(socket);
  }
}

/** The answer fails; behind its end what happened is only logged. */
function fail(socket: FrontSocket, answer: DirectAnswer, error: unknown): void {
  if (socket.isOpen) {
    socket.fail(error);
    return;
  }
  // The answer is whole, and stays so.
  socket.endDelayed();
  answer.fail(error);
}

/** Answers that may take longer. Most have ended when the loop has gone round once. */
let waiting: FrontSocket[] = [];

function watchSoon(socket: FrontSocket): void {
  if (waiting.length === 0) setImmediate(watchAll);
  waiting.push(socket);
}

function watchAll(): void {
  const sockets = waiting;
  waiting = [];
  for (const socket of sockets) socket.watch();
}

function isServer(application: unknown): application is Server {
  if (typeof application !== "object" || application === null) return false;
  const { emit, listenerCount } = application as Partial<Server>;
  return typeof emit === "function" && typeof listenerCount === "function";
}

/** The class that a server was created with (`createServer({ ServerResponse })`), which it keeps under a symbol. */
function classOf(server: Server, name: string): unknown {
  const symbol = Object.getOwnPropertySymbols(server).find(({ description }) => description === name);
  const found: unknown = symbol === undefined ? undefined : (server as unknown as Record<symbol, unknown>)[symbol];
  return typeof found === "function" ? found : undefined;
}
