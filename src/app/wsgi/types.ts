/** The gateway interface of PEP 3333 in TypeScript's terms. */
import type { Environ } from "../../environ/index.ts";
import type { AppRequest, BodyChunk, ResponseBody } from "../../handler/index.ts";
import type { WsgiErrors } from "./errors.ts";
import type { WsgiInput } from "./input.ts";

/** The environ of a WSGI-style application: CGI vars as latin-1 strings, and these. */
export interface WsgiEnviron extends Environ {
  /** Always [1, 0]. */
  "wsgi.version": readonly [major: 1, minor: 0];
  "wsgi.url_scheme": "http" | "https";
  "wsgi.input": WsgiInput;
  "wsgi.errors": WsgiErrors;
  /** True: other requests may run at the same time in this process. */
  "wsgi.multithread": boolean;
  /** True: other processes may serve the same application. */
  "wsgi.multiprocess": boolean;
  "wsgi.run_once": boolean;
  /** The request below this interface: its `signal` fires when the client is gone. */
  "uisge.request": AppRequest;
}

/**
 * Begins the response. `status` is "NNN Reason"; status and headers are latin-1 and checked at once.
 * A second call is an error unless `error` is given (PEP 3333's `exc_info`): then it replaces the
 * first, or throws `error` when the head has already left. Answers `write`.
 */
export type StartResponse = (
  status: string,
  headers: Iterable<readonly [name: string, value: string]>,
  error?: unknown,
) => Write;

/** Sends a chunk before whatever the application returns; settles when there is room for more. */
export type Write = (chunk: BodyChunk) => Promise<void>;

export type WsgiBody = ResponseBody | undefined;

/** An application as a function. */
export type WsgiFunction = (environ: WsgiEnviron, startResponse: StartResponse) => WsgiBody | Promise<WsgiBody>;

/** An application as a class: each request makes an instance, which iterates the body. */
export type WsgiClass = new (
  environ: WsgiEnviron,
  startResponse: StartResponse,
) => Iterable<BodyChunk> | AsyncIterable<BodyChunk>;

export type WsgiApplication = WsgiFunction | WsgiClass;
