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
import { accessLogOf } from "./access-log.ts";
import { type AccessFormat, checkAccessFormat, checkErrorFormat, type ErrorFormat } from "./formats.ts";
import type { LineSink } from "./guarded-sink.ts";
import type { Logger } from "./logger-log.ts";
import { type Rate, RateLimit } from "./rate-limit.ts";
import type { LogRecord } from "./record.ts";
import { type RecordLog, recordLogOf } from "./record-log.ts";
import {
  acceptFailedRecord,
  announceFailedRecord,
  appMessageRecord,
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
  /**
   * A line for each request; to a file, a pipe or a terminal those of one turn of the event loop go together. Default
   * `logger`, else none; `false`: none.
   */
  readonly access?: LineSink | false;
  /** See `AccessFormat`. Default `combined`. */
  readonly accessFormat?: AccessFormat;
  /** Errors, refused connections, what applications write to `wsgi.errors`. Default `logger`, else none. */
  readonly errors?: LineSink;
  /** `text`, `json` or `pino`. Default `text`. */
  readonly errorFormat?: ErrorFormat;
  /** A logger of the application's own, such as one of pino's, for what has no sink: it gets objects and sentences. */
  readonly logger?: Logger;
  /** The id of this process among the workers of a manager, for structured lines and `%(wid)`. Default none. */
  readonly worker?: number;
}

/** For what any peer can cause at will: one line a second. */
const PEERS: Rate = { burst: 1, intervalMs: 1_000 };

/** For an application that fails: 20 at once, then 10 a second. */
const FAILURES: Rate = { burst: 20, intervalMs: 100 };

/**
 * Logs what concerns `server` until the answered function is called, which writes what is still held
 * back. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for options that cannot be right, and a UwsgiError
 * (`UWSGI_PACKAGE_MISSING`) where pino is wanted and not installed. What happens to a sink later never comes back: see
 * `GuardedSink`.
 */
export function logServer(server: object, options: LogOptions): () => void {
  checkLogOptions(options);
  const errorLog = recordLogOf(options);
  const accessLog = accessLogOf(options, errorLog);
  const stops = errorLog === undefined ? [] : logErrors(server, errorLog);
  if (accessLog !== undefined) {
    stops.push(
      follow(exchangeEnd, server, (message) => accessLog.access(message), errorLog),
      () => accessLog.close(),
    );
  }
  // Last: the others may have something to say.
  if (errorLog !== undefined) stops.push(() => errorLog.close());
  return () => {
    for (const stop of stops.splice(0)) stop();
  };
}
/**
 * Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for a sink that takes no lines, a logger that is none, and an unknown
 * format, and a UwsgiError (`UWSGI_PACKAGE_MISSING`) where pino is wanted and not installed.
 */
export function checkLogOptions(options: LogOptions): void {
  for (const name of ["access", "errors"] as const) {
    const sink: Partial<LineSink> | null | false | undefined = options[name];
    if (sink === undefined || (name === "access" && sink === false)) continue;
    if (typeof (sink as Partial<LineSink> | null)?.write === "function") continue;
    throw typeError("UWSGI_INVALID_ARGUMENT", `log.${name} is ${typeof sink}, something with write(line) is needed`);
  }
  checkAccessFormat(options.accessFormat ?? "combined");
  checkErrorFormat(options.errorFormat ?? "text");
  const logger: Partial<Logger> | null | undefined = options.logger;
  if (logger === undefined) return;
  for (const level of ["info", "warn", "error"] as const) {
    if (typeof logger?.[level] === "function") continue;
    throw typeError(
      "UWSGI_INVALID_ARGUMENT",
      `log.logger has no ${level}(object, message): a logger as pino's is needed`,
    );
  }
}

function logErrors(server: object, log: RecordLog): (() => void)[] {
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
  log: RecordLog | undefined,
): () => void {
  const listener = (message: Message): void => {
    if (message.server === server) safely(() => tell(message), log);
  };
  topic.subscribe(listener);
  return () => topic.unsubscribe(listener);
}

/** An environ is the application's to change: a getter in it may throw, which would be the end of the process. */
function safely(write: () => void, log: RecordLog | undefined): void {
  try {
    write();
  } catch (error) {
    log?.write({ level: "error", event: "log:failed", text: "a line of the log could not be made", thrown: { error } });
  }
}
