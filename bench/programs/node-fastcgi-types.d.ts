/** The part of node-fastcgi that is used here; the package brings no types. */
declare module "node-fastcgi" {
  import type { IncomingMessage, ServerResponse } from "node:http";
  import type { Server } from "node:net";

  export function createServer(responder: (request: IncomingMessage, response: ServerResponse) => void): Server;
}
