/** The event `upgrade` of a server: a connection that goes on as raw bytes (WebSocket). */
import type { Server } from "node:http";
import type { Duplex } from "node:stream";
import type { Environ } from "../../environ/index.ts";
import type { AppRequest, ByteStream } from "../../handler/index.ts";
import { Identity } from "./identity.ts";
import { IdleTimer } from "./idle-timer.ts";
import { newRequest, type RequestClass } from "./request.ts";

/** True when the client asks for another protocol, as Node sees it: by both headers. */
export function isUpgrade({ HTTP_UPGRADE: to, HTTP_CONNECTION: connection }: Environ): boolean {
  if (typeof to !== "string" || to === "" || typeof connection !== "string") return false;
  return /(?:^|,)[ \t]*upgrade[ \t]*(?:,|$)/i.test(connection);
}

/**
 * Takes the connection over and gives it to the listeners of `upgrade`, as a stream with the members of a net.Socket.
 * What has come behind the request comes from the stream, so the head is empty.
 */
export function emitUpgrade(server: Server, Class: RequestClass, request: AppRequest): void {
  const stream = request.upgrade();
  // A reset is no failure of the process: who cares for it listens as well.
  stream.on("error", () => {});
  dress(stream, server, request.environ);
  const req = newRequest(Class, request, stream);
  req.complete = true;
  // Not in the types of Node 20.
  (req as { upgrade?: boolean }).upgrade = true;
  server.emit("upgrade", req, stream as unknown as Duplex, Buffer.alloc(0));
}

/** Gives a stream what a net.Socket has beside. */
function dress(stream: ByteStream, server: Server, environ: Environ): void {
  const { constructor: _, ...members } = Object.getOwnPropertyDescriptors(Identity.prototype);
  let timer: IdleTimer | undefined;
  const setIdle = (ms: number, onTimeout?: () => void): ByteStream => {
    if (onTimeout !== undefined) stream.once("timeout", onTimeout);
    if (timer === undefined) {
      timer = new IdleTimer(() => stream.emit("timeout"));
      stream.once("close", () => timer?.set(0));
    }
    timer.set(ms);
    return stream;
  };
  Object.defineProperties(stream, {
    ...members,
    environ: { value: environ },
    server: { value: server },
    setTimeout: { value: setIdle, writable: true, configurable: true },
    destroySoon: { value: () => stream.end(() => stream.destroy()), writable: true, configurable: true },
  });
}
