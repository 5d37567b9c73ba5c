/** What a fetch application is given: the request, `env`, where platforms put what surrounds it, and `context`. */
import { type Environ, type Remote, remoteOf } from "../../environ/index.ts";
import {
  type AppRequest,
  type ByteStream,
  type Identity,
  type Session,
  sessionOf,
  type Shared,
  userOf,
} from "../../handler/index.ts";

/**
 * What an application gets: a `Request`, and what srvx and h3 look for there. There is no `runtime`: see `FetchEnv`.
 */
export interface FetchRequest extends Request {
  /** The client's address as the front end saw it; undefined where it knows none. */
  readonly ip: string | undefined;
  /** As in the context. */
  waitUntil(work: PromiseLike<unknown>): void;
}

/**
 * What an application gets as second argument; Hono's `c.env`. `session` and `user` are those of middleware, where it is
 * there.
 */
export interface FetchEnv extends Shared {
  /** All vars of the request. */
  readonly environ: Environ;
  /** The client as the front end saw it: no header that a client can send is asked. */
  readonly remote: Remote;
  /** Names the request in logs; see `AppRequest.id`. */
  readonly id: string;
  /** Writes text to the server's error log, with the request it belongs to. */
  log(text: string): void;
  /**
   * Takes the connection over: the application writes the head of its answer (101) itself, and what it returns is not
   * looked at. Throws as `AppRequest.upgrade`.
   */
  upgrade(): ByteStream;
}

/**
 * What an application gets as third argument, as the platforms that know fetch handlers call it; Hono's
 * `c.executionCtx`.
 */
export interface FetchContext {
  /** Work that goes on behind the answer; see `AppRequest.waitUntil`. */
  waitUntil(work: PromiseLike<unknown>): void;
  /** Does nothing: there is no other server to pass a failed request to. */
  passThroughOnException(): void;
  /** Hono's type has it; empty. */
  readonly props: Readonly<Record<string, never>>;
}

/** @internal */
export class RequestEnv implements FetchEnv {
  readonly #request: AppRequest;

  constructor(request: AppRequest) {
    this.#request = request;
  }

  get environ(): Environ {
    return this.#request.environ;
  }

  get remote(): Remote {
    return remoteOf(this.#request.environ);
  }

  get id(): string {
    return this.#request.id;
  }

  get session(): Session | undefined {
    return sessionOf(this.#request.environ);
  }

  get user(): Identity | undefined {
    return userOf(this.#request.environ);
  }

  log(text: string): void {
    this.#request.log(text);
  }

  upgrade(): ByteStream {
    return this.#request.upgrade();
  }
}

/** @internal */
export class RequestContext implements FetchContext {
  readonly #request: AppRequest;

  constructor(request: AppRequest) {
    this.#request = request;
  }

  get props(): Readonly<Record<string, never>> {
    return NO_PROPS;
  }

  waitUntil(work: PromiseLike<unknown>): void {
    this.#request.waitUntil(work);
  }

  passThroughOnException(): void {}
}

const NO_PROPS: Readonly<Record<string, never>> = Object.freeze({});
