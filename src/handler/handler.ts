/**
 * The contract that all application interfaces and middleware meet on: value in, value out. A
 * `Handler` knows no socket and no server, so it runs in a test as it runs behind nginx.
 */
import type { Header } from "../codec/index.ts";
import type { Environ } from "../environ/index.ts";
import type { ByteStream } from "./plugin.ts";

/** One request to an application. */
export interface AppRequest {
  /** Its own for each request; the application may change it. */
  readonly environ: Environ;
  readonly body: RequestBody;
  /**
   * Fires when the peer is gone, the server is cut, or the request takes too long (`UWSGI_HARAKIRI`); `reason` says
   * which. While 64 KiB of the body wait unread, that the peer is gone is seen only at the next read or write.
   */
  readonly signal: AbortSignal;
  /**
   * Names the request in logs: the front end's `X-Request-ID` where it is 1 to 128 characters of
   * `A-Za-z0-9._~+/=:@-`, else 32 hexadecimal digits of our own.
   */
  readonly id: string;
  /** Writes text to the server's error log, with the request it belongs to. */
  log(text: string): void;
  /**
   * Reports a failure as the server does, for whoever answers it in the server's place, with `status`. That the peer
   * is gone is not reported.
   */
  report(error: unknown, status: number): void;
  /**
   * Work that goes on beside the answer, and behind it: a closing server waits for it as it waits for answers, and its
   * failure is logged with the request. May be called at any time.
   */
  waitUntil(work: PromiseLike<unknown>): void;
  /**
   * Takes the connection over, as `Exchange.upgrade`: the application writes the head of the answer (101) itself, and
   * what it returns is not looked at. When it fails, the stream is destroyed. An error of the stream that nobody
   * listens to is harmless. The access log has the request when the stream is closed. Throws a ConnectionError
   * (`UWSGI_PEER_GONE`) when the answer has begun or the peer is gone, an AppError (`UWSGI_APP_CONTRACT`) where there
   * is no connection (CGI, `inject`).
   */
  upgrade(): ByteStream;
  /** True behind an upgrade: what is answered now is not looked at. */
  readonly isUpgraded: boolean;
}

/**
 * The request body: exactly CONTENT_LENGTH bytes, then nothing, however much follows on the wire.
 * Nothing is read ahead beyond a small window: an unread body never grows memory.
 */
export interface RequestBody extends AsyncIterable<Uint8Array> {
  /** Bytes in all, as CONTENT_LENGTH says. */
  readonly length: number;
  /**
   * The next chunk, or undefined when all has been read. The chunk is the caller's. Rejects with a
   * ConnectionError (`UWSGI_BODY_TRUNCATED`) when the peer is gone before the end, and with a TypeError
   * (`UWSGI_INVALID_ARGUMENT`) while another read waits.
   */
  read(): Promise<Uint8Array | undefined>;
}

/**
 * Bytes, which must not be changed afterwards, or text that is sent as UTF-8. An empty chunk sends nothing and ends
 * nothing.
 */
export type BodyChunk = Uint8Array | string;

/** A response body: one chunk, or as many as it iterates; `close` is called once, whatever happens. */
export type ResponseBody = BodyChunk | null | ((Iterable<BodyChunk> | AsyncIterable<BodyChunk>) & Closable);

interface Closable {
  /**
   * True: the head goes out although the first chunk takes its time. Default false: it waits, so that a body that
   * fails before its first chunk is answered with a 500.
   */
  readonly isHeadFinal?: boolean;
  close?(): void | Promise<void>;
}

export interface AppResponse {
  /** 200-599. */
  readonly status: number;
  /** Default: the registered phrase. */
  readonly reason?: string;
  /** Without hop-by-hop headers; at most one Content-Length. */
  readonly headers: readonly Header[];
  readonly body: ResponseBody;
}

/** An application. A promise that rejects, or a throw, is answered with a 500. */
export type Handler = (request: AppRequest) => AppResponse | Promise<AppResponse>;
