/**
 * A real nginx with a server behind it, for one test:
 *
 *     await using stack = await startStack(application, { over: "TCP" });
 *     const answer = await send({ port: stack.port, path: "/" });
 */
import { formatAddress } from "../../src/connection/index.ts";
import type { DirectHandler, Handler } from "../../src/handler/index.ts";
import { serve, type Server, type WsgiApplication } from "../../src/index.ts";
import type { FrontEndProcess, Place } from "./front-end-process.ts";
import { type NginxOptions, startNginx } from "./nginx.ts";
import { startServerProcess } from "./server-process.ts";
import { type TempFolder, tempFolder } from "./temp-folder.ts";
import { startServer, type TestServer, type TestServerOptions } from "./test-server.ts";

/** What nginx and the server have between them. */
export type Over = "a unix socket" | "TCP";

export const bothWays: readonly Over[] = ["a unix socket", "TCP"];

export interface StackOptions {
  /** Default a unix socket. */
  readonly over?: Over;
  /** More directives for the `server` block of nginx. */
  readonly directives?: string;
}

/** nginx and what stands behind it. */
export interface Front extends AsyncDisposable {
  /** Where nginx listens on 127.0.0.1. */
  readonly port: number;
  /** Stops nginx, which closes all its connections, then what stands behind it. Idempotent. */
  stop(): Promise<void>;
}

export interface Stack extends Front {
  readonly server: Server;
  /** What the server has logged as errors. */
  readonly errors: readonly string[];
}

/** Serves `application` in this process and starts an nginx in front of it. */
export async function startStack(application: WsgiApplication, options: StackOptions = {}): Promise<Stack> {
  const { over = "a unix socket", directives = "" } = options;
  const folder = tempFolder();
  const errors: string[] = [];
  const socket = over === "TCP" ? "127.0.0.1:0" : folder.file("app.sock");
  const log = { errors: { write: (line: string) => errors.push(line) } };
  const server = await orRemove(folder, serve(application, { socket, log }));
  const address = server.addresses.map(formatAddress).join();
  const front = await startFront({ confText: passAll(address, directives) }, async () => {
    await server.close();
    folder[Symbol.dispose]();
  });
  return { ...front, server, errors };
}

/** nginx and a server that records what it reports. */
export interface HandlerStack extends Front {
  readonly behind: TestServer;
}

/** Serves a handler of any interface in this process and starts an nginx in front of it. */
export async function startHandlerStack(
  handler: Handler | DirectHandler,
  { over = "a unix socket", directives = "", ...options }: StackOptions & Omit<TestServerOptions, "kind"> = {},
): Promise<HandlerStack> {
  const behind = await startServer(handler, { ...options, kind: over === "TCP" ? "tcp" : "unix" });
  const address = formatAddress(behind.address);
  const front = await startFront({ confText: passAll(address, directives) }, async () => {
    await behind[Symbol.asyncDispose]();
  });
  return { ...front, behind };
}

/** Starts a server in a process of its own, with the application of `test/programs`, and an nginx. */
export async function startMeasuredStack(directives = ""): Promise<Front> {
  const folder = tempFolder();
  const socket = folder.file("app.sock");
  const server = await orRemove(folder, startServerProcess(socket));
  return startFront({ confText: passAll(socket, directives) }, async () => {
    await server.stop();
    folder[Symbol.dispose]();
  });
}

/** Starts an nginx; `finish` is called when it has stopped, or at once when it does not start. */
export async function startFront(options: NginxOptions, finish: () => Promise<void>): Promise<Front> {
  let nginx: FrontEndProcess;
  try {
    nginx = await startNginx(options);
  } catch (error) {
    await finish();
    throw error;
  }
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= nginx.stop().then(finish));
  return { port: nginx.port, stop, [Symbol.asyncDispose]: stop };
}

/** An `http` block with the vars of nginx's stock `uwsgi_params` and one server. */
export function httpBlock(port: number, directives: string): string {
  return `
  uwsgi_param QUERY_STRING    $query_string;
  uwsgi_param REQUEST_METHOD  $request_method;
  uwsgi_param CONTENT_TYPE    $content_type;
  uwsgi_param CONTENT_LENGTH  $content_length;
  uwsgi_param REQUEST_URI     $request_uri;
  uwsgi_param PATH_INFO       $document_uri;
  uwsgi_param DOCUMENT_ROOT   $document_root;
  uwsgi_param SERVER_PROTOCOL $server_protocol;
  uwsgi_param REQUEST_SCHEME  $scheme;
  uwsgi_param HTTPS           $https if_not_empty;
  uwsgi_param REMOTE_ADDR     $remote_addr;
  uwsgi_param REMOTE_PORT     $remote_port;
  uwsgi_param SERVER_PORT     $server_port;
  uwsgi_param SERVER_NAME     $server_name;
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 0;
    ${directives}
  }`;
}

/** `uwsgi_pass` to a socket path or `host:port`. */
export function passTo(address: string): string {
  return `uwsgi_pass ${address.startsWith("/") ? `unix:${address}` : address};`;
}

function passAll(address: string, directives: string): (place: Place) => string {
  return ({ port }) => httpBlock(port, `${directives}\n location / { ${passTo(address)} }`);
}

async function orRemove<Started>(folder: TempFolder, starting: Promise<Started>): Promise<Started> {
  try {
    return await starting;
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
}
