/**
 * What undici and its dispatchers say to each other, in the words of all its majors: nothing is imported from undici,
 * and its own types fit these.
 *
 * There are two interfaces for who handles a response. That of undici 6 (and of the built-in fetch of Node 20 to 24) has
 * `onConnect`, `onHeaders`, `onData`, `onComplete`, `onError`; that of undici 8, known to 7 too, has a controller.
 */
import type { Duplex } from "node:stream";

/** What a dispatcher is asked. More is there, for interceptors; what is not here means nothing to a uwsgi server. */
export interface DispatchOptions {
  /** Scheme, host and port. Default `http://localhost`. */
  readonly origin?: string | URL;
  /** With its query, as in a request line. */
  readonly path: string;
  readonly method: string;
  /** An object, a flat list, pairs, or what iterates as pairs; a value may be a list. */
  readonly headers?: unknown;
  /** Text, bytes, a Blob, FormData, a stream, or what iterates as text or bytes. */
  readonly body?: unknown;
  /** Added to the path, as `node:querystring` writes it. */
  readonly query?: object;
  /** The protocol to go on with. */
  readonly upgrade?: boolean | string | null;
  /** Milliseconds for the head of the response, 0 for no limit. */
  readonly headersTimeout?: number | null;
  /** Milliseconds between two pieces of the response's body, 0 for no limit. */
  readonly bodyTimeout?: number | null;
  /** Of undici 6, whose Agent follows redirects: more than 0 is refused here, `interceptors.redirect` does it. */
  readonly maxRedirections?: number;
}

/** By name, lower case; several values of one name in a list. */
export type HeaderRecord = Record<string, string | string[]>;

/** Names and values by turns, latin-1. */
export type RawHeaders = Buffer[];

/** What a handler of the newer interface holds a response by. */
export interface DispatchController {
  readonly aborted: boolean;
  readonly paused: boolean;
  readonly reason: unknown;
  rawHeaders?: unknown;
  rawTrailers?: unknown;
  /** Ends the request: the handler gets the reason as its error, and the connection is closed. */
  abort(reason?: unknown): void;
  /** No more of the body, until `resume`. */
  pause(): void;
  resume(): void;
}

/** What both interfaces have. */
interface SentHandler {
  onResponseStarted?(): unknown;
  onBodySent?(...args: never): unknown;
  onRequestSent?(): unknown;
}

/** The newer interface: undici 7 and 8. */
export interface ControlledHandler extends SentHandler {
  onRequestStart?(controller: DispatchController, context: unknown): unknown;
  onRequestUpgrade?(controller: DispatchController, statusCode: number, headers: HeaderRecord, socket: Duplex): unknown;
  onResponseStart?(
    controller: DispatchController,
    statusCode: number,
    headers: HeaderRecord,
    statusMessage?: string,
  ): unknown;
  onResponseData?(controller: DispatchController, chunk: Buffer): unknown;
  onResponseEnd?(controller: DispatchController, trailers: HeaderRecord): unknown;
  onResponseError?(controller: DispatchController, error: Error): unknown;
}

/** The older interface: undici 6 and 7. `false` from `onHeaders` or `onData` means: no more until `resume` is called. */
export interface CallbackHandler extends SentHandler {
  onConnect?(abort: (reason?: Error) => void, context?: unknown): unknown;
  onUpgrade?(statusCode: number, headers: RawHeaders, socket: Duplex): unknown;
  onHeaders?(statusCode: number, headers: RawHeaders, resume: () => void, statusText: string): unknown;
  onData?(chunk: Buffer): unknown;
  onComplete?(trailers: never): unknown;
  onError?(error: Error): unknown;
}

/** A handler of either interface. One that has `onRequestStart` is taken for one of the newer. */
export interface DispatchHandler extends ControlledHandler, CallbackHandler {}

/** Whoever takes requests: one of undici's dispatchers, or ours. */
export interface Dispatching {
  /** False: wait for the event `drain` before the next. */
  dispatch(options: DispatchOptions, handler: DispatchHandler): boolean;
}

/** As undici's interceptors. */
export type Dispatch = Dispatching["dispatch"];
export type Interceptor = (dispatch: Dispatch) => Dispatch;
