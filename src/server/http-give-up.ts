/** The end of an answer in the application's place: it has taken too long, or has failed where nobody caught it. */
import type { Ending } from "../diagnostics.ts";
import type { UwsgiError } from "../errors.ts";
import { errorResponse } from "./error-response.ts";
import type { HttpAnswer } from "./http-answer.ts";
import { closeBody, reportEnd, reportError } from "./http-report.ts";
import { isPeersFault, isShutDown } from "./peer-fault.ts";
import { writeResponse } from "./response-writer.ts";

/** See `RunningAnswer.giveUp`. Calls nothing of the application's before all is sent. */
export function giveUp(answer: HttpAnswer, error: unknown, status: number, reason: UwsgiError): boolean {
  const { exchange, request } = answer;
  if (answer.isGivenUp || answer.isComplete || request.isUpgraded) return false;
  answer.isGivenUp = true;
  // A limit is the application's, whoever has left meanwhile.
  const isPeers = error !== reason && isPeersFault(exchange, error);
  request.refuseReads(reason);
  const ending = sendEnd(answer, status);
  const outcome = ending === "complete" ? "answered" : ending;
  if (!isPeers) reportError(answer, error, outcome, answer.status);
  reportEnd(answer, ending);
  // It may take its time: nobody waits for it.
  void closeBody(answer);
  return true;
}

function sendEnd(answer: HttpAnswer, status: number): Ending {
  const { exchange, method } = answer;
  if (answer.status !== 0) {
    const isGone = exchange.peerGone && !isShutDown(exchange);
    const isVisible = exchange.abort(answer.isLengthKnown);
    if (isGone) return "peer-gone";
    return isVisible ? "broken-off" : "unsignalled";
  }
  // An end without an answer is plain to see.
  if (!exchange.isOpen) return isShutDown(exchange) ? "broken-off" : "peer-gone";
  // Not waiting for room: what the application still writes must find the exchange closed.
  writeResponse(exchange, method, errorResponse(status), answer)?.catch(() => {});
  answer.finish(exchange);
  return "complete";
}
