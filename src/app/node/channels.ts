/**
 * What `node:http` tells on `node:diagnostics_channel` of each request, for the agents that trace applications. Only
 * for applications that are servers: agents take hold of the server that they are told of.
 */
import { channel } from "node:diagnostics_channel";
import type { RequestParts, ResponseParts } from "./internals.ts";
import type { FrontSocket } from "./socket.ts";

const started = channel("http.server.request.start");
const finished = channel("http.server.response.finish");

/** Before the listeners of `request`. */
export function tellStart(socket: FrontSocket, request: RequestParts, response: ResponseParts): void {
  if (started.hasSubscribers) started.publish({ request, response, socket, server: socket.server });
}

/** Before the listeners of `finish`. */
export function tellFinish(socket: FrontSocket, request: RequestParts, response: ResponseParts): void {
  const { server } = socket;
  if (server !== undefined && finished.hasSubscribers) finished.publish({ request, response, socket, server });
}
