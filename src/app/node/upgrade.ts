/** The event `upgrade` of a server: a connection that goes on as raw bytes (WebSocket). */
import type { Server } from "node:http";
import type { Duplex } from "node:stream";
import type { Environ } from "../../environ/index.ts";
import type { AppRequest, ByteStream } from "../../handler/index.ts";
import { newRequest } from "./messages.ts";
import { FrontSocket } from "./socket.ts";

/** True when the client asks for another protocol, as Node sees it. */
export function isUpgrade({ HTTP_UPGRADE: to, HTTP_CONNECTION: connection }: Environ): boolean {
  if (to === undefined || to === "" || typeof connection !== "string") return false;
  return /(?:^|,)[ \t]*upgrade[ \t]*(?:,|$)/i.test(connection);
}

/** Takes the connection over and gives it to the listeners of `upgrade`. */
export function emitUpgrade(server: Server, request: AppRequest): void {
  const stream = request.upgrade();
  // A reset is nobody's failure: who cares listens as well.
  stream.on("error", () => {});
  dress(stream, request);
  const req = newRequest(request, stream);
  req.complete = true;
  (req as { upgrade?: boolean }).upgrade = true;
  server.emit("upgrade", req, stream as unknown as Duplex, Buffer.alloc(0));
}

/** Gives a stream what a net.Socket has. */
function dress(stream: ByteStream, { environ }: AppRequest): void {
  const made = Object.getOwnPropertyDescriptors(FrontSocket.prototype);
  const {
    remoteAddress,
    remotePort,
    remoteFamily,
    localAddress,
    localPort,
    localFamily,
    encrypted,
    authorized,
    getPeerCertificate,
    address,
    setTimeout,
    setNoDelay,
    setKeepAlive,
    ref,
    unref,
  } = made;
  Object.defineProperties(stream, {
    environ: { value: environ },
    remoteAddress,
    remotePort,
    remoteFamily,
    localAddress,
    localPort,
    localFamily,
    encrypted,
    authorized,
    getPeerCertificate,
    address,
    setTimeout,
    setNoDelay,
    setKeepAlive,
    ref,
    unref,
  });
}
