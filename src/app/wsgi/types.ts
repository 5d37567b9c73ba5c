/** The gateway interface of PEP 3333 in TypeScript's terms. */
import type { Environ } from "../../environ/index.ts";
import type { AppRequest, BodyChunk, Identity, ResponseBody, Session } from "../../handler/index.ts";
import type { FileBody } from "./file-body.ts";
import type { WsgiFile } from "./file-source.ts";

/**
 * The environ of a WSGI-style application: CGI vars as latin-1 strings, one character for each byte of the wire, and
 * these. It is the request's own, inherits nothing, and may be changed.
 */
export interface WsgiEnviron extends Environ {
  /** Always [1, 0]. */
  "wsgi.version": readonly [major: 1, minor: 0];
  /** How the client asked, by the front end's word; see `schemeOf`. */
  "wsgi.url_scheme": "http" | "https";
  /** The request body. */
  "wsgi.input": WsgiInput;
  /** Text for the server's error log. */
  "wsgi.errors": WsgiErrors;
  /** True: other requests may run at the same time in this process. See `WsgiOptions.multithread`. */
  "wsgi.multithread": boolean;
  /** True: other processes may serve the same application. See `WsgiOptions.multiprocess`. */
  "wsgi.multiprocess": boolean;
  /** True: this process ends with this request (CGI). See `WsgiOptions.runOnce`. */
  "wsgi.run_once": boolean;
  /**
   * Makes a body of a file, which is closed at the end of the answer. Returned as it is, a regular file is sent in
   * large blocks and with its length; wrapped by middleware it is a body like any other, in blocks of `blockSize`
   * bytes (default 65 536). Sends nothing itself. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what cannot be
   * read.
   */
  "wsgi.file_wrapper": (file: WsgiFile, blockSize?: number) => FileBody;
  /** Which worker of a manager this is, from 1; absent without a manager. */
  "uisge.worker_id"?: number;
  /** The request below this interface: its `signal` fires when the client is gone. */
  "uisge.request": AppRequest;
  /** Where such middleware is there. */
  "uisge.session"?: Session;
  /** Who has been authenticated by middleware; REMOTE_USER has the name, as UTF-8 that is read as latin-1. */
  "uisge.user"?: Identity;
}

/**
 * The request body: exactly CONTENT_LENGTH bytes, then nothing for ever. Bytes are taken from the connection only as
 * they are asked for, one read after the other. There is no `close`: the server ends it.
 *
 * All methods reject with a ConnectionError (`UWSGI_BODY_TRUNCATED`) when the client is gone before the end, because a
 * short body must not be taken for a whole one, and with a TypeError (`UWSGI_INVALID_ARGUMENT`) for a size that is no
 * whole number. `null` and sizes below 0 are as none, as in Python.
 */
export interface WsgiInput extends AsyncIterable<Uint8Array> {
  /** The next `size` bytes, fewer only at the end; without `size` all that is left. */
  read(size?: number | null): Promise<Uint8Array>;
  /** Bytes up to and with the next line feed; at most `size` of them. */
  readline(size?: number | null): Promise<Uint8Array>;
  /** All lines that are left; stops behind the line that reaches `hint` bytes when that is above 0. */
  readlines(hint?: number | null): Promise<Uint8Array[]>;
  /** The rest in chunks as they arrive: the way to stream. Lines are for `readline`. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined>;
}

/** Text for the server's error log, one record for each line. Any Unicode is taken. */
export interface WsgiErrors {
  /** Adds text; whole lines go to the log, the rest waits for its line feed or for `flush`. */
  write(text: string): void;
  /** Writes one text after the other; adds no line feeds. */
  writelines(lines: Iterable<string>): void;
  /** Sends what waits, if anything does. The end of the answer does the same. */
  flush(): void;
}

/**
 * Begins the response. `status` is "NNN Reason"; status and headers are latin-1 and checked at once: a TypeError
 * (`UWSGI_INVALID_STATUS`, `UWSGI_INVALID_HEADER`, `UWSGI_NOT_LATIN1`) says what is wrong. A second call is an AppError
 * (`UWSGI_APP_CONTRACT`) unless `error` is given (PEP 3333's `exc_info`): then it replaces the first, or throws
 * `error` when the head has already left. Nothing is sent yet. Answers `write`.
 */
export type StartResponse = (
  status: string,
  headers: Iterable<readonly [name: string, value: string]>,
  error?: unknown,
) => Write;

/** Sends a chunk before whatever the application returns; settles when there is room for more. */
export type Write = (chunk: BodyChunk) => Promise<void>;

/**
 * What an application returns: one chunk, `null` or nothing, or what iterates chunks, whose `close` is called once at
 * the end, whatever happens. Strings are sent as UTF-8.
 */
export type WsgiBody = ResponseBody | undefined;

/** An application as a function. */
export type WsgiFunction = (environ: WsgiEnviron, startResponse: StartResponse) => WsgiBody | Promise<WsgiBody>;

/** An application as a class: each request makes an instance, which iterates the body. */
export type WsgiClass = new (
  environ: WsgiEnviron,
  startResponse: StartResponse,
) => Iterable<BodyChunk> | AsyncIterable<BodyChunk>;

/**
 * An application as an object, what an instance with `__call__` is in Python: its method is called for each request,
 * with the object as `this`.
 */
export interface WsgiObject {
  application(environ: WsgiEnviron, startResponse: StartResponse): WsgiBody | Promise<WsgiBody>;
}

/** What is called for each request. */
export type WsgiApplication = WsgiFunction | WsgiClass | WsgiObject;

/** What stands between a server and an application, and looks like each of them to the other. */
export type WsgiMiddleware = (application: WsgiApplication) => WsgiApplication;

/** What the environ says of the process, and how requests share it. */
export interface WsgiOptions {
  /**
   * Default true: requests run at the same time. False: one at a time in this process, from the call of the application
   * to the end of `close`; the others wait. For applications that keep the state of a request in globals.
   */
  readonly multithread?: boolean;
  /** Whether other processes serve the same application. Default: true in a worker of `node:cluster`, else false. */
  readonly multiprocess?: boolean;
  /** Whether the process ends with the request, as under CGI. Default false. */
  readonly runOnce?: boolean;
  /** What the environ has as `uisge.worker_id`, from 1. Default none: only workers of a manager have one. */
  readonly workerId?: number;
  /**
   * Constants for every environ, stronger than what front ends send under these names. Latin-1. Not what is the
   * request's own: REQUEST_METHOD, CONTENT_LENGTH, `HTTP_*`, `wsgi.*`, `uisge.*`.
   */
  readonly env?: Readonly<Record<string, string>>;
}
