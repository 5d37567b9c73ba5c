/** The answer to one request (modifier1 0): what is known of it, and how far it has come. */
import { exchangeEnd } from "../diagnostics.ts";
import { remoteOf, targetOf } from "../environ/index.ts";
import type { UwsgiError } from "../errors.ts";
import type { AppResponse, ByteStream, Exchange, RunningAnswer } from "../handler/index.ts";
import { giveUp } from "./http-give-up.ts";
import { closeBody, reportEnd, reportError } from "./http-report.ts";
import type { HttpAppRequest } from "./http-request.ts";
import { isPeersFault } from "./peer-fault.ts";
import { writeResponse } from "./response-writer.ts";
import { Sent } from "./sent.ts";

/** The time to count from, for whoever listens to `exchangeEnd`, or looks at `limitMs`; undefined when nobody does. */
export function startTime(limitMs: number | undefined): number | undefined {
  return exchangeEnd.hasSubscribers || limitMs !== undefined ? performance.now() : undefined;
}

export class HttpAnswer extends Sent implements RunningAnswer {
  readonly exchange: Exchange;
  readonly request: HttpAppRequest;
  readonly method: string;
  startedAt: number | undefined;
  readonly limitMs: number | undefined;
  /** Somebody listened to `exchangeEnd` when it began. */
  readonly isHeard: boolean = exchangeEnd.hasSubscribers;
  /** The application's, once it has given one. */
  response: AppResponse | undefined;
  /** It was ended in the application's place, which may not know yet: nothing of it is sent or reported any more. */
  isGivenUp = false;

  constructor(exchange: Exchange, request: HttpAppRequest, startedAt: number | undefined, limitMs?: number) {
    super();
    this.exchange = exchange;
    this.request = request;
    // Read before the application can change it.
    this.method = request.environ.REQUEST_METHOD;
    this.startedAt = startedAt;
    this.limitMs = limitMs;
    request.answer = this;
  }

  get id(): string {
    return this.request.id;
  }

  get path(): string {
    return targetOf(this.request.environ).split(/[?#]/, 1)[0] ?? "";
  }

  get remote(): string {
    return remoteOf(this.request.environ).address ?? this.exchange.peer;
  }

  /** Writes the application's response; see `writeResponse`. */
  respond(response: AppResponse): Promise<void> | undefined {
    this.response = response;
    if (this.isGivenUp) return closeBody(this);
    return writeResponse(this.exchange, this.method, response, this);
  }

  giveUp(error: unknown, status: number, reason: UwsgiError): boolean {
    return giveUp(this, error, status, reason);
  }

  failLate(error: unknown): void {
    if (this.isGivenUp) return;
    if (!isPeersFault(this.exchange, error)) reportError(this, error, "complete", this.status);
    this.request.stream?.destroy();
  }

  /** The application has taken the connection over: told when the stream is closed, which may be before it returns. */
  onUpgrade(stream: ByteStream): void {
    // A peer can reset it at any time: an application that does not listen must not end the process by that.
    stream.on("error", () => {});
    stream.once("close", () => {
      // An application may have refused the upgrade on its stream.
      const { bytesWritten, beginning } = stream;
      this.status = bytesWritten === 0 ? 0 : Number(/^HTTP\/1\.[01] ([0-9]{3})/.exec(beginning)?.[1] ?? 101);
      this.bodyBytes = bytesWritten;
      reportEnd(this, bytesWritten === 0 ? "broken-off" : "complete");
    });
  }
}
