/** The end of an answer: told to who listens, and what goes on behind it waited for. */
import type { Ending } from "../diagnostics.ts";
import type { AppResponse } from "../handler/index.ts";
import type { HttpAnswer } from "./http-answer.ts";
import { answerFailure } from "./http-failure.ts";
import { closeBody, reportEnd, reportError } from "./http-report.ts";

/** The answer has ended; undefined when nothing goes on behind it. */
export function end(answering: HttpAnswer, ending: Ending): Promise<void> | undefined {
  if (answering.isGivenUp) return undefined;
  reportEnd(answering, ending);
  // Last: an application that takes its time to clean up holds up nobody.
  return closeBody(answering);
}

/** The application has failed, or the client has. */
export async function endFailed(answering: HttpAnswer, error: unknown): Promise<void> {
  if (answering.isGivenUp) return;
  const { stream } = answering.request;
  if (stream === undefined) {
    await end(answering, await answerFailure(answering, error));
    return;
  }
  reportError(answering, error, "complete", 0);
  stream.destroy();
  await closeBody(answering);
}

/** The application has taken the connection over, and answers something all the same: that is not looked at. */
export function endUpgraded(answering: HttpAnswer, response: AppResponse): Promise<void> | undefined {
  answering.response = response;
  return closeBody(answering);
}
