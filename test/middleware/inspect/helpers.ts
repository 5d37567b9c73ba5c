/** Requests to an inspected application, without sockets. */
import { surround, titled, type AppResponse, type Handler, type Middleware } from "../../../src/handler/index.ts";
import { inspect, type ExchangeDetail, type ExchangeSummary } from "../../../src/middleware/inspect/index.ts";
import type { Clocks, InspectOptions } from "../../../src/middleware/inspect/options.ts";
import { inject, type InjectRequest } from "../../../src/testing/index.ts";

export const NOON: number = Date.UTC(2026, 0, 31, 12);

/** A clock that goes when it is told to. */
export class HandClock {
  ms = 0;
  readonly clock = (): number => this.ms;
  readonly now = (): number => NOON + this.ms;
}

export function ok(body: AppResponse["body"] = "ok", headers: AppResponse["headers"] = []): AppResponse {
  return { status: 200, headers, body };
}

export class Inspected {
  readonly handler: Handler;

  constructor(
    application: Handler,
    options: InspectOptions & Clocks = { development: true },
    layers: readonly Middleware[] = [],
  ) {
    this.handler = surround(application, [inspect(options), ...layers]) as Handler;
  }

  ask(request: string | InjectRequest) {
    return inject(this.handler, { ...asked(request), interface: "handler" });
  }

  stream(request: string | InjectRequest) {
    return inject.stream(this.handler, { ...asked(request), interface: "handler" });
  }

  async text(path: string): Promise<string> {
    return (await this.ask(path)).text();
  }

  async list(): Promise<ExchangeSummary[]> {
    return (await this.ask("/__inspect.json")).json() as ExchangeSummary[];
  }

  async detail(number: number): Promise<ExchangeDetail> {
    return (await this.ask(`/__inspect/${number}.json`)).json() as ExchangeDetail;
  }
}

function asked(request: string | InjectRequest): InjectRequest {
  return typeof request === "string" ? { path: request } : request;
}

/** A layer that does nothing, and takes its time before and behind. */
export function waiting(title: string, clock: HandClock, ms: number): Middleware {
  return titled(title, (next) => async (request) => {
    clock.ms += ms;
    const response = await next(request);
    clock.ms += ms;
    return response;
  });
}
