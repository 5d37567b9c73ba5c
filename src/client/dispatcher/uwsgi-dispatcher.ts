/// <reference lib="esnext.disposable" preserve="true" />
/** A dispatcher of undici's kind whose requests go to a uwsgi socket. */
import { EventEmitter } from "node:events";
import { ConnectionError, typeError } from "../../errors.ts";
import { type ClientOptions, senderTo, type To } from "../client.ts";
import { composed } from "./compose.ts";
import { Controller } from "./controller.ts";
import { controlled } from "./faces.ts";
import { Exchange, type ExchangeOptions, tell } from "./exchange.ts";
import type { DispatchHandler, Dispatching, DispatchOptions, Interceptor } from "./handlers.ts";
import { originOf, planRequest } from "./planned-request.ts";
import { undiciMethod } from "./undici-methods.ts";

export interface UwsgiDispatcherOptions extends ClientOptions {
  /** Which origins are answered by the socket: a list of them, or who decides. Default all. */
  readonly origins?: readonly (string | URL)[] | ((origin: URL) => boolean);
  /** Who is asked for the others: a dispatcher of undici's. Without one they are refused, `UWSGI_ORIGIN_REFUSED`. */
  readonly otherwise?: Dispatching;
  /** 0-255, default 0. */
  readonly modifier1?: number;
  /** 0-255, default 0. */
  readonly modifier2?: number;
  /** Beside those of each request, and instead of those of the same name: `{ SCRIPT_NAME: "/shop" }`. */
  readonly vars?: Readonly<Record<string, string>>;
  /** A body of unknown length is kept until its length is known; of so many bytes at most. Default 1 GiB. */
  readonly maxBodyBytes?: number;
  /** Where such bodies go that are larger than 1 MiB. Default the folder of the system for temporary files. */
  readonly spoolFolder?: string;
}

/** Done: called with an error, or with two nulls, as undici calls it. */
type Callback = (error: unknown, data: unknown) => void;

/**
 * For `fetch(url, { dispatcher })` of Node, and for undici 6, 7 and 8: `request`, `stream`, `pipeline`, `upgrade`,
 * `setGlobalDispatcher`, WebSocket, interceptors. It has no connections of its own to keep: each request has one, so
 * there is nothing to say by the events `connect`, `disconnect` and `drain`, and `dispatch` always takes one more.
 *
 * Fails as the sender does, by the errors of this package: `fetch` has them as `cause`.
 */
export class UwsgiDispatcher extends EventEmitter implements Dispatching {
  private readonly exchangeOptions: ExchangeOptions;
  private readonly isServed: (origin: URL) => boolean;
  private readonly otherwise: Dispatching | undefined;
  private readonly running: Set<Exchange> = new Set();
  private onIdle: () => void = () => {};
  private refusal: ConnectionError | undefined;
  private ending: Promise<void> | undefined;
  private isDestroyed = false;

  /** Throws a TypeError (`UWSGI_INVALID_ADDRESS`, `UWSGI_INVALID_ARGUMENT`). */
  constructor(to: To, options: UwsgiDispatcherOptions = {}) {
    super();
    const { origins, otherwise, modifier1 = 0, modifier2 = 0, vars = {}, ...rest } = options;
    const { maxBodyBytes = 1024 ** 3, spoolFolder, ...clientOptions } = rest;
    this.exchangeOptions = {
      sender: senderTo(to, clientOptions),
      modifier1: byte("modifier1", modifier1),
      modifier2: byte("modifier2", modifier2),
      vars: new Map(Object.entries(vars)),
      maxBodyBytes: size(maxBodyBytes),
      spoolFolder,
    };
    this.isServed = originTest(origins);
    if (otherwise !== undefined && typeof otherwise?.dispatch !== "function") {
      throw typeError("UWSGI_INVALID_ARGUMENT", "otherwise must be a dispatcher");
    }
    this.otherwise = otherwise;
  }

  /** True from `close` or `destroy` on. */
  get closed(): boolean {
    return this.refusal !== undefined;
  }

  get destroyed(): boolean {
    return this.isDestroyed;
  }

  /**
   * Sends one request; all that comes of it is told to `handler`, of either interface, and so is what is wrong with the
   * options. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for a handler that could not be told. Always true: there is
   * nothing to wait for.
   */
  dispatch(options: DispatchOptions, handler: DispatchHandler): boolean {
    checkHandler(handler);
    try {
      if (this.refusal !== undefined) throw this.refusal;
      if (typeof options !== "object" || options === null) {
        throw typeError("UWSGI_INVALID_ARGUMENT", "options must be an object");
      }
      const origin = originOf(options);
      if (!this.isServed(origin)) return this.passOn(origin, options, handler);
      const exchange = new Exchange(planRequest(options, origin), handler, this.exchangeOptions);
      this.running.add(exchange);
      void exchange.run().finally(() => {
        this.running.delete(exchange);
        if (this.running.size === 0) this.onIdle();
      });
    } catch (error) {
      tell(() => controlled(handler).onResponseError?.(new Controller(() => {}), error as Error));
    }
    return true;
  }

  /** Takes no more requests, and is done when those that run are: the same promise each time. */
  close(): Promise<void>;
  close(callback: Callback): void;
  close(callback?: Callback): Promise<void> | undefined {
    this.refusal ??= closedError("closed");
    return told((this.ending ??= this.allOver()), callback);
  }

  /** Ends all requests that run, by that error. */
  destroy(error?: Error | null): Promise<void>;
  destroy(callback: Callback): void;
  destroy(error: Error | null | undefined, callback: Callback): void;
  destroy(first?: Error | Callback | null, second?: Callback): Promise<void> | undefined {
    const [error, callback] = typeof first === "function" ? [undefined, first] : [first, second];
    this.isDestroyed = true;
    this.refusal ??= closedError("destroyed");
    for (const exchange of this.running) exchange.fail(error ?? closedError("destroyed"));
    return told((this.ending ??= this.allOver()), callback);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * This dispatcher with interceptors around it, of any major of undici and mixed at will; the last is the outermost. What
   * it returns is closed with this one. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`).
   */
  compose(interceptors: readonly (Interceptor | null | undefined)[]): this;
  compose(...interceptors: readonly (Interceptor | null | undefined)[]): this;
  compose(...args: readonly (Interceptor | readonly (Interceptor | null | undefined)[] | null | undefined)[]): this {
    const dispatch = composed(this.dispatch.bind(this), args.flat());
    return new Proxy(this, {
      get: (target, key, receiver) => (key === "dispatch" ? dispatch : Reflect.get(target, key, receiver)),
    });
  }

  /** undici's own method, for those who have undici: typed when the dispatcher is assigned to undici's `Dispatcher`. */
  request(...args: never): never {
    return undiciMethod("request").apply(this, args) as never;
  }

  /** As `request`. */
  stream(...args: never): never {
    return undiciMethod("stream").apply(this, args) as never;
  }

  /** As `request`. */
  pipeline(...args: never): never {
    return undiciMethod("pipeline").apply(this, args) as never;
  }

  /** As `request`. */
  upgrade(...args: never): never {
    return undiciMethod("upgrade").apply(this, args) as never;
  }

  /** As `request`; always refused, for a uwsgi server has no tunnels. */
  connect(...args: never): never {
    return undiciMethod("connect").apply(this, args) as never;
  }

  /** Only its type differs, for undici's. */
  override listeners(eventName: string | symbol): ((...args: unknown[]) => void)[] {
    return super.listeners(eventName) as ((...args: unknown[]) => void)[];
  }

  /** Only its type differs, for undici's. */
  override rawListeners(eventName: string | symbol): ((...args: unknown[]) => void)[] {
    return super.rawListeners(eventName) as ((...args: unknown[]) => void)[];
  }

  private passOn(origin: URL, options: DispatchOptions, handler: DispatchHandler): boolean {
    if (this.otherwise !== undefined) return this.otherwise.dispatch(options, handler);
    throw typeError("UWSGI_ORIGIN_REFUSED", `${origin.origin} is not among the origins of this dispatcher`);
  }

  /** Settles when no request runs: from now on there are no new ones. */
  private async allOver(): Promise<void> {
    if (this.running.size === 0) return;
    await new Promise<void>((resolve) => {
      this.onIdle = resolve;
    });
  }
}

/** undici's two ways to be told: a promise, or a callback. */
function told(promise: Promise<void>, callback: Callback | undefined): Promise<void> | undefined {
  if (callback === undefined) return promise;
  void callBack(promise, callback);
  return undefined;
}

async function callBack(promise: Promise<void>, callback: Callback): Promise<void> {
  await promise;
  callback(null, null);
}

function checkHandler(handler: DispatchHandler): void {
  if (typeof handler === "object" && handler !== null) {
    const { onError, onRequestStart, onResponseError } = handler;
    if (typeof (typeof onRequestStart === "function" ? onResponseError : onError) === "function") return;
  }
  throw typeError(
    "UWSGI_INVALID_ARGUMENT",
    "handler must be an object with onError, or onRequestStart and onResponseError",
  );
}

function originTest(origins: UwsgiDispatcherOptions["origins"]): (origin: URL) => boolean {
  if (origins === undefined) return () => true;
  if (typeof origins === "function") return origins;
  const known = new Set(origins.map((origin) => originOf({ origin, path: "/", method: "GET" }).origin));
  return ({ origin }) => known.has(origin);
}

function byte(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= 255) return value;
  throw typeError("UWSGI_INVALID_ARGUMENT", `${name} is ${value}, 0 to 255 is allowed`);
}

function size(value: number): number {
  if (value >= 0) return value;
  throw typeError("UWSGI_INVALID_ARGUMENT", `maxBodyBytes is ${value}, 0 or more is needed`);
}

function closedError(how: "closed" | "destroyed"): ConnectionError {
  return new ConnectionError(`the dispatcher is ${how}`, { code: "UWSGI_DISPATCHER_CLOSED" });
}
