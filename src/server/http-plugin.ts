/**
 * modifier1 0: a request with an HTTP body and an HTTP answer, given to a `Handler`.
 *
 * Whatever the application does, the front end gets a whole answer or can see that it was broken
 * off. A closed connection without an answer would be a 502 there, so errors are answered.
 */
import { contentLengthOf, type Environ, environFromVars } from "../environ/index.ts";
import { appMessage, connectionRefused, exchangeEnd, exchangeError, loaderVarSeen } from "../diagnostics.ts";
import { errorCode, ProtocolError } from "../errors.ts";
import type {
  AppRequest,
  AppResponse,
  Exchange,
  Handler,
  Plugin,
  RequestBody,
  ResponseBody,
} from "../handler/index.ts";
import { errorResponse } from "./error-response.ts";
import type { HttpOptions } from "./options.ts";
import { ExchangeBody } from "./request-body.ts";
import { type Sent, writeResponse } from "./response-writer.ts";

/** A plugin that answers requests (modifier1 0) with `handler`. */
export function httpPlugin(handler: Handler, options: HttpOptions = {}): Plugin {
  return {
    name: "http",
    modifier1: 0,
    async answer(exchange) {
      const startedAt = performance.now();
      const request = await readRequest(exchange, options);
      if (request === undefined) return;
      const sent: Sent = { status: 0, bodyBytes: 0, headSent: false, complete: false };
      // Read before the application can change it.
      const method = request.environ.REQUEST_METHOD;
      let response: AppResponse | undefined;
      try {
        response = await handler(request);
        await writeResponse(exchange, method, response, sent);
      } catch (error) {
        await answerFailure(exchange, request, method, error, sent);
      }
      if (exchangeEnd.hasSubscribers) {
        exchangeEnd.publish({
          server: exchange.server,
          environ: request.environ,
          status: sent.status,
          bodyBytes: sent.bodyBytes,
          durationMs: performance.now() - startedAt,
          complete: sent.complete,
        });
      }
      // Last: an application that takes its time to clean up holds up nobody.
      await closeBody(exchange, request, response?.body ?? null);
    },
  };
}

class HttpAppRequest implements AppRequest {
  readonly environ: Environ;
  readonly body: RequestBody;
  private readonly exchange: Exchange;

  constructor(exchange: Exchange, environ: Environ, length: number) {
    this.exchange = exchange;
    this.environ = environ;
    this.body = new ExchangeBody(exchange, length);
  }

  get signal(): AbortSignal {
    return this.exchange.signal;
  }

  log(text: string): void {
    appMessage.publish({ server: this.exchange.server, environ: this.environ, text });
  }
}

/** The request; undefined when its vars cannot be read as one, which is answered here with a 400. */
async function readRequest(exchange: Exchange, options: HttpOptions): Promise<HttpAppRequest | undefined> {
  const { duplicates = "join", serverName = "localhost", serverPort = String(exchange.localPort) } = options;
  const onLoaderVar = (name: string): void => {
    loaderVarSeen.publish({ server: exchange.server, peer: exchange.peer, name });
  };
  try {
    const environ = environFromVars(exchange.packet.vars, { duplicates, serverName, serverPort, onLoaderVar });
    return new HttpAppRequest(exchange, environ, contentLengthOf(environ));
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    await answerWith(400, exchange, "GET");
    connectionRefused.publish({ server: exchange.server, peer: exchange.peer, error, status: 400 });
    return undefined;
  }
}

/** Answers 500 if nothing was sent yet; else breaks the answer off so that it is seen to be broken. */
async function answerFailure(
  exchange: Exchange,
  request: AppRequest,
  method: string,
  error: unknown,
  sent: Sent,
): Promise<void> {
  const { headSent } = sent;
  // A client that goes away is nobody's error.
  const isClients = exchange.peerGone && isPeerGone(error);
  if (headSent) {
    if (!sent.complete) exchange.abort();
  } else if (isClients) {
    exchange.end();
  } else {
    // Also to a peer that has closed its side: it may well be reading.
    await answerWith(500, exchange, method, sent);
  }
  if (isClients) return;
  exchangeError.publish({ server: exchange.server, environ: request.environ, error, headSent });
}

/** Calls `close` where there is one; what it throws can only be logged. */
async function closeBody(exchange: Exchange, request: AppRequest, body: ResponseBody): Promise<void> {
  if (typeof body !== "object" || body === null || !("close" in body)) return;
  try {
    await body.close?.();
  } catch (error) {
    exchangeError.publish({ server: exchange.server, environ: request.environ, error, headSent: true });
  }
}

/** True for what reads, writes, and functions that were given the signal throw once the peer is gone. */
function isPeerGone(error: unknown): boolean {
  const code = errorCode(error);
  if (code === "UWSGI_PEER_GONE" || code === "UWSGI_BODY_TRUNCATED") return true;
  return error instanceof Error && error.name === "AbortError";
}

async function answerWith(status: number, exchange: Exchange, method: string, sent?: Sent): Promise<void> {
  const noted = sent ?? { status: 0, bodyBytes: 0, headSent: false, complete: false };
  try {
    await writeResponse(exchange, method, errorResponse(status), noted);
  } catch {
    // The peer has gone meanwhile: there is nobody to answer.
    exchange.abort();
  }
}
