/** What is told of a request when its answer has ended. */
import { type Ending, exchangeEnd, exchangeError, largeHead } from "../diagnostics.ts";
import { isPromiseLike } from "../handler/index.ts";
import type { HttpAnswer } from "./http-answer.ts";

/** nginx takes a response head of one page unless it is told otherwise (`uwsgi_buffer_size`). */
const LARGE_HEAD_BYTES = 4_096;

/** Reports how the answer ended, to those who listened when it began. */
export function reportEnd(answer: HttpAnswer, ending: Ending): void {
  const { exchange, request, headBytes, startedAt } = answer;
  if (headBytes > LARGE_HEAD_BYTES && largeHead.hasSubscribers) {
    const { server } = exchange;
    largeHead.publish({ server, environ: request.environ, requestId: request.id, bytes: headBytes });
  }
  if (startedAt === undefined || !exchangeEnd.hasSubscribers) return;
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
    durationMs,
    ending,
  });
}

/** Reports that the application failed. */
export function reportError(answer: HttpAnswer, error: unknown, outcome: Ending | "answered", status: number): void {
  if (!exchangeError.hasSubscribers) return;
  const { exchange, request } = answer;
  const { server } = exchange;
  exchangeError.publish({ server, environ: request.environ, requestId: request.id, error, outcome, status });
}

/** Waits for what goes on behind the answer; what fails can only be logged. Undefined when there is nothing to wait for. */
export function awaitRest(answer: HttpAnswer): Promise<void> | undefined {
  const closing = closeBody(answer);
  const { work } = answer.request;
  if (work === undefined) return closing;
  return awaitWork(answer, work, closing);
}

async function awaitWork(
  answer: HttpAnswer,
  work: readonly PromiseLike<unknown>[],
  closing: Promise<void> | undefined,
): Promise<void> {
  await closing;
  // Not `for of` over what there is now: work may begin more of it.
  for (let i = 0; i < work.length; i++) {
    try {
      await work[i];
    } catch (error) {
      reportError(answer, error, "complete", 0);
    }
  }
}

/** Calls `close` of the response's body where there is one; what it throws can only be logged. */
function closeBody(answer: HttpAnswer): Promise<void> | undefined {
  const body = answer.response?.body;
  if (typeof body !== "object" || body === null || !("close" in body)) return undefined;
  try {
    const closing = body.close?.();
    return isPromiseLike(closing) ? awaitClose(answer, closing) : undefined;
  } catch (error) {
    reportError(answer, error, "complete", 0);
    return undefined;
  }
}

async function awaitClose(answer: HttpAnswer, closing: PromiseLike<void>): Promise<void> {
  try {
    await closing;
  } catch (error) {
    reportError(answer, error, "complete", 0);
  }
}
