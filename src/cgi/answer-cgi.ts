/** One request by variables and streams, from the first variable to the last byte. */
import { asServed, type InterfaceName, toHandler, type WsgiOptions } from "../app/index.ts";
import { decodePacket, encodePacket, type Packet } from "../codec/index.ts";
import { errorCode, LimitError } from "../errors.ts";
import type { DirectHandler, Handler } from "../handler/index.ts";
import { formatErrorResponse } from "../server/index.ts";
import type { CgiExchange } from "./cgi-exchange.ts";

/** PEP 3333: one request for each process, and as many processes as the web server likes. */
const ONCE: WsgiOptions = { multithread: false, multiprocess: true, runOnce: true };

/**
 * What answers, once what a framework does before its first request is done. What cannot be called, or does not get
 * ready, is answered as a failure: whoever looks for it looks into the log of the web server.
 */
export async function makeReady(application: unknown, name: InterfaceName | undefined): Promise<Ready> {
  try {
    const { application: found, interface: served, lifecycle } = asServed(application, name);
    const handler = toHandler(found, served, served === "wsgi" ? ONCE : undefined);
    await lifecycle.start?.();
    return { handler, stop: async () => await lifecycle.stop?.() };
  } catch (error) {
    const handler = (): never => {
      throw error;
    };
    return { handler, stop: () => Promise.resolve() };
  }
}

export interface Ready {
  readonly handler: Handler | DirectHandler;
  /** What a framework does at its end. */
  stop(): Promise<void>;
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
