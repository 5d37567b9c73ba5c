/** Asks an application without a socket. */
import {
  type Application,
  asServed,
  type FetchApplication,
  type FrameworkApplication,
  type InterfaceName,
  type NodeApplication,
  toHandler,
  type WsgiApplication,
} from "../app/index.ts";
import type { ResponseHead } from "../codec/index.ts";
import {
  appMessage,
  type AppMessage,
  connectionRefused,
  type ConnectionRefused,
  exchangeError,
  type ExchangeError,
} from "../diagnostics.ts";
import type { DirectHandler, Handler } from "../handler/index.ts";
import { httpPlugin } from "../server/index.ts";
import { type InjectRequest, sendRequest } from "./inject-request.ts";
import { InjectedAnswer, type InjectedRest, InjectedStream } from "./injected-answer.ts";
import { MemoryExchange } from "./memory-exchange.ts";

/** An application of any interface. */
export type InjectableApplication = Application | FrameworkApplication;

/** `interface`: what the application is. */
type As<Name> = InjectRequest & { readonly interface: Name };

/** The same, which need not be said; a path is a request too. */
type Maybe<Name> = string | (InjectRequest & { readonly interface?: Name });

/** A function that asks an application of any interface. */
export interface Ask<Answer> {
  (application: WsgiApplication, request?: Maybe<"wsgi">): Promise<Answer>;
  (application: NodeApplication, request: As<"node">): Promise<Answer>;
  (application: FetchApplication, request: As<"fetch">): Promise<Answer>;
  (application: Handler | DirectHandler, request: As<"handler">): Promise<Answer>;
  (application: FrameworkApplication, request?: Maybe<"node" | "fetch" | "handler">): Promise<Answer>;
  (application: InjectableApplication, request: As<InterfaceName>): Promise<Answer>;
}

/**
 * Asks an application, and resolves with the whole answer when it, and the work behind it (`waitUntil`), has ended.
 * `request`: a path, or more.
 *
 * What the application sees, and what comes of its answer, is decided by the server itself: the request becomes a
 * packet as front ends send it, and the answer is read from the bytes that would go out. A failure is a 500 here too,
 * with the error in `errors`. A framework is made ready (`ready()` of Fastify) at its first request, and not closed.
 *
 * Rejects for a request that a front end would refuse (`UWSGI_BAD_TARGET`, `UWSGI_BAD_REQUEST_HEADER`...), for what
 * is no application (`UWSGI_APP_CONTRACT`), with the reason of `signal` when that has fired, and with a
 * ConnectionError (`UWSGI_PEER_GONE`) when there was no answer at all. An upgrade is an error of the application
 * (`UWSGI_APP_CONTRACT`): there is no connection.
 */
export interface Inject extends Ask<InjectedAnswer> {
  /**
   * The same for an answer that is read as it goes, such as an event stream: resolves when the head has come. Who reads
   * nothing holds up the application; `leave()`, the end of `await using`, or `signal` is a client that goes away.
   */
  readonly stream: Ask<InjectedStream>;
}

/** Asks an application as a client would. */
export const inject: Inject = Object.assign(injectWhole, { stream });

async function injectWhole(
  application: InjectableApplication,
  request: string | InjectRequest = {},
): Promise<InjectedAnswer> {
  const asked = typeof request === "string" ? { path: request } : request;
  const { exchange, ended } = await ask(application, asked);
  const head = await headOf(exchange, ended, asked.signal);
  const chunks: Uint8Array[] = [];
  const isComplete = await readAll(exchange, chunks);
  const rest = await ended;
  asked.signal?.throwIfAborted();
  return new InjectedAnswer(head, chunks, isComplete, rest);
}

async function stream(
  application: InjectableApplication,
  request: string | InjectRequest = {},
): Promise<InjectedStream> {
  const asked = typeof request === "string" ? { path: request } : request;
  const { exchange, ended } = await ask(application, asked);
  return new InjectedStream(await headOf(exchange, ended, asked.signal), exchange, ended);
}

async function headOf(
  exchange: MemoryExchange,
  ended: Promise<InjectedRest>,
  signal: AbortSignal | undefined,
): Promise<ResponseHead> {
  try {
    return await exchange.head;
  } catch (error) {
    await ended;
    signal?.throwIfAborted();
    throw error;
  }
}

interface Asked {
  readonly exchange: MemoryExchange;
  readonly ended: Promise<InjectedRest>;
}

async function ask(application: InjectableApplication, request: InjectRequest): Promise<Asked> {
  const { signal, options = {} } = request;
  signal?.throwIfAborted();
  const handler = await handlerOf(application, request.interface);
  const exchange = new MemoryExchange(await sendRequest(request));
  const plugin = httpPlugin(handler, options);
  const heard = listen(exchange.server);
  const leave = (): void => exchange.leave(signal?.reason);
  signal?.addEventListener("abort", leave);
  const ended = (async () => {
    try {
      await plugin.answer(exchange);
      await exchange.worked();
      await exchange.closeInput();
    } finally {
      signal?.removeEventListener("abort", leave);
      heard.stop();
    }
    return heard.rest;
  })();
  // Whoever does not look at it has not asked for it.
  ended.catch(() => {});
  return { exchange, ended };
}

/** A framework that was made ready, or will be: once, for some refuse a second time. */
interface Ready {
  readonly interface: InterfaceName;
  readonly handler: Promise<Handler | DirectHandler>;
}

const ready = new WeakMap<object, Ready>();

async function handlerOf(
  application: InjectableApplication,
  name: InjectRequest["interface"],
): Promise<Handler | DirectHandler> {
  const known = ready.get(application);
  if (known !== undefined && (name === undefined || name === known.interface)) return known.handler;
  const { application: found, interface: served, lifecycle } = asServed(application, name);
  const handler = toHandler(found, served);
  if (lifecycle.start === undefined) return handler;
  const made = Promise.resolve(lifecycle.start()).then(() => handler);
  ready.set(application, { interface: served, handler: made });
  return made;
}

/** True when the answer has come to its end. */
async function readAll(exchange: MemoryExchange, chunks: Uint8Array[]): Promise<boolean> {
  try {
    for await (const chunk of exchange.body) chunks.push(chunk as Uint8Array);
    return true;
  } catch {
    return false;
  }
}

/** Notes what is reported of one exchange. */
function listen(server: object): { readonly rest: InjectedRest; stop(): void } {
  const logs: string[] = [];
  const errors: unknown[] = [];
  const onMessage = (message: AppMessage): void => {
    if (message.server === server) logs.push(message.text);
  };
  const onError = (message: ExchangeError | ConnectionRefused): void => {
    if (message.server === server) errors.push(message.error);
  };
  appMessage.subscribe(onMessage);
  exchangeError.subscribe(onError);
  connectionRefused.subscribe(onError);
  return {
    rest: { logs, errors },
    stop: () => {
      appMessage.unsubscribe(onMessage);
      exchangeError.unsubscribe(onError);
      connectionRefused.unsubscribe(onError);
    },
  };
}
