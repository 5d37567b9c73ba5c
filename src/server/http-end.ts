/** The end of an answer: told to who listens, and what goes on behind it waited for. */
import type { Ending } from "../diagnostics.ts";
import type { AppResponse } from "../handler/index.ts";
import type { HttpAnswer } from "./http-answer.ts";
import { answerFailure } from "./http-failure.ts";
import { awaitRest, reportEnd, reportError } from "./http-report.ts";

/** The answer has ended; undefined when nothing goes on behind it. */
export function end(answering: HttpAnswer, ending: Ending): Promise<void> | undefined {
  reportEnd(answering, ending);
  // Last: an application that takes its time to clean up holds up nobody.
  return awaitRest(answering);
}

/** The application has failed, or the client has. */
export async function endFailed(answering: HttpAnswer, error: unknown): Promise<void> {
  const { stream } = answering.request;
  if (stream !== undefined) {
    reportError(answering, error, "complete", 0);
    await endUpgraded(answering);
    stream.destroy();
    return;
  }
  await end(answering, await answerFailure(answering, error));
}

/** The application has taken the connection over; told when the stream is closed. */
export function endUpgraded(answering: HttpAnswer, response?: AppResponse): Promise<void> | undefined {
  const { stream } = answering.request;
  answering.response = response;
  stream?.once("close", () => {
    // An application may have refused the upgrade on its stream.
    answering.status = Number(/^HTTP\/1\.[01] ([0-9]{3})/.exec(stream.beginning)?.[1] ?? 101);
    answering.bodyBytes = stream.bytesWritten;
    reportEnd(answering, "complete");
  });
  return awaitRest(answering);
}
