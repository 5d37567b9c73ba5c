/**
 * What diagnostics report -> records of the error log. Here is decided what an error log may hold: method
 * and path of a request, never its query, its headers or its cookies.
 */
import type {
  AcceptFailed,
  AnnounceFailed,
  AppMessage,
  ConnectionRefused,
  ExchangeError,
  HookFailed,
  LargeHead,
  LoaderVarSeen,
  NodeChanged,
  SocketLost,
  SubscriptionChanged,
  SubscriptionRefused,
  TransportFallback,
} from "../diagnostics.ts";
import { type Environ, remoteOf, targetOf } from "../environ/index.ts";
import { escapeField, escapeLine } from "./escape.ts";
import type { LogRecord } from "./record.ts";
import { traceIdOf } from "./trace-id.ts";

export function exchangeErrorRecord(message: ExchangeError): LogRecord {
  const { outcome, status, error } = message;
  return {
    level: "error",
    event: "exchange:error",
    ...aboutRequest(message, outcomes[outcome](status)),
    thrown: { error },
    members: { ...requestMembers(message), outcome, status: status || undefined },
  };
}

/** What became of the answer, in words that say what the front end knows. */
const outcomes: Readonly<Record<ExchangeError["outcome"], (status: number) => string>> = {
  answered: (status) => ` answered ${status}`,
  complete: () => " failed behind its whole answer",
  beside: () => " failed in work beside its answer",
  "peer-gone": () => " failed when the front end was gone",
  "broken-off": (status) => ` broken off ${behindHead(status)}, which the front end can see`,
  unsignalled: (status) =>
    ` broken off ${behindHead(status)}, AND THE FRONT END CANNOT SEE that the answer is cut: ` +
    "a unix socket has no reset, and there was no Content-Length",
};

function behindHead(status: number): string {
  return status === 0 ? "without an answer" : `behind the head of a ${status}`;
}

export function largeHeadRecord(message: LargeHead): LogRecord {
  const { bytes } = message;
  return {
    level: "warn",
    event: "exchange:large-head",
    ...aboutRequest(
      message,
      ` answered with a head of ${bytes} bytes: nginx makes a 502 of one that is longer than its uwsgi_buffer_size, ` +
        "4k or 8k unless it is told otherwise",
    ),
    members: { ...requestMembers(message), bytes },
  };
}

export function appMessageRecord(message: AppMessage): LogRecord {
  return {
    level: "info",
    event: "app:message",
    ...aboutRequest(message, `: ${escapeLine(message.text)}`),
    members: requestMembers(message),
  };
}

export function refusedRecord({ peer, error, status, environ, requestId = "-" }: ConnectionRefused): LogRecord {
  const outcome = status === 0 ? "closed" : `answered ${status}`;
  const why = `${outcome}: ${error.code}: ${escapeLine(error.message)}`;
  const about = { environ: environ ?? {}, requestId };
  return {
    level: "warn",
    event: "connection:refused",
    ...(environ === undefined
      ? { text: `refused ${escapeField(peer)}, ${why}` }
      : aboutRequest(about, ` of ${clientOf(environ, peer)} refused, ${why}`)),
    members: { ...requestMembers(about), peer, code: error.code, status: status || undefined },
  };
}

/** The client as the front end saw it, else the front end. */
function clientOf(environ: Readonly<Record<string, unknown>>, peer: string): string {
  return escapeField(remoteOf(environ as Environ).address ?? peer);
}

export function loaderVarRecord(message: LoaderVarSeen): LogRecord {
  const { environ, peer, name } = message;
  return {
    level: "warn",
    event: "connection:loader-var",
    ...aboutRequest(
      message,
      ` of ${clientOf(environ, peer)} has ${escapeField(name)}, which makes uWSGI load code or read files: ` +
        "ignored, probably an attack",
    ),
    members: { ...requestMembers(message), peer, name },
  };
}

export function acceptFailedRecord({ address, error }: AcceptFailed): LogRecord {
  return {
    level: "error",
    event: "listener:accept-failed",
    text: `could not accept a connection on ${escapeField(address)}`,
    thrown: { error },
    members: { address },
  };
}

export function announceFailedRecord({ error }: AnnounceFailed): LogRecord {
  return {
    level: "warn",
    event: "announce:failed",
    text: `${error.code}: ${escapeLine(error.message)}: it is tried again`,
    members: { code: error.code },
  };
}

export function subscriptionRefusedRecord({ peer, error }: SubscriptionRefused): LogRecord {
  return {
    level: "warn",
    event: "subscription:refused",
    text: `refused ${escapeField(peer)}: ${error.code}: ${escapeLine(error.message)}`,
    members: { peer, code: error.code },
  };
}

export function subscriptionChangedRecord({ change, key, address, because }: SubscriptionChanged): LogRecord {
  return {
    level: "info",
    event: "subscription:changed",
    text: `${escapeField(key)}: ${escapeField(address)} ${change}${because === undefined ? "" : `, ${because}`}`,
    members: { change, key, address, because },
  };
}

export function socketLostRecord({ address, how, isRecreated }: SocketLost): LogRecord {
  const since = isRecreated ? "made anew" : "nobody can connect there any more";
  return {
    level: "warn",
    event: "listener:socket-lost",
    text: `the socket ${escapeField(address)} was ${how} by somebody else: ${since}`,
    members: { address, how },
  };
}

export function transportFallbackRecord({ reason }: TransportFallback): LogRecord {
  return {
    level: "warn",
    event: "listener:transport-fallback",
    text: `connections go by net.Socket, which costs more, because the direct transport cannot be used: ${escapeField(reason)}`,
    members: { reason },
  };
}

export function hookFailedRecord({ hook, error }: HookFailed): LogRecord {
  return {
    level: "error",
    event: "app:hook-failed",
    text: `the application's hook ${escapeField(hook)} failed`,
    thrown: { error },
    members: { hook },
  };
}

export function nodeChangedRecord({ node, state, why }: NodeChanged): LogRecord {
  return {
    level: state === "down" ? "warn" : "info",
    event: "upstream:node",
    text: `node ${escapeField(node)} ${nodeStates[state]}: ${escapeLine(why)}`,
    members: { node, state, why },
  };
}

const nodeStates: Readonly<Record<NodeChanged["state"], string>> = {
  added: "is asked from now on",
  up: "is up again",
  down: "is down",
  draining: "gets no more requests",
  removed: "is gone",
};

/** Lines that were not written, because the reader of a log does not keep up. */
export function droppedRecord(log: "access" | "error", lines: number): LogRecord {
  return {
    level: "warn",
    event: "log:dropped",
    text: `${lines} lines of the ${log} log were dropped: its reader did not keep up, or it could not be written`,
    members: { log, lines },
  };
}

interface AboutRequest {
  readonly environ: Readonly<Record<string, unknown>>;
  readonly requestId: string;
}

function aboutRequest(
  { environ, requestId }: AboutRequest,
  what: string,
): Pick<LogRecord, "text" | "requestId" | "traceId"> {
  const { method, path } = requestMembers({ environ });
  const text = `${method === undefined ? "a packet" : `${escapeField(method)} ${escapeField(path)}`}${what}`;
  // What is no request has the id "-".
  return requestId === "-" ? { text } : { text, requestId, traceId: traceIdOf(environ["HTTP_TRACEPARENT"]) };
}

/** Method and path, never the query: it may hold secrets. */
function requestMembers({
  environ,
}: Pick<AboutRequest, "environ">):
  | { readonly method: string; readonly path: string }
  | { readonly method?: never; readonly path?: never } {
  const method = environ["REQUEST_METHOD"];
  if (typeof method !== "string") return {};
  return { method, path: targetOf(environ as Environ).split(/[?#]/, 1)[0] ?? "" };
}
