/** A server of one's own for a test, and a record of all that it reports. */
import type { Address } from "../../src/connection/index.ts";
import {
  appMessage,
  type AppMessage,
  connectionRefused,
  type ConnectionRefused,
  exchangeEnd,
  type ExchangeEnd,
  exchangeError,
  type ExchangeError,
  hookFailed,
  type HookFailed,
  largeHead,
  type LargeHead,
  loaderVarSeen,
  type LoaderVarSeen,
  socketLost,
  type SocketLost,
  type Topic,
} from "../../src/diagnostics.ts";
import type { AppResponse, DirectHandler, Handler, Plugin } from "../../src/handler/index.ts";
import { type HttpOptions, httpPlugin, Server, type ServerOptions } from "../../src/server/index.ts";
import { tempFolder } from "./temp-folder.ts";

/** The messages of one topic about one server. */
export class Recorded<Message extends { readonly server: object }> {
  readonly all: Message[] = [];
  private readonly topic: Topic<Message>;
  private wake: () => void = () => {};
  private readonly listener: (message: Message) => void;

  constructor(topic: Topic<Message>, server: object) {
    this.topic = topic;
    this.listener = (message) => {
      if (message.server !== server) return;
      this.all.push(message);
      this.wake();
    };
    topic.subscribe(this.listener);
  }

  /** The message at `position`, waited for. */
  async at(position = 0): Promise<Message> {
    for (;;) {
      const message = this.all[position];
      if (message !== undefined) return message;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  stop(): void {
    this.topic.unsubscribe(this.listener);
  }
}

export interface Seen {
  readonly ends: Recorded<ExchangeEnd>;
  readonly errors: Recorded<ExchangeError>;
  readonly refused: Recorded<ConnectionRefused>;
  readonly loaderVars: Recorded<LoaderVarSeen>;
  readonly messages: Recorded<AppMessage>;
  readonly largeHeads: Recorded<LargeHead>;
  readonly hookFailures: Recorded<HookFailed>;
  readonly socketsLost: Recorded<SocketLost>;
  stop(): void;
}

/** Records what is reported about a server. */
export function watch(server: object): Seen {
  const seen = {
    ends: new Recorded(exchangeEnd, server),
    errors: new Recorded(exchangeError, server),
    refused: new Recorded(connectionRefused, server),
    loaderVars: new Recorded(loaderVarSeen, server),
    messages: new Recorded(appMessage, server),
    largeHeads: new Recorded(largeHead, server),
    hookFailures: new Recorded(hookFailed, server),
    socketsLost: new Recorded(socketLost, server),
  };
  return {
    ...seen,
    stop: () => {
      for (const recorded of Object.values(seen)) recorded.stop();
    },
  };
}

export type TransportKind = "unix" | "tcp";

export interface TestServer extends AsyncDisposable {
  readonly server: Server;
  readonly address: Address;
  readonly seen: Seen;
}

export interface TestServerOptions extends Omit<Partial<ServerOptions>, "plugins">, HttpOptions {
  readonly kind?: TransportKind;
  /** More plugins beside the one for requests. */
  readonly plugins?: readonly Plugin[];
}

/** Starts a server whose requests go to `handler`; on a unix socket unless `kind` says otherwise. */
export async function startServer(
  handler: Handler | DirectHandler,
  options: TestServerOptions = {},
): Promise<TestServer> {
  const { kind = "unix", plugins = [], ...rest } = options;
  const folder = tempFolder();
  // What a test leaves running is cut, not waited for.
  const server = new Server({ graceMs: 200, ...rest, plugins: [httpPlugin(handler, rest), ...plugins] });
  const seen = watch(server);
  await server.listen(kind === "unix" ? folder.file("s") : "127.0.0.1:0");
  const [address] = server.addresses;
  if (address === undefined) throw new Error("the server has no address");
  return {
    server,
    address,
    seen,
    [Symbol.asyncDispose]: async () => {
      await server.close();
      seen.stop();
      folder[Symbol.dispose]();
    },
  };
}

/** A response that says only what the test is about. */
export function respond(
  body: AppResponse["body"],
  { status = 200, headers = [] }: Partial<AppResponse> = {},
): AppResponse {
  return { status, headers, body };
}

/** A promise to be settled by hand. */
export interface Gate<Value = void> {
  readonly promise: Promise<Value>;
  open(value: Value): void;
}

export function gate<Value = void>(): Gate<Value> {
  let open: (value: Value) => void = () => {};
  const promise = new Promise<Value>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}
