/** The environ of a request that a server of `node:http` has read itself. */
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { decodePacket, encodePacket, type Header, type Packet } from "../../../codec/index.ts";
import { type Environ, environFromVars, varsFromHttp } from "../../../environ/index.ts";
import { ProtocolError } from "../../../errors.ts";
import { originalOf } from "./place.ts";

/**
 * The environ as a front end would make it, of the connection and of the headers as they came. Throws as `varsFromHttp`,
 * and a ProtocolError (`UWSGI_LENGTH_REQUIRED`) for a body without a length: it would have to be kept whole first.
 */
export function environOf(req: IncomingMessage): Environ {
  const { socket } = req;
  if (req.headers["transfer-encoding"] !== undefined) {
    throw new ProtocolError("a chunked body: its length has to be known before it comes", {
      code: "UWSGI_LENGTH_REQUIRED",
    });
  }
  const isEncrypted = (socket as Partial<TLSSocket>).encrypted === true;
  const vars = varsFromHttp({
    method: req.method ?? "GET",
    target: originalOf(req),
    httpVersion: req.httpVersion,
    // Of HTTP/2 they hold what HTTP/1 has in the request line.
    headers: pairs(req.rawHeaders).filter(([name]) => !name.startsWith(":")),
    scheme: isEncrypted ? "https" : "http",
    remoteAddress: socket.remoteAddress ?? "",
    remotePort: socket.remotePort ?? 0,
    serverName: "localhost",
    serverPort: socket.localPort ?? 0,
  });
  // By way of a packet: what vars mean, and which stay out, is decided in one place.
  const packet = decodePacket(encodePacket({ vars })) as Packet;
  return environFromVars(packet.vars);
}

function pairs(raw: readonly string[]): Header[] {
  return Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i] ?? "", raw[2 * i + 1] ?? ""]);
}
