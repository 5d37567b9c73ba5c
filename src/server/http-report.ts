/** What is told of a request when its answer has ended. */
import { type Ending, exchangeEnd, exchangeError, type ExchangeError, largeHead } from "../diagnostics.ts";
import { isPromiseLike } from "../handler/index.ts";
import type { HttpAnswer } from "./http-answer.ts";

/** nginx takes a response head of one page unless it is told otherwise (`uwsgi_buffer_size`). */
const LARGE_HEAD_BYTES = 4_096;

/** Reports how the answer ended, to those who listened when it began. */
export function reportEnd(answer: HttpAnswer, ending: Ending): void {
  const { exchange, request, headBytes, startedAt, isHeard } = answer;
  if (headBytes > LARGE_HEAD_BYTES && largeHead.hasSubscribers) {
    const { server } = exchange;
    largeHead.publish({ server, environ: request.environ, requestId: request.id, bytes: headBytes });
  }
  if (!isHeard || startedAt === undefined || !exchangeEnd.hasSubscribers) return;
  const { status, bodyBytes } = answer;
  const durationMs = performance.now() - startedAt;
  exchangeEnd.publish({
    server: exchange.server,
    environ: request.environ,
    // Made when it is asked for: the usual access log does not have it.
    get requestId() {
      return request.id;
    },
    status,
    bodyBytes,
    headBytes,
    packet: exchange.packet,
    durationMs,
    ending,
  });
}

/** Reports that the application failed. */
export function reportError(
  { exchange, request }: Pick<HttpAnswer, "exchange" | "request">,
  error: unknown,
  outcome: ExchangeError["outcome"],
  status: number,
): void {
  if (!exchangeError.hasSubscribers) return;
  const { server } = exchange;
  exchangeError.publish({ server, environ: request.environ, requestId: request.id, error, outcome, status });
}

/**
 * Calls `close` of the response's body where there is one; what it throws can only be logged. Undefined when there is
 * nothing to wait for.
 */
export function closeBody(answer: HttpAnswer): Promise<void> | undefined {
  const body = answer.response?.body;
  if (typeof body !== "object" || body === null || !("close" in body)) return undefined;
  try {
    const closing = body.close?.();
    return isPromiseLike(closing) ? awaitClose(answer, closing) : undefined;
  } catch (error) {
    reportClose(answer, error);
    return undefined;
  }
}

async function awaitClose(answer: HttpAnswer, closing: PromiseLike<void>): Promise<void> {
  try {
    await closing;
  } catch (error) {
    reportClose(answer, error);
  }
}

function reportClose(answer: HttpAnswer, error: unknown): void {
  if (!answer.isGivenUp) reportError(answer, error, "complete", 0);
}
