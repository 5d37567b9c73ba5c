/**
 * modifier1 0: a request with an HTTP body and an HTTP answer, given to a `Handler`.
 *
 * Whatever the application does, the front end gets a whole answer or can see that it was broken
 * off. A closed connection without an answer would be a 502 there, so errors are answered.
 *
 * An application that answers at once is answered at once: from the packet to the last byte nothing is
 * waited for. All others take the way below it, which is the same but for its waiting.
 */
import type { Ending } from "../diagnostics.ts";
import { type AppResponse, type Exchange, type Handler, isPromiseLike, type Plugin } from "../handler/index.ts";
import { HttpAnswer, startTime } from "./http-answer.ts";
import { answerFailure, answerRefusal } from "./http-failure.ts";
import { closeBody, reportEnd } from "./http-report.ts";
import { type HttpAppRequest, RequestReader } from "./http-request.ts";
import { checkRange, type HttpOptions } from "./options.ts";

/** A plugin that answers requests (modifier1 0) with `handler`. */
export function httpPlugin(handler: Handler, options: HttpOptions = {}): Plugin {
  checkRange("maxBodyBytes", options.maxBodyBytes, 0, Number.MAX_SAFE_INTEGER, true);
  const reader = new RequestReader(options);
  const plugin: Plugin = { name: "http", modifier1: 0, answer: (exchange) => answer(exchange, reader, handler) };
  // Not for who makes another plugin of this one (`{ ...plugin, answer }`), and may read later.
  return Object.defineProperty(plugin, "readsAtOnce", { value: true });
}

function answer(exchange: Exchange, reader: RequestReader, handler: Handler): Promise<void> | undefined {
  const startedAt = startTime();
  let request: HttpAppRequest;
  try {
    request = reader.read(exchange);
  } catch (error) {
    return answerRefusal(exchange, error, startedAt);
  }
  const answering = new HttpAnswer(exchange, request, startedAt);
  try {
    const { refusal } = request;
    if (refusal !== undefined) throw refusal;
    const response = handler(request);
    if (isPromiseLike(response)) return answerLater(answering, response);
    const writing = answering.write(response);
    if (writing !== undefined) return endBehind(answering, writing);
  } catch (error) {
    return endFailed(answering, error);
  }
  return end(answering, "complete");
}

async function answerLater(answering: HttpAnswer, response: PromiseLike<AppResponse>): Promise<void> {
  try {
    const writing = answering.write(await response);
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

async function endFailed(answering: HttpAnswer, error: unknown): Promise<void> {
  const ending = await answerFailure(answering, error);
  await end(answering, ending);
}

function end(answering: HttpAnswer, ending: Ending): Promise<void> | undefined {
  reportEnd(answering, ending);
  // Last: an application that takes its time to clean up holds up nobody.
  return closeBody(answering);
}
