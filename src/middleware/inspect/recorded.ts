/** A response whose record is told how it goes on. */
import { type AppResponse, isPlainList, isStreamed } from "../../handler/index.ts";
import { isBodiless, type Recording } from "./recording.ts";
import { tapped } from "./tapped-body.ts";

/** What can be asked of the exchange until its end. */
export interface Going {
  /** Milliseconds from its beginning. */
  elapsed(): number;
  /** True when the client has. */
  isGone(): boolean;
}

/** Notes the head, and goes on noting what becomes of the body. */
export function recorded(response: AppResponse, recording: Recording, headMs: number, going: Going): AppResponse {
  recording.headMs = headMs;
  recording.answered(response);
  const { status, body } = response;
  // What is there as a whole has been handed over; what is not sent is nobody's to count.
  if (!isStreamed(body) || isPlainList(body) || isBodiless(recording.method, status)) {
    recording.end("complete", headMs);
    return response;
  }
  const leave = (): void => recording.end("left", going.elapsed());
  return {
    ...response,
    body: tapped(body, {
      onChunk: (chunk) => recording.responseBody.take(chunk),
      onEnd: () => recording.end("complete", going.elapsed()),
      onFailure: (error) => recording.end(going.isGone() ? "left" : "failed", going.elapsed(), error),
      onReturn: leave,
      onClose: leave,
    }),
  };
}
