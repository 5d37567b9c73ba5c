/** The answer to one request (modifier1 0): what is known of it, and how far it has come. */
import { exchangeEnd } from "../diagnostics.ts";
import type { AppResponse, ByteStream, Exchange } from "../handler/index.ts";
import { reportEnd } from "./http-report.ts";
import type { HttpAppRequest } from "./http-request.ts";
import { writeResponse } from "./response-writer.ts";
import { Sent } from "./sent.ts";

/** The time to count from, for whoever listens to `exchangeEnd`; undefined when nobody does. */
export function startTime(): number | undefined {
  return exchangeEnd.hasSubscribers ? performance.now() : undefined;
}

export class HttpAnswer extends Sent {
  readonly exchange: Exchange;
  readonly request: HttpAppRequest;
  readonly method: string;
  readonly startedAt: number | undefined;
  /** The application's, once it has given one. */
  response: AppResponse | undefined;

  constructor(exchange: Exchange, request: HttpAppRequest, startedAt: number | undefined) {
    super();
    this.exchange = exchange;
    this.request = request;
    // Read before the application can change it.
    this.method = request.environ.REQUEST_METHOD;
    this.startedAt = startedAt;
    request.answer = this;
  }

  /** Writes the application's response; see `writeResponse`. */
  respond(response: AppResponse): Promise<void> | undefined {
    this.response = response;
    return writeResponse(this.exchange, this.method, response, this);
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
