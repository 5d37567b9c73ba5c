/**
 * What can be watched. Every topic is a channel of `node:diagnostics_channel` under its name, so a
 * monitor needs nothing of ours to listen. A topic without subscribers costs one boolean.
 */
import { channel } from "node:diagnostics_channel";
import type { UwsgiError } from "./errors.ts";

/** A channel that knows the shape of its messages. */
export interface Topic<Message> {
  readonly name: string | symbol;
  readonly hasSubscribers: boolean;
  publish(message: Message): void;
  subscribe(listener: (message: Message, name: string | symbol) => void): void;
  unsubscribe(listener: (message: Message, name: string | symbol) => void): boolean;
}

/** In every message: which server it is about, as an identity to compare. */
interface FromServer {
  readonly server: object;
}

/** In every message about one request. */
interface FromRequest extends FromServer {
  /** The environ as the application left it; see `uisge/environ`. Empty for what is no request. */
  readonly environ: Readonly<Record<string, unknown>>;
  /** The front end's `X-Request-ID`, else one of our own; the same in all messages about the request. */
  readonly requestId: string;
}

/**
 * How an answer ended. `complete`: all of it was handed to the transport. `peer-gone`: the front end
 * went away, or did not take the answer in time. `broken-off`: by us, in a way that the front end can
 * see. `unsignalled`: broken off, and nothing can tell the front end, which may take half an answer
 * for a whole one: a unix socket has no reset, and no length was announced.
 */
export type Ending = "complete" | "peer-gone" | "broken-off" | "unsignalled";

/** What a log may say of a packet. */
export interface AboutPacket {
  readonly modifier1: number;
  readonly modifier2: number;
  /** Bytes of its payload. */
  readonly datasize: number;
  /** How many vars it has, those of the same name counted each. */
  readonly vars: { readonly size: number };
}

/** A request was answered, or its answer was broken off. Told to those who listened when its packet came. */
export interface ExchangeEnd extends FromRequest {
  /** Status sent, 0 when none was. */
  readonly status: number;
  /** Bytes of the response body handed to the transport. */
  readonly bodyBytes: number;
  /** Bytes of the response head, 0 when none was sent; undefined where it is not known: in a bridge and a router. */
  readonly headBytes?: number;
  /** The packet that the request came in; undefined where it was none: in a bridge. */
  readonly packet?: AboutPacket;
  /** Milliseconds from the whole packet to the last byte handed over; monotonic. */
  readonly durationMs: number;
  readonly ending: Ending;
}

/** An application failed. */
export interface ExchangeError extends FromRequest {
  readonly error: unknown;
  /**
   * What the front end got: `answered`: a whole answer that says so, with `status`; `complete`: the
   * application's own answer, behind which it failed; `beside`: whatever the application answers, what failed is work
   * of its own beside that (`AppRequest.waitUntil`); otherwise as in `Ending`.
   */
  readonly outcome: "answered" | "beside" | Ending;
  /** Status sent, 0 when none was. */
  readonly status: number;
}

/** The head of an answer is so long that front ends may refuse it. */
export interface LargeHead extends FromRequest {
  readonly bytes: number;
}

/**
 * A connection was refused: malformed packet, modifier not served, too slow, not allowed, one too many. With
 * environ and request id where there is a request.
 */
export interface ConnectionRefused extends FromServer, Partial<Omit<FromRequest, "server">> {
  /** The peer for logs. */
  readonly peer: string;
  readonly error: UwsgiError;
  /** Status of the answer, 0 when the connection was closed without one. */
  readonly status: number;
}

/** A connection could not be accepted; the server goes on. */
export interface AcceptFailed extends FromServer {
  /** The address it came to, as `formatAddress` writes it. */
  readonly address: string;
  readonly error: Error;
}

/** The file of a unix socket is no longer ours: nobody can connect any more. */
export interface SocketLost extends FromServer {
  readonly address: string;
  readonly how: "removed" | "replaced";
  /** True: it listens there anew (`recreate`). */
  readonly isRecreated: boolean;
}

/** Connections go by `net.Socket`, because the faster transport that is there by default does not work here. */
export interface TransportFallback extends FromServer {
  readonly reason: string;
}

/** A peer sent a variable that makes uWSGI load code: probably an attack. */
export interface LoaderVarSeen extends FromRequest {
  readonly peer: string;
  readonly name: string;
}

/** An application wrote to its error stream (`wsgi.errors`). */
export interface AppMessage extends FromRequest {
  readonly text: string;
}

/** A hook of the application (`drain`, `stop`) failed, or took too long; the server goes on closing. */
export interface HookFailed extends FromServer {
  readonly hook: string;
  readonly error: unknown;
}

/** An announcement of ours (packet 224) could not be sent to a router; it is tried again. */
export interface AnnounceFailed extends FromServer {
  readonly error: UwsgiError;
}

/** A datagram for a subscription server was refused, or several were not looked at; `server` is that one. */
export interface SubscriptionRefused extends FromServer {
  /** Where it came from, for logs; `-` for several. */
  readonly peer: string;
  readonly error: UwsgiError;
}

/** A node has announced itself to a subscription server, has changed, or is gone; `server` is that one. */
export interface SubscriptionChanged extends FromServer {
  readonly change: "added" | "changed" | "removed";
  readonly key: string;
  readonly address: string;
  /** Why it is gone. */
  readonly because?: "unsubscribed" | "silent";
}

/** A node of an upstream came, went, or may again or no longer be asked. */
export interface NodeChanged {
  /** Which upstream it is about, as an identity to compare. */
  readonly upstream: object;
  /** Its address, as `formatAddress` writes it. */
  readonly node: string;
  /** `draining`: gets no more requests, those that run may finish; `removed` follows when they have. */
  readonly state: "added" | "up" | "down" | "draining" | "removed";
  /** For people: what was seen. */
  readonly why: string;
}

function topic<Message>(name: string): Topic<Message> {
  return channel(name) as unknown as Topic<Message>;
}

export const exchangeEnd: Topic<ExchangeEnd> = topic("uisge:exchange:end");
export const exchangeError: Topic<ExchangeError> = topic("uisge:exchange:error");
export const largeHead: Topic<LargeHead> = topic("uisge:exchange:large-head");
export const connectionRefused: Topic<ConnectionRefused> = topic("uisge:connection:refused");
export const acceptFailed: Topic<AcceptFailed> = topic("uisge:listener:accept-failed");
export const socketLost: Topic<SocketLost> = topic("uisge:listener:socket-lost");
export const transportFallback: Topic<TransportFallback> = topic("uisge:listener:transport-fallback");
export const loaderVarSeen: Topic<LoaderVarSeen> = topic("uisge:connection:loader-var");
export const appMessage: Topic<AppMessage> = topic("uisge:app:message");
export const hookFailed: Topic<HookFailed> = topic("uisge:app:hook-failed");
export const announceFailed: Topic<AnnounceFailed> = topic("uisge:announce:failed");
export const subscriptionRefused: Topic<SubscriptionRefused> = topic("uisge:subscription:refused");
export const subscriptionChanged: Topic<SubscriptionChanged> = topic("uisge:subscription:changed");
export const nodeChanged: Topic<NodeChanged> = topic("uisge:upstream:node");
