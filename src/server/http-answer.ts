/** The answer to one request (modifier1 0): what is known of it, and how far it has come. */
import { exchangeEnd } from "../diagnostics.ts";
import type { AppResponse, Exchange } from "../handler/index.ts";
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
    request.sent = this;
  }

  /** Writes the application's response; see `writeResponse`. */
  respond(response: AppResponse): Promise<void> | undefined {
    this.response = response;
    return writeResponse(this.exchange, this.method, response, this);
  }
}
