/** One request to a uwsgi server: packet and body out, response in, both bodies streaming. */
import { encodePacket } from "../codec/index.ts";
import { type Address, type DialTls, formatAddress, openTransport } from "../connection/index.ts";
import { withoutOffloadHeaders } from "../environ/index.ts";
import { rangeError, typeError } from "../errors.ts";
import type { PacketRequest, Response } from "./packet-request.ts";
import { PeerExchange } from "./peer-exchange.ts";
import { ReplyBody } from "./reply-body.ts";
import { ResponseDecoder } from "./response-decoder.ts";
import { checkBody } from "./send-body.ts";
import { type Timeouts, withTimeouts } from "./timeouts.ts";

/** How responses are read. */
export interface ResponseOptions {
  /** Of the head, with interim ones before it. Default 65 536, uWSGI's `response-headers-limit`. */
  readonly maxHeadBytes?: number;
  /**
   * What is done with a response that has `Transfer-Encoding: chunked`, which uwsgi does not know: nginx would pass the chunks on
   * as the body. `refuse` rejects, `decode` reads the chunks and drops the header. Default `refuse`.
   */
  readonly chunked?: "refuse" | "decode";
  /**
   * True: headers by which an application has its front end send a file, or change how it answers (`X-Accel-*`, `X-Sendfile`),
   * are kept. Default false: they are dropped, for whoever passes the response on may stand behind a front end that
   * obeys them.
   */
  readonly trustAccel?: boolean;
}

/** Options that were checked, with their defaults. */
export type ResponseRules = Required<ResponseOptions>;

/** Throws a TypeError or RangeError (`UWSGI_INVALID_ARGUMENT`). */
export function responseRules({
  maxHeadBytes = 65_536,
  chunked = "refuse",
  trustAccel = false,
}: ResponseOptions = {}): ResponseRules {
  if (!Number.isInteger(maxHeadBytes) || maxHeadBytes < 1) {
    throw rangeError(
      "UWSGI_INVALID_ARGUMENT",
      `maxHeadBytes is ${String(maxHeadBytes)}, a whole number above 0 is needed`,
    );
  }
  if (chunked !== "refuse" && chunked !== "decode") {
    throw typeError("UWSGI_INVALID_ARGUMENT", `chunked is ${String(chunked)}, there are refuse and decode`);
  }
  return { maxHeadBytes, chunked, trustAccel };
}

/**
 * Sends a request to an address and resolves when the head of the response is there. The body goes
 * out meanwhile: a server may answer before it has read it. Rejects as `Sender.send`.
 */
export async function sendRequest(
  address: Address,
  request: PacketRequest,
  tls?: DialTls,
  options?: ResponseOptions,
): Promise<Response> {
  return send(address, request, withTimeouts(request.timeouts), tls, responseRules(options));
}

/** As `sendRequest`, with what was checked before. */
export async function send(
  address: Address,
  request: PacketRequest,
  timeouts: Timeouts,
  tls: DialTls | undefined,
  { maxHeadBytes, chunked, trustAccel }: ResponseRules,
): Promise<Response> {
  const { vars, modifier1 = 0, modifier2 = 0, body, bodyLength, isHead = false, onInterim, signal } = request;
  checkBody(body);
  const packet = encodePacket({ modifier1, modifier2, vars });
  const reading = { maxHeadBytes, chunked, isHead };
  const decoder = new ResponseDecoder(
    onInterim === undefined ? reading : { ...reading, onInterim: trustAccel ? onInterim : stripping(onInterim) },
  );
  const exchange = new PeerExchange({
    name: formatAddress(address),
    open: (dialling) => openTransport(address, dialling, tls),
    packet,
    body,
    bodyLength,
    signal,
    timeouts,
    decoder,
  });
  await exchange.begun;
  return responseOf(exchange, decoder, trustAccel);
}

type OnInterim = NonNullable<PacketRequest["onInterim"]>;

function stripping(onInterim: OnInterim): OnInterim {
  return (status, headers) => onInterim(status, withoutOffloadHeaders(headers));
}

/** The response of an exchange that has begun. */
export function responseOf(exchange: PeerExchange, decoder: ResponseDecoder, trustAccel: boolean): Response {
  return new ReceivedResponse(exchange, decoder, trustAccel ? decoder.headers : withoutOffloadHeaders(decoder.headers));
}

class ReceivedResponse implements Response {
  readonly status: number;
  readonly reason: string;
  readonly headers: Response["headers"];
  readonly body: AsyncIterable<Uint8Array>;
  private readonly decoder: ResponseDecoder;

  constructor(exchange: PeerExchange, decoder: ResponseDecoder, headers: Response["headers"]) {
    this.status = decoder.head?.status ?? 0;
    this.reason = decoder.head?.reason ?? "";
    this.headers = headers;
    this.body = new ReplyBody(exchange);
    this.decoder = decoder;
  }

  get excessBytes(): number {
    return this.decoder.excessBytes;
  }
}
