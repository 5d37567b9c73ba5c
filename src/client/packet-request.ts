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
  /**
   * Bytes that `body` has, where that is known. With more or fewer the connection is broken and the request rejects
   * (`UWSGI_REQUEST_BODY_FAILED`, its cause a RangeError `UWSGI_BODY_LENGTH`): half a body must not be taken for a whole one.
   */
  readonly bodyLength?: number;
  /** True when `body` gives the same bytes each time it is iterated: the request can then be sent again. Default false. */
  readonly isBodyReplayable?: boolean;
  /** True for a HEAD request: its answer has no body, whatever its Content-Length says. Default false. */
  readonly isHead?: boolean;
  /** Told of interim heads (100, 102, 103) before that of the response; they are passed over otherwise. */
  readonly onInterim?: (status: number, headers: readonly Header[]) => void;
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
   * The body, as it comes, once: as many bytes as Content-Length says, else to the end of the connection; none where there can
   * be none (HEAD, 204, 304); behind a 101 whatever comes. Rejects with a ConnectionError when fewer come
   * (`UWSGI_RESPONSE_TRUNCATED`) or the connection breaks (`UWSGI_PEER_GONE`), with a TimeoutError, or a ProtocolError
   * (`UWSGI_BAD_CHUNKING`). Ending the iteration early closes the connection; who wants none of it ends it at once, by
   * `body[Symbol.asyncIterator]().return()`.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /**
   * Bytes behind the body that had come when it was whole, more than its Content-Length: they are dropped, and the server
   * is wrong. 0 until then. Undefined where the sender cannot tell.
   */
  readonly excessBytes?: number;
}

/** Sends requests. */
export interface Sender {
  /**
   * Resolves when the head of the response is there; the body of the request goes out meanwhile.
   *
   * Rejects with a RangeError (`UWSGI_PACKET_TOO_LARGE`) before it connects, a ConnectionError
   * (`UWSGI_CONNECT_FAILED`, `UWSGI_PEER_GONE`), a TimeoutError that names the phase, a ProtocolError
   * (`UWSGI_BAD_RESPONSE_HEAD`) or LimitError (`UWSGI_RESPONSE_HEAD_LIMIT`), a UwsgiError
   * (`UWSGI_REQUEST_BODY_FAILED`: it is nobody's fault but the body's), or the reason of `signal`. Nothing was sent when
   * the code is `UWSGI_CONNECT_FAILED` or `UWSGI_CONNECT_TIMEOUT`. Never sends anything twice.
   */
  send(request: PacketRequest): Promise<Response>;
}
