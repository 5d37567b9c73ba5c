/**
 * modifier1 0: a request with an HTTP body and an HTTP answer, given to a `Handler`.
 *
 * Whatever the application does, the front end gets a whole answer or can see that it was broken
 * off. A closed connection without an answer would be a 502 there, so errors are answered.
 */
import { type Ending, exchangeEnd, exchangeError, largeHead } from "../diagnostics.ts";
import { errorCode, ProtocolError } from "../errors.ts";
import type { AppResponse, Exchange, Handler, Plugin, ResponseBody } from "../handler/index.ts";
import { errorResponse, statusOf } from "./error-response.ts";
import { type HttpAppRequest, readForLog, readOptions, readRequest } from "./http-request.ts";
import { checkRange, type HttpOptions } from "./options.ts";
import { Sent, writeResponse } from "./response-writer.ts";

/** nginx takes a response head of one page unless it is told otherwise (`uwsgi_buffer_size`). */
const LARGE_HEAD_BYTES = 4_096;

/** A plugin that answers requests (modifier1 0) with `handler`. */
export function httpPlugin(handler: Handler, options: HttpOptions = {}): Plugin {
  checkRange("maxBodyBytes", options.maxBodyBytes, 0, Number.MAX_SAFE_INTEGER, true);
  const reading = readOptions(options);
  return {
    name: "http",
    modifier1: 0,
    async answer(exchange) {
      const startedAt = performance.now();
      let request: HttpAppRequest;
      try {
        request = readRequest(exchange, reading);
      } catch (error) {
        await refuse(exchange, error, startedAt);
        return;
      }
      const sent = new Sent();
      // Read before the application can change it.
      const method = request.environ.REQUEST_METHOD;
      let response: AppResponse | undefined;
      let ending: Ending = "complete";
      try {
        if (request.body.refusal !== undefined) throw request.body.refusal;
        response = await handler(request);
        await writeResponse(exchange, method, response, sent);
      } catch (error) {
        ending = await answerFailure(exchange, request, method, error, sent);
      }
      report(exchange, request, sent, ending, startedAt);
      // Last: an application that takes its time to clean up holds up nobody.
      await closeBody(exchange, request, response?.body ?? null);
    },
  };
}

/** Answers what cannot be read as a request. */
async function refuse(exchange: Exchange, error: unknown, startedAt: number): Promise<void> {
  if (!(error instanceof ProtocolError)) throw error;
  // Before anything is waited for: the packet is a view.
  const request = readForLog(exchange);
  const sent = new Sent();
  const status = statusOf(error);
  const ending = (await answerWith(status, exchange, "GET", sent)) ? "complete" : "peer-gone";
  exchange.noteRefusal(error, status, request);
  if (request !== undefined) report(exchange, request, sent, ending, startedAt);
}

/** Answers the failure if nothing was sent yet; else breaks the answer off so that it is seen to be broken. */
async function answerFailure(
  exchange: Exchange,
  request: HttpAppRequest,
  method: string,
  error: unknown,
  sent: Sent,
): Promise<Ending> {
  const { refusal } = request.body;
  const isRefused = refusal !== undefined && error === refusal;
  const isShutDown = exchange.cutBecause?.code === "UWSGI_SERVER_CLOSED";
  // A client that goes away is nobody's error.
  const isPeers = exchange.peerGone && !isShutDown && isPeerGone(error);
  let ending: Ending = "complete";
  let outcome: Ending | "answered" = "complete";
  if (sent.isComplete) {
    // The application failed behind its answer.
  } else if (sent.status !== 0) {
    const isGone = exchange.peerGone && !isShutDown;
    const isVisible = exchange.abort(sent.isLengthKnown);
    outcome = ending = isGone ? "peer-gone" : isVisible ? "broken-off" : "unsignalled";
  } else if (isPeers || isShutDown) {
    exchange.end();
    // An end without an answer is plain to see.
    outcome = ending = isShutDown ? "broken-off" : "peer-gone";
  } else {
    // Also to a peer that has closed its side: it may well be reading.
    const status = isRefused ? statusOf(error) : 500;
    outcome = (await answerWith(status, exchange, method, sent)) ? "answered" : "peer-gone";
    if (outcome === "peer-gone") ending = outcome;
  }
  const { status } = sent;
  if (isRefused) exchange.noteRefusal(refusal, status, request);
  else if (!isPeers) publishError(exchange, request, error, outcome, status);
  return ending;
}

function report(exchange: Exchange, request: HttpAppRequest, sent: Sent, ending: Ending, startedAt: number): void {
  const { server } = exchange;
  const { environ } = request;
  if (sent.headBytes > LARGE_HEAD_BYTES && largeHead.hasSubscribers) {
    largeHead.publish({ server, environ, requestId: request.id, bytes: sent.headBytes });
  }
  if (exchangeEnd.hasSubscribers) {
    const { status, bodyBytes } = sent;
    const durationMs = performance.now() - startedAt;
    exchangeEnd.publish({
      server,
      environ,
      // Made when it is asked for: the usual access log does not have it.
      get requestId() {
        return request.id;
      },
      status,
      bodyBytes,
      durationMs,
      ending,
    });
  }
}

/** Calls `close` where there is one; what it throws can only be logged. */
async function closeBody(exchange: Exchange, request: HttpAppRequest, body: ResponseBody): Promise<void> {
  if (typeof body !== "object" || body === null || !("close" in body)) return;
  try {
    await body.close?.();
  } catch (error) {
    publishError(exchange, request, error, "complete", 0);
  }
}

function publishError(
  { server }: Exchange,
  request: HttpAppRequest,
  error: unknown,
  outcome: Ending | "answered",
  status: number,
): void {
  if (!exchangeError.hasSubscribers) return;
  exchangeError.publish({ server, environ: request.environ, requestId: request.id, error, outcome, status });
}

/** What reads, writes, and functions that were given the signal throw once the peer is gone. */
const peerGoneCodes: ReadonlySet<string | undefined> = new Set([
  "UWSGI_PEER_GONE",
  "UWSGI_BODY_TRUNCATED",
  "UWSGI_WRITE_TIMEOUT",
]);

function isPeerGone(error: unknown): boolean {
  return peerGoneCodes.has(errorCode(error)) || (error instanceof Error && error.name === "AbortError");
}

/** Answers with a fixed text; false when the peer is no longer there. */
async function answerWith(status: number, exchange: Exchange, method: string, sent: Sent): Promise<boolean> {
  try {
    await writeResponse(exchange, method, errorResponse(status), sent);
    return true;
  } catch {
    // The peer has gone meanwhile: there is nobody to answer.
    exchange.abort();
    return false;
  }
}
