/** What is told of an exchange to those who listen: the same topics as a server's, so that `logServer` writes its log. */
import { emptyDictionary } from "../../codec/index.ts";
import { connectionRefused, type Ending, exchangeEnd, exchangeError, type ExchangeError } from "../../diagnostics.ts";
import { ProtocolError, UwsgiError } from "../../errors.ts";
import type { Origin, ReadRequest, RequestHead } from "./request-vars.ts";

/** An exchange as far as it is known. */
export interface AboutExchange {
  /** The bridge, as an identity. */
  readonly server: object;
  readonly head: RequestHead;
  readonly origin: Origin;
  /** Undefined where the head was refused. */
  readonly request: ReadRequest | undefined;
}

/** An answer has ended. `startedAt`: undefined when nobody listened then. */
export function reportEnd(
  about: AboutExchange,
  startedAt: number | undefined,
  { status, bodyBytes }: { readonly status: number; readonly bodyBytes: number },
  ending: Ending,
): void {
  if (startedAt === undefined || !exchangeEnd.hasSubscribers) return;
  const durationMs = performance.now() - startedAt;
  exchangeEnd.publish({ ...known(about), status, bodyBytes, durationMs, ending });
}

/** The upstream, or the bridge itself, has failed. */
export function reportFailure(
  about: AboutExchange,
  error: unknown,
  outcome: ExchangeError["outcome"],
  status: number,
): void {
  if (exchangeError.hasSubscribers) exchangeError.publish({ ...known(about), error, outcome, status });
}

/** A request was refused by what the client sent, or did not send in time. */
export function reportRefusal(about: AboutExchange, error: unknown, status: number): void {
  if (!connectionRefused.hasSubscribers) return;
  connectionRefused.publish({ ...known(about), peer: peerOf(about.origin), error: asOurs(error), status });
}

/** A connection was refused before it had a request. */
export function reportConnection(server: object, origin: Origin, error: UwsgiError, status: number): void {
  if (connectionRefused.hasSubscribers) connectionRefused.publish({ server, peer: peerOf(origin), error, status });
}

function known({ server, head, origin, request }: AboutExchange): {
  readonly server: object;
  readonly environ: Readonly<Record<string, unknown>>;
  readonly requestId: string;
} {
  const environ: Record<string, unknown> = emptyDictionary();
  for (const [name, value] of request?.vars ?? fewVars(head, origin)) environ[name] = value;
  return { server, environ, requestId: request?.requestId ?? "-" };
}

/** Of a request that makes no vars. */
function fewVars({ method, target, httpVersion }: RequestHead, { remoteAddress }: Origin): [string, string][] {
  return [
    ["REQUEST_METHOD", method],
    ["REQUEST_URI", target],
    ["SERVER_PROTOCOL", `HTTP/${httpVersion}`],
    ["REMOTE_ADDR", remoteAddress || "unix:"],
  ];
}

/** A packet that is too large is a caller's mistake elsewhere, hence no error of ours. */
function asOurs(error: unknown): UwsgiError {
  if (error instanceof UwsgiError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ProtocolError(message, { code: "UWSGI_PACKET_TOO_LARGE", cause: error });
}

function peerOf({ remoteAddress, remotePort }: Origin): string {
  if (remoteAddress === "") return "unix:";
  return remoteAddress.includes(":") ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
}
