/** Writes what happens to one server, as lines, to a stream. */
import {
  acceptFailed,
  appMessage,
  type ConnectionRefused,
  connectionRefused,
  exchangeEnd,
  exchangeError,
  loaderVarSeen,
  type Topic,
} from "../diagnostics.ts";
import { formatAccess } from "./access-line.ts";
import {
  formatAcceptFailed,
  formatAppMessage,
  formatExchangeError,
  formatLoaderVar,
  formatRefused,
} from "./error-line.ts";
import { RateLimit } from "./rate-limit.ts";

/** Where lines go; a `Writable` fits. */
interface LineSink {
  write(line: string): unknown;
}

export interface LogOptions {
  /** A line for each request. Default none. */
  readonly access?: LineSink;
  /** Errors, refused connections, what applications write to `wsgi.errors`. Default none. */
  readonly errors?: LineSink;
}

/** A format for what any peer can cause at will: one line a second. */
function limited<Message>(format: (message: Message) => string): (message: Message) => string | undefined {
  const limit = new RateLimit();
  return (message) => limit.pass(() => format(message), performance.now());
}

/** Logs what concerns `server` until the answered function is called. */
export function logServer(server: object, { access, errors }: LogOptions): () => void {
  const stops: (() => void)[] = [];
  const follow = <Message extends { readonly server: object }>(
    topic: Topic<Message>,
    sink: LineSink | undefined,
    format: (message: Message) => string | undefined,
  ): void => {
    if (sink === undefined) return;
    const listener = (message: Message): void => {
      if (message.server !== server) return;
      const line = format(message);
      if (line !== undefined) sink.write(`${line}\n`);
    };
    topic.subscribe(listener);
    stops.push(() => topic.unsubscribe(listener));
  };
  follow(exchangeEnd, access, (message) => formatAccess(message, new Date()));
  follow(exchangeError, errors, formatExchangeError);
  const byCode = new Map<string, (message: ConnectionRefused) => string | undefined>();
  follow(connectionRefused, errors, (message) => {
    const { code } = message.error;
    const format = byCode.get(code) ?? limited(formatRefused);
    byCode.set(code, format);
    return format(message);
  });
  follow(acceptFailed, errors, limited(formatAcceptFailed));
  follow(loaderVarSeen, errors, limited(formatLoaderVar));
  follow(appMessage, errors, formatAppMessage);
  return () => {
    for (const stop of stops) stop();
  };
}
