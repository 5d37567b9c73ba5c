/**
 * The level below `Handler`: whoever answers one modifier1 and writes the bytes of the answer
 * alone. HTTP-like requests (modifier1 0) are one plugin among others.
 */
import type { Packet } from "../codec/index.ts";
import type { Environ } from "../environ/index.ts";
import type { UwsgiError } from "../errors.ts";

/** What diagnostics say of a request. */
export interface AboutRequest {
  readonly environ: Environ;
  readonly id: string;
}

/** A `Duplex` of Node's. */
export interface ByteStream extends NodeJS.ReadWriteStream {
  destroy(error?: Error): this;
  /** Handed to the transport. */
  readonly bytesWritten: number;
  /** Bytes that were written and the system has not taken. While they change the peer takes some. */
  readonly unsentBytes: number;
  /** How the first bytes that were written begin: a status line, where the answer is one of HTTP. */
  readonly beginning: string;
}

/** The answer to a request, as the server sees it that runs it: to be listed, and ended before its time. */
export interface RunningAnswer {
  readonly id: string;
  readonly method: string;
  /** Without the query: it may hold secrets. */
  readonly path: string;
  /** The client as the front end saw it, else the peer. */
  readonly remote: string;
  /** A reading of `performance.now()`; undefined: nobody has looked yet. */
  startedAt: number | undefined;
  /** Most milliseconds that it may take, if there is such a limit. */
  readonly limitMs: number | undefined;

  /**
   * Ends it in the application's place: with `status` where nothing was sent, else broken off. `error` is reported;
   * who reads the body of the request hears `reason`. What the application still makes of it is not looked at. False:
   * it has ended, or the connection has become the application's.
   */
  giveUp(error: unknown, status: number, reason: UwsgiError): boolean;

  /** Reports a failure behind its end; a connection that has become the application's is destroyed. */
  failLate(error: unknown): void;
}

/** One packet and its answer on one connection. */
export interface Exchange {
  /** Whole and, where its modifier1 says so, validated. Its bytes do not change: see `Plugin.readsAtOnce`. */
  readonly packet: Packet;
  /** The peer for logs: an address, or the path of the socket it came to. */
  readonly peer: string;
  /** The TCP port that the packet came to, 0 on a unix socket. */
  readonly localPort: number;
  /** Identity of the server, for diagnostics. */
  readonly server: object;
  /** Fires when the peer is gone, the connection is cut, or the answer given up. Made when first asked for. */
  readonly signal: AbortSignal;
  /** Why the server broke the exchange off (it closes, the peer was too slow), if it did. */
  readonly cutBecause: UwsgiError | undefined;
  /** True while something can be sent: until the end, an abort, or the break of the connection. */
  readonly isOpen: boolean;
  /** True once the peer has closed its sending side, or all of the connection, or the server has given the answer up. */
  readonly peerGone: boolean;

  /**
   * The next bytes that follow the packet; undefined when the peer has closed its sending side.
   * The bytes are the caller's. Rejects with a ConnectionError when the connection breaks.
   */
  read(): Promise<Uint8Array | undefined>;

  /**
   * Sends bytes, or a latin-1 string, and `next` behind it in the same call to the system. Bytes are the
   * connection's from now on, do not change or transfer them. Answers undefined when more may be sent at once, else a
   * promise that settles when there is room again; it rejects when the connection breaks.
   */
  write(chunk: Uint8Array | string, next?: Uint8Array | string): Promise<void> | undefined;

  /** Says how many bytes should follow the packet; see `end`. Until then it is not known. */
  expectBody(bytes: number): void;

  /**
   * The answer is complete. Closes, when all the bytes that were expected have come; else half-closes, and goes on
   * reading and discarding for a while, so that no reset overtakes the answer (RFC 9112 9.6). A peer who was told a
   * length (`isLengthKnown`, default false) sees our half-close only behind the body that it is still sending.
   */
  end(isLengthKnown?: boolean): void;

  /**
   * Breaks the connection so that the peer can notice: by reset on TCP. On a unix socket nothing can
   * signal it, the peer sees an ordinary end: one who was told a length notices that bytes are missing
   * (`isLengthKnown`, default false). Answers whether the peer can notice; if not, it is counted.
   */
  abort(isLengthKnown?: boolean): boolean;

  /**
   * Takes the connection over, for a protocol that goes on in raw bytes behind the packet or behind an answer (101,
   * WebSocket): a stream that begins with what has come behind the packet. No deadline counts any more, and nothing
   * else of the exchange is to be used but `abort`, which breaks the stream so that the peer can notice, and `signal`,
   * which fires when the server, at its close, is about to destroy it. Listen to its `error`: a reset is one.
   * Throws a ConnectionError (`UWSGI_PEER_GONE`) when the exchange is not open, or waits for a read.
   */
  upgrade(): ByteStream;

  /** A server that closes waits for the work as it waits for answers, also for work behind them. It must not reject. */
  waitUntil(work: Promise<void>): void;

  /** Says what is being answered, to who lists what runs. Absent where nobody does. */
  noteAnswer?(answer: RunningAnswer): void;

  /** Reports and counts that the packet was refused: the peer's fault. `status` of the answer, 0 without one. */
  noteRefusal(error: UwsgiError, status: number, request?: AboutRequest): void;
}

/** Answers one family of packets. */
export interface Plugin {
  /** For logs. */
  readonly name: string;
  /**
   * True: whatever it needs of the bytes of the packet it has read, or copied, before `answer` returns. They may then
   * lie in memory that is used again, which spares a copy; that memory must not be transferred. Default false.
   */
  readonly readsAtOnce?: boolean;
  /** The modifier1 that it answers, 0-255. */
  readonly modifier1: number;
  /**
   * Answers the packet and ends, or aborts, the exchange. What it throws is logged, and the
   * connection is broken.
   */
  answer(exchange: Exchange): void | Promise<void>;
}
