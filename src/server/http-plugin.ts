/**
 * modifier1 0: a request with an HTTP body and an HTTP answer, given to a `Handler`, or to a `DirectHandler`.
 *
 * Whatever the application does, the front end gets a whole answer or can see that it was broken
 * off. A closed connection without an answer would be a 502 there, so errors are answered.
 *
 * An application that answers at once is answered at once: from the packet to the last byte nothing is
 * waited for. All others take the way below it, which is the same but for its waiting.
 */
import {
  type AppResponse,
  type DirectHandler,
  type Exchange,
  type Handler,
  isPromiseLike,
  type Plugin,
} from "../handler/index.ts";
import { DirectHttpAnswer } from "./direct-answer.ts";
import { HttpAnswer, startTime } from "./http-answer.ts";
import { end, endFailed, endUpgraded } from "./http-end.ts";
import { answerRefusal } from "./http-failure.ts";
import { type HttpAppRequest, RequestReader } from "./http-request.ts";
import { checkRange, type HttpOptions } from "./options.ts";

/** A plugin that answers requests (modifier1 0) with `handler`. */
export function httpPlugin(handler: Handler | DirectHandler, options: HttpOptions = {}): Plugin {
  checkRange("maxBodyBytes", options.maxBodyBytes, 0, Number.MAX_SAFE_INTEGER, true);
  checkRange("harakiriMs", options.harakiriMs, 1, Number.MAX_SAFE_INTEGER, true);
  const limitMs = options.harakiriMs === Number.POSITIVE_INFINITY ? undefined : options.harakiriMs;
  const reader = new RequestReader(options);
  const answerRead: AnswerRead =
    typeof handler === "function"
      ? (exchange, request, startedAt) => answer(new HttpAnswer(exchange, request, startedAt, limitMs), handler)
      : (exchange, request, startedAt) =>
          answerDirectly(new DirectHttpAnswer(exchange, request, startedAt, limitMs), handler);
  const plugin: Plugin = {
    name: "http",
    modifier1: 0,
    answer: (exchange) => readFirst(exchange, reader, answerRead, limitMs),
  };
  // Not for who makes another plugin of this one (`{ ...plugin, answer }`), and may read later.
  return Object.defineProperty(plugin, "readsAtOnce", { value: true });
}

/** Answers a request that could be read. */
type AnswerRead = (
  exchange: Exchange,
  request: HttpAppRequest,
  startedAt: number | undefined,
) => Promise<void> | undefined;

function readFirst(
  exchange: Exchange,
  reader: RequestReader,
  answerRead: AnswerRead,
  limitMs: number | undefined,
): Promise<void> | undefined {
  const startedAt = startTime(limitMs);
  let request: HttpAppRequest;
  try {
    request = reader.read(exchange);
  } catch (error) {
    return answerRefusal(exchange, error, startedAt);
  }
  return answerRead(exchange, request, startedAt);
}

function answer(answering: HttpAnswer, handler: Handler): Promise<void> | undefined {
  const { exchange, request } = answering;
  exchange.noteAnswer?.(answering);
  try {
    const { refusal } = request;
    if (refusal !== undefined) throw refusal;
    const response = handler(request);
    if (isPromiseLike(response)) return answerLater(answering, response);
    if (request.stream !== undefined) return endUpgraded(answering, response);
    const writing = answering.respond(response);
    if (writing !== undefined) return endBehind(answering, writing);
  } catch (error) {
    return endFailed(answering, error);
  }
  return end(answering, "complete");
}

async function answerLater(answering: HttpAnswer, response: PromiseLike<AppResponse>): Promise<void> {
  try {
    const settled = await response;
    if (answering.request.stream !== undefined) {
      await endUpgraded(answering, settled);
      return;
    }
    const writing = answering.respond(settled);
    if (writing !== undefined) await writing;
  } catch (error) {
    await endFailed(answering, error);
    return;
  }
  await end(answering, "complete");
}

async function endBehind(answering: HttpAnswer, writing: Promise<void>): Promise<void> {
  try {
    await writing;
  } catch (error) {
    await endFailed(answering, error);
    return;
  }
  await end(answering, "complete");
}

function answerDirectly(answering: DirectHttpAnswer, handler: DirectHandler): Promise<void> | undefined {
  const { exchange, request } = answering;
  exchange.noteAnswer?.(answering);
  const { refusal } = request;
  if (refusal === undefined) answering.run(handler);
  else answering.fail(refusal);
  return answering.untilEnd();
}
