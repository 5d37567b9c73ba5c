/** Answers to requests that cannot be read, and to those whose application failed. */
import type { Ending } from "../diagnostics.ts";
import { ProtocolError } from "../errors.ts";
import { type Exchange, statusOf } from "../handler/index.ts";
import { errorResponse } from "./error-response.ts";
import { HttpAnswer } from "./http-answer.ts";
import { reportEnd, reportError } from "./http-report.ts";
import { readForLog } from "./http-request.ts";
import { isPeersFault, isShutDown } from "./peer-fault.ts";
import { writeResponse } from "./response-writer.ts";
import { Sent } from "./sent.ts";

/** Answers what cannot be read as a request. Rejects with what is no ProtocolError. */
export async function answerRefusal(exchange: Exchange, error: unknown, startedAt: number | undefined): Promise<void> {
  if (!(error instanceof ProtocolError)) throw error;
  const status = statusOf(error);
  // Before anything is waited for: the packet is a view.
  const request = readForLog(exchange);
  // Before the answer: who the peer was can no longer be asked when the connection is closed.
  exchange.noteRefusal(error, status, request);
  const answer = request === undefined ? undefined : new HttpAnswer(exchange, request, startedAt);
  const isAnswered = await answerWith(status, exchange, "GET", answer ?? new Sent());
  if (answer !== undefined) reportEnd(answer, isAnswered ? "complete" : "peer-gone");
}

/** Answers the failure if nothing was sent yet; else breaks the answer off so that it is seen to be broken. */
export async function answerFailure(answer: HttpAnswer, error: unknown): Promise<Ending> {
  const { exchange, request, method } = answer;
  const { refusal } = request;
  const isRefused = refusal !== undefined && error === refusal;
  const isCut = isShutDown(exchange);
  const isPeers = isPeersFault(exchange, error);
  const isUnanswered = answer.status === 0 && !answer.isComplete;
  const isAnswered = isUnanswered && !isPeers && !isCut;
  const failure = isRefused ? statusOf(error) : 500;
  // As in `answerRefusal`, before the answer.
  if (isRefused) exchange.noteRefusal(refusal, isAnswered && exchange.isOpen ? failure : answer.status, request);
  let ending: Ending = "complete";
  let outcome: Ending | "answered" = "complete";
  if (answer.isComplete) {
    // The application failed behind its answer.
  } else if (!isUnanswered) {
    const isGone = exchange.peerGone && !isCut;
    const isVisible = exchange.abort(answer.isLengthKnown);
    outcome = ending = isGone ? "peer-gone" : isVisible ? "broken-off" : "unsignalled";
  } else if (!isAnswered) {
    exchange.end();
    // An end without an answer is plain to see.
    outcome = ending = isCut ? "broken-off" : "peer-gone";
  } else {
    // Also to a peer that has closed its side: it may well be reading.
    outcome = (await answerWith(failure, exchange, method, answer)) ? "answered" : "peer-gone";
    if (outcome === "peer-gone") ending = outcome;
  }
  if (!isRefused && !isPeers) reportError(answer, error, outcome, answer.status);
  return ending;
}

/** Answers with a fixed text; false when the peer is no longer there. */
async function answerWith(status: number, exchange: Exchange, method: string, sent: Sent): Promise<boolean> {
  try {
    const writing = writeResponse(exchange, method, errorResponse(status), sent);
    if (writing !== undefined) await writing;
    return true;
  } catch {
    // The peer has gone meanwhile: there is nobody to answer.
    exchange.abort();
    return false;
  }
}
