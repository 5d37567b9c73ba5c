/**
 * What middleware leaves for the application. It stands in the environ, under `uisge.` and its name; a Node request
 * has it as `req.NAME`, and what a fetch handler gets as `env` as `env.NAME`.
 */
import type { Environ } from "../environ/index.ts";

/** Everything that is left so, by name. */
export interface Shared {
  session?: Session | undefined;
  user?: Identity | undefined;
}

/** The session of the client, where such middleware is there. Undefined else. */
export function sessionOf(environ: Environ): Session | undefined {
  return environ["uisge.session"] as Session | undefined;
}

/** Who has been authenticated, by middleware. Undefined where nobody has. */
export function userOf(environ: Environ): Identity | undefined {
  return environ["uisge.user"] as Identity | undefined;
}

/** Who the client is. */
export interface Identity {
  /** What they are called; not empty. Any Unicode. */
  readonly name: string;
  /** How that is known: `Basic`, `Bearer`, `Form`... AUTH_TYPE has the same. */
  readonly scheme: string;
  /** What else is known, such as the claims of a token. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/**
 * What is kept of a client from request to request: values by name, of what JSON can say.
 *
 * Nothing is read before `load`; until then its values throw a UwsgiError (`UWSGI_SESSION_NOT_LOADED`). What is
 * changed is kept when the head of the answer leaves; a change behind that is lost, and logged.
 */
export interface Session {
  /** True when it was read in this request: whoever keeps answers apart by their client has to. */
  readonly isLoaded: boolean;
  /** Reads it, once: resolves with the session itself. What cannot be trusted, or is too old, is an empty one. */
  load(): Promise<this>;
  /** True for one that did not come with the request. */
  readonly isNew: boolean;
  /** A value, undefined where there is none. What is changed in it is not kept unless it is `set` again. */
  get(key: string): unknown;
  has(key: string): boolean;
  keys(): string[];
  /** Keeps a value. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what JSON cannot say. */
  set(key: string, value: unknown): void;
  delete(key: string): void;
  /** Keeps a message for the next request that asks for it. */
  flash(key: string, message: unknown): void;
  /** The messages that were kept under a key; they are taken by that. */
  takeFlash(key: string): unknown[];
  /**
   * Gives the session another identity, and its time begins anew; its values stay. To be called whenever somebody logs
   * in, or gets other rights: what was known of the session before is worth nothing then (session fixation).
   */
  regenerate(): Promise<void>;
  /** Ends it: values and cookie are gone. */
  destroy(): Promise<void>;
}
