/**
 * The contract of this area: a request as it goes out, and its response as it comes in. Whoever sends one (`Client` to
 * one address, an upstream to the node that it chooses) is a `Sender`; who asks does not know which.
 */
import type { Header, VarsInit } from "../codec/index.ts";
import type { Timeouts } from "./timeouts.ts";

/** One request: a packet, and the body behind it. */
export interface PacketRequest {
  /**
   * With CONTENT_LENGTH when there is a body: the length of the body is nowhere else. May be gone through several times:
   * a list or an object, not a generator.
   */
  readonly vars: VarsInit;
  /** 0-255, default 0: a request. Others that servers answer in the same way: 5 PSGI, 7 Rack, 9 CGI, 30... */
  readonly modifier1?: number;
  /** 0-255, default 0. */
  readonly modifier2?: number;
  /** Not asked for a byte before there is a connection. */
  readonly body?: AsyncIterable<Uint8Array>;
  /** True when `body` gives the same bytes each time it is iterated: the request can then be sent again. Default false. */
  readonly isBodyReplayable?: boolean;
  /** True for a HEAD request: its answer has no body, whatever its Content-Length says. Default false. */
  readonly isHead?: boolean;
  /** Closes the connection when it fires: the request rejects with its reason, the body with that as `cause`. */
  readonly signal?: AbortSignal;
  /** Over those of the sender. */
  readonly timeouts?: Partial<Timeouts>;
}

/** The response: its head, and its body as it comes. */
export interface Response {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly Header[];
  /**
   * The body, as it comes: as many bytes as Content-Length says, else to the end of the connection.
   * Rejects when fewer come. Ending the iteration early closes the connection.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Sends requests. */
export interface Sender {
  /**
   * Resolves when the head of the response is there; the body of the request goes out meanwhile.
   *
   * Rejects with a RangeError (`UWSGI_PACKET_TOO_LARGE`) before it connects, a ConnectionError
   * (`UWSGI_CONNECT_FAILED`, `UWSGI_PEER_GONE`), a TimeoutError that names the phase, or a ProtocolError
   * (`UWSGI_BAD_RESPONSE_HEAD`).
   */
  send(request: PacketRequest): Promise<Response>;
}
