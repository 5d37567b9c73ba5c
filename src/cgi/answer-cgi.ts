/** One request by variables and streams, from the first variable to the last byte. */
import { type Application, type InterfaceName, toHandler, wsgi, type WsgiApplication } from "../app/index.ts";
import { decodePacket, encodePacket, type Packet } from "../codec/index.ts";
import { errorCode, LimitError } from "../errors.ts";
import type { DirectHandler, Handler, Plugin } from "../handler/index.ts";
import { formatErrorResponse, type HttpOptions, httpPlugin } from "../server/index.ts";
import type { CgiExchange } from "./cgi-exchange.ts";

/**
 * A plugin that calls the application. What cannot be called is answered as a failure: whoever looks into the log of
 * a web server finds it there.
 */
export function pluginFor(application: Application, name: InterfaceName, options: HttpOptions): Plugin {
  return httpPlugin(handlerFor(application, name), options);
}

function handlerFor(application: Application, name: InterfaceName): Handler | DirectHandler {
  try {
    // PEP 3333: one request for each process, and as many processes as the web server likes.
    const flags = { multithread: false, multiprocess: true, runOnce: true };
    return name === "wsgi" ? wsgi(application as WsgiApplication, flags) : toHandler(application, name);
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/**
 * The variables as a packet, so that a request is read by the same rules as everywhere, limits included. Answers a
 * LimitError (`UWSGI_DATASIZE_LIMIT`, `UWSGI_VARS_LIMIT`) where they are too many.
 */
export function packetOf(pairs: readonly (readonly [name: string, value: string])[]): Packet | LimitError {
  try {
    return decodeWhole(encodePacket({ vars: pairs }));
  } catch (error) {
    if (error instanceof LimitError) return error;
    if (errorCode(error) !== "UWSGI_PACKET_TOO_LARGE") throw error;
    return new LimitError("the variables of the request have more than 65535 bytes", {
      code: "UWSGI_DATASIZE_LIMIT",
      cause: error,
    });
  }
}

/** For a request that cannot be read. */
export function emptyPacket(): Packet {
  return decodeWhole(encodePacket({ vars: [] }));
}

function decodeWhole(bytes: Uint8Array): Packet {
  return decodePacket(bytes) as Packet;
}

/** Answers a request whose variables are too many. */
export function refuse(exchange: CgiExchange, error: LimitError): void {
  exchange.noteRefusal(error, 431);
  void exchange.write(formatErrorResponse(431));
  exchange.end();
}

/** Ends the answer of an application that will not do so. */
export function giveUp(exchange: CgiExchange): void {
  if (!exchange.hasBegun) void exchange.write(formatErrorResponse(500));
  exchange.abort();
}
