/// <reference lib="esnext.disposable" preserve="true" />
/**
 * HTTP in, uwsgi out: lets a browser talk to a uwsgi socket where there is no nginx.
 *
 * For development and for the demo. Each request is one connection to the socket; bodies stream both
 * ways, but a chunked upload is kept whole first, because uwsgi needs its length. WebSocket, and whatever else
 * goes on behind an Upgrade, passes.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Response, type Sender, senderTo, spool, type To } from "../client/index.ts";
import { hopByHopHeaders } from "../environ/index.ts";
import { ConnectionError, gone } from "../errors.ts";
import { bridgeUpgrade } from "./bridge-upgrade.ts";
import { isSpoken, readVars, statusOf } from "./http-side.ts";

export interface BridgeOptions {
  /** The uwsgi socket: a path, `host:port` or another form of `parseAddress`; or whoever else sends requests. */
  readonly to: To;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 0: the system chooses. */
  readonly port?: number;
  /** Most bytes of a chunked upload. Default 1 GiB; more is a 413. */
  readonly maxBodyBytes?: number;
  /** Told of what was answered with 502 or broken off. */
  readonly onError?: (error: unknown) => void;
}

/** A running bridge. */
export class HttpBridge implements AsyncDisposable {
  private readonly server: Server;
  private closing: Promise<void> | undefined;

  private constructor(server: Server) {
    this.server = server;
  }

  /** Listens; rejects with a ConnectionError (`UWSGI_LISTEN_FAILED`). */
  static async listen(options: BridgeOptions): Promise<HttpBridge> {
    const { host = "127.0.0.1", port = 0 } = options;
    const to = senderTo(options.to);
    // Set here, so that no flag of the process (`--insecure-http-parser`) lets more through.
    const server = createServer({ insecureHTTPParser: false, requireHostHeader: true }, (req, res) => {
      void bridge(req, res, to, options);
    });
    server.on("upgrade", (req, socket, head) => void bridgeUpgrade(req, socket, head, to, options));
    try {
      server.listen({ host, port });
      await once(server, "listening");
    } catch (error) {
      throw new ConnectionError(`cannot listen on http://${host}:${port}: ${String(error)}`, {
        code: "UWSGI_LISTEN_FAILED",
        cause: error,
      });
    }
    return new HttpBridge(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Stops accepting and waits for the requests that run. Idempotent. */
  close(): Promise<void> {
    return (this.closing ??= new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeIdleConnections();
    }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function bridge(req: IncomingMessage, res: ServerResponse, to: Sender, options: BridgeOptions): Promise<void> {
  const absence = new AbortController();
  res.on("close", () => absence.abort(gone("the HTTP client is gone")));
  const ask = async (body: AsyncIterable<Uint8Array> | undefined, spooledLength?: number): Promise<void> => {
    const vars = readVars(req, spooledLength);
    const isHead = req.method === "HEAD";
    const { signal } = absence;
    const response = await to.send(body === undefined ? { vars, isHead, signal } : { vars, body, isHead, signal });
    await respond(res, response, signal);
  };
  try {
    if (!isSpoken(req)) {
      answer(res, 505);
      return;
    }
    if (req.headers["transfer-encoding"] === undefined) {
      const hasBody = Number(req.headers["content-length"] ?? 0) > 0;
      await ask(hasBody ? req : undefined);
      return;
    }
    // Before an upload is kept for nothing: a request that cannot be passed on is refused by its head.
    readVars(req, 0);
    const spooled = await spool(req, options.maxBodyBytes ?? 1024 ** 3);
    try {
      await ask(spooled.body, spooled.length);
    } finally {
      await spooled[Symbol.asyncDispose]();
    }
  } catch (error) {
    fail(res, error, absence.signal, options);
  }
}

async function respond(res: ServerResponse, response: Response, signal: AbortSignal): Promise<void> {
  const headers = response.headers.filter(([name]) => !hopByHopHeaders.has(name.toLowerCase()));
  res.writeHead(response.status, response.reason, headers.flat());
  for await (const chunk of response.body) {
    if (!res.write(chunk)) await once(res, "drain", { signal });
  }
  res.end();
}

function fail(res: ServerResponse, error: unknown, signal: AbortSignal, { onError }: BridgeOptions): void {
  if (signal.aborted) return;
  const status = statusOf(error);
  if (status === 502) onError?.(error);
  if (res.headersSent) {
    res.destroy();
    return;
  }
  answer(res, status);
}

/** Answers with a fixed text, and no further request on this connection. */
function answer(res: ServerResponse, status: number): void {
  res.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", Connection: "close" });
  res.end(`${status}\n`);
}
