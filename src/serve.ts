/** The short way: an application, an address, done. */
import { wsgi, type WsgiApplication } from "./app/index.ts";
import { type LogOptions, logServer } from "./log/index.ts";
import { pingPlugin } from "./plugins/index.ts";
import { type HttpOptions, httpPlugin, Server, type ServerOptions } from "./server/index.ts";
import { typeError } from "./errors.ts";

export interface ServeOptions extends Omit<ServerOptions, "plugins">, HttpOptions {
  /** Where to listen: a socket path, `host:port`, or several. */
  readonly socket: string | readonly string[];
  /** What to log and where. Default: errors to standard error, no access log. `false`: nothing. */
  readonly log?: LogOptions | false;
}

/**
 * Serves a WSGI-style application, and pings (packet 100), on one or more sockets; resolves when it
 * listens on all of them. Close it with `close()` or `await using`. Rejects as `Server.listen` does,
 * and then listens nowhere.
 */
export async function serve(application: WsgiApplication, options: ServeOptions): Promise<Server> {
  const sockets = typeof options.socket === "string" ? [options.socket] : options.socket;
  if (!Array.isArray(sockets) || sockets.length === 0) {
    throw typeError("UWSGI_INVALID_ARGUMENT", 'serve needs a socket to listen on, such as { socket: "/run/app.sock" }');
  }
  const server = new Server({ ...options, plugins: [httpPlugin(wsgi(application), options), pingPlugin()] });
  const { log = { errors: process.stderr } } = options;
  if (log !== false) void server.closed.then(logServer(server, log));
  try {
    for (const socket of sockets) await server.listen(socket);
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}
