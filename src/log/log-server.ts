/** Writes what happens to one server, as lines, to streams. */
import {
  acceptFailed,
  announceFailed,
  appMessage,
  type ConnectionRefused,
  connectionRefused,
  exchangeEnd,
  exchangeError,
  hookFailed,
  largeHead,
  loaderVarSeen,
  socketLost,
  subscriptionChanged,
  subscriptionRefused,
  transportFallback,
  type Topic,
} from "../diagnostics.ts";
import { typeError } from "../errors.ts";
import { formatAccessJson, formatCombined } from "./access-line.ts";
import { ErrorLog } from "./error-log.ts";
import { GuardedSink, type LineSink } from "./guarded-sink.ts";
import { LineGatherer } from "./line-gatherer.ts";
import { type Rate, RateLimit } from "./rate-limit.ts";
import type { ErrorFormat, LogRecord } from "./record.ts";
import {
  acceptFailedRecord,
  announceFailedRecord,
  appMessageRecord,
  droppedRecord,
  exchangeErrorRecord,
  hookFailedRecord,
  largeHeadRecord,
  loaderVarRecord,
  refusedRecord,
  socketLostRecord,
  subscriptionChangedRecord,
  subscriptionRefusedRecord,
  transportFallbackRecord,
} from "./records.ts";

export interface LogOptions {
  /** A line for each request; to a file, a pipe or a terminal those of one turn of the event loop go together. Default none. */
  readonly access?: LineSink;
  /** `combined`, which is nginx's and what log tools read, or `json`: an object on each line. Default `combined`. */
  readonly accessFormat?: "combined" | "json";
  /** Errors, refused connections, what applications write to `wsgi.errors`. Default none. */
  readonly errors?: LineSink;
  /** `text`, or `json`: an object on each line. Default `text`. */
  readonly errorFormat?: ErrorFormat;
}

/** For what any peer can cause at will: one line a second. */
const PEERS: Rate = { burst: 1, intervalMs: 1_000 };

/** For an application that fails: 20 at once, then 10 a second. */
const FAILURES: Rate = { burst: 20, intervalMs: 100 };

/**
 * Logs what concerns `server` until the answered function is called, which writes what is still held
 * back. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for options that cannot be right. What happens to a sink
 * later never comes back: see `GuardedSink`.
 */
export function logServer(server: object, options: LogOptions): () => void {
  checkLogOptions(options);
  const { access, accessFormat, errors, errorFormat } = options;
  const errorLog = errors === undefined ? undefined : new ErrorLog(errors, errorFormat);
  const stops = [
    ...(errorLog === undefined ? [] : logErrors(server, errorLog)),
    ...(access === undefined ? [] : logAccess(server, access, accessFormat, errorLog)),
    // Last: the others may have something to say.
    ...(errorLog === undefined ? [] : [() => errorLog.close()]),
  ];
  return () => {
    for (const stop of stops.splice(0)) stop();
  };
}

/** Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for a sink that takes no lines and for an unknown format. */
export function checkLogOptions(options: LogOptions): void {
  for (const name of ["access", "errors"] as const) {
    const sink: Partial<LineSink> | null | undefined = options[name];
    if (sink === undefined || typeof sink?.write === "function") continue;
    throw typeError("UWSGI_INVALID_ARGUMENT", `log.${name} is ${typeof sink}, something with write(line) is needed`);
  }
  const { accessFormat = "combined", errorFormat = "text" } = options;
  if (accessFormat !== "combined" && accessFormat !== "json") {
    throw typeError(
      "UWSGI_INVALID_ARGUMENT",
      `log.accessFormat is ${String(accessFormat)}, there are combined and json`,
    );
  }
  if (errorFormat !== "text" && errorFormat !== "json") {
    throw typeError("UWSGI_INVALID_ARGUMENT", `log.errorFormat is ${String(errorFormat)}, there are text and json`);
  }
}

function logAccess(
  server: object,
  access: LineSink,
  format: LogOptions["accessFormat"],
  errorLog: ErrorLog | undefined,
): (() => void)[] {
  // The access log itself holds requests alone: a notice would be a line that its readers do not know.
  const sink = new GuardedSink(access, (lines) => {
    errorLog?.write(droppedRecord("access", lines));
    return true;
  });
  const formatLine = format === "json" ? formatAccessJson : formatCombined;
  const lines = new LineGatherer(sink);
  const target = sink.isOfBytes ? lines : sink;
  return [
    follow(exchangeEnd, server, (message) => target.write(formatLine(message, new Date())), errorLog),
    () => {
      lines.flush();
      sink.close();
    },
  ];
}

function logErrors(server: object, log: ErrorLog): (() => void)[] {
  const stops: (() => void)[] = [];
  const flushes: (() => void)[] = [];
  /** Writes messages of one kind no faster than `rate`. */
  const limited = <Message>(rate: Rate, recordOf: (message: Message) => LogRecord): ((message: Message) => void) => {
    const limit = new RateLimit<{ readonly message: Message; readonly at: Date }>(rate, ({ message, at }, heldBack) => {
      safely(() => log.write(recordOf(message), at, heldBack), log);
    });
    flushes.push(() => limit.flush());
    return (message) => limit.offer({ message, at: new Date() });
  };
  const on = <Message extends AboutServer>(topic: Topic<Message>, tell: (message: Message) => void): void => {
    stops.push(follow(topic, server, tell, log));
  };

  on(exchangeError, limited(FAILURES, exchangeErrorRecord));
  on(largeHead, limited(PEERS, largeHeadRecord));
  const byCode = new Map<string, (message: ConnectionRefused) => void>();
  on(connectionRefused, (message) => {
    const { code } = message.error;
    const tell = byCode.get(code) ?? limited(PEERS, refusedRecord);
    byCode.set(code, tell);
    tell(message);
  });
  on(acceptFailed, limited(PEERS, acceptFailedRecord));
  on(loaderVarSeen, limited(PEERS, loaderVarRecord));
  on(announceFailed, limited(PEERS, announceFailedRecord));
  on(subscriptionRefused, limited(PEERS, subscriptionRefusedRecord));
  // Whoever may announce can come and go at will.
  on(subscriptionChanged, limited(FAILURES, subscriptionChangedRecord));
  on(socketLost, (message) => log.write(socketLostRecord(message)));
  on(transportFallback, (message) => log.write(transportFallbackRecord(message)));
  on(hookFailed, (message) => log.write(hookFailedRecord(message)));
  on(appMessage, (message) => log.write(appMessageRecord(message)));
  stops.push(() => {
    for (const flush of flushes) flush();
  });
  return stops;
}

interface AboutServer {
  readonly server: object;
}

/** Calls `tell` with what a topic reports about `server`, until the answered function is called. */
function follow<Message extends AboutServer>(
  topic: Topic<Message>,
  server: object,
  tell: (message: Message) => void,
  log: ErrorLog | undefined,
): () => void {
  const listener = (message: Message): void => {
    if (message.server === server) safely(() => tell(message), log);
  };
  topic.subscribe(listener);
  return () => topic.unsubscribe(listener);
}

/** An environ is the application's to change: a getter in it may throw, which would be the end of the process. */
function safely(write: () => void, log: ErrorLog | undefined): void {
  try {
    write();
  } catch (error) {
    log?.write({ level: "error", event: "log:failed", text: "a line of the log could not be made", thrown: { error } });
  }
}
