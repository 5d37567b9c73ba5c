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

/** The environ as the application left it; see `uisge/environ`. */
type ReadonlyEnviron = Readonly<Record<string, unknown>>;

/** A request was answered, or its answer was broken off. */
export interface ExchangeEnd extends FromServer {
  readonly environ: ReadonlyEnviron;
  /** Status sent, 0 when none was. */
  readonly status: number;
  /** Bytes of the response body handed to the transport. */
  readonly bodyBytes: number;
  /** Milliseconds from the whole packet to the last byte handed over; monotonic. */
  readonly durationMs: number;
  /** False when the answer was broken off: by the client, or by an error after the head. */
  readonly complete: boolean;
}

/** An application failed. */
export interface ExchangeError extends FromServer {
  readonly environ: ReadonlyEnviron;
  readonly error: unknown;
  /** False: the client got a 500. True: it came too late for that; `ExchangeEnd` says if the answer is complete. */
  readonly headSent: boolean;
}

/** A connection was refused: malformed packet, modifier not served, conflicting vars. */
export interface ConnectionRefused extends FromServer {
  /** The peer, as `describePeer` names it. */
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

/** A peer sent a variable that makes uWSGI load code: probably an attack. */
export interface LoaderVarSeen extends FromServer {
  readonly peer: string;
  readonly name: string;
}

/** An application wrote to its error stream (`wsgi.errors`). */
export interface AppMessage extends FromServer {
  readonly environ: ReadonlyEnviron;
  readonly text: string;
}

function topic<Message>(name: string): Topic<Message> {
  return channel(name) as unknown as Topic<Message>;
}

export const exchangeEnd: Topic<ExchangeEnd> = topic("uisge:exchange:end");
export const exchangeError: Topic<ExchangeError> = topic("uisge:exchange:error");
export const connectionRefused: Topic<ConnectionRefused> = topic("uisge:connection:refused");
export const acceptFailed: Topic<AcceptFailed> = topic("uisge:listener:accept-failed");
export const loaderVarSeen: Topic<LoaderVarSeen> = topic("uisge:connection:loader-var");
export const appMessage: Topic<AppMessage> = topic("uisge:app:message");
