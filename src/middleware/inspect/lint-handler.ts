/**
 * Checks handlers against their contract (handler/handler.ts), from between: the one who asks and the one who answers
 * are told apart, and each fault is told once, of the innermost layer that could have broken the rule.
 */
import {
  type AppRequest,
  type AppResponse,
  type Handler,
  isPromiseLike,
  type Middleware,
} from "../../handler/index.ts";
import type { ReportFault } from "./lint-faults.ts";
import { LintedExchange, type Sides } from "./linted-exchange.ts";

export interface LintHandlerOptions {
  readonly report: ReportFault;
  /** How the handler is called in faults. Default `application`. */
  readonly layer?: string;
  /** How whoever calls it is. Default `server`. */
  readonly caller?: string;
}

/** The same handler, checked. Nothing else is changed; it costs time, and is for development and tests. */
export function lintHandler(handler: Handler, options: LintHandlerOptions): Handler {
  const { report, layer = "application", caller = "server" } = options;
  return new HandlerLint(report).around(handler, () => ({ layer, caller }));
}

/** Checks the layers of lists that it stands in. */
export interface LayerLint extends Middleware {
  watch(layer: Handler, title: string): Handler;
}

/** A middleware that checks all layers below it in its list, the application among them. */
export function lintLayers({ report }: Pick<LintHandlerOptions, "report">): LayerLint {
  const lint = new HandlerLint(report);
  // Layers come from the application outward, and their list is done when the middleware itself is put around them.
  let titles: string[] = [];
  const watch = (layer: Handler, title: string): Handler => {
    const all = titles;
    const place = all.push(title) - 1;
    return lint.around(layer, () => ({ layer: title, caller: all[place + 1] ?? "server" }));
  };
  const around = (next: Handler): Handler => {
    const first = titles.length === 0 ? watch(next, "application") : next;
    titles = [];
    return first;
  };
  return Object.assign(around, { title: "lint", watch });
}

/** Checks several layers of one application. */
class HandlerLint {
  private readonly report: ReportFault;
  private readonly exchanges = new WeakMap<object, LintedExchange>();

  constructor(report: ReportFault) {
    this.report = report;
  }

  /** `sidesOf` is asked for each request: the layers above are made last. */
  around(handler: Handler, sidesOf: () => Sides): Handler {
    return (request) => {
      const known = this.exchanges.get(request.environ);
      const exchange = known ?? new LintedExchange(request, this.report);
      if (known === undefined) this.exchanges.set(request.environ, exchange);
      const sides = sidesOf();
      exchange.asked(request, sides);
      return answerLinted(handler, request, exchange, sides, known === undefined);
    };
  }
}

function answerLinted(
  handler: Handler,
  request: AppRequest,
  exchange: LintedExchange,
  sides: Sides,
  isOutermost: boolean,
): AppResponse | Promise<AppResponse> {
  const onAnswer = (response: AppResponse): AppResponse => {
    const linted = request.isUpgraded ? response : exchange.answered(request, response, sides);
    if (isOutermost) exchange.over();
    return linted;
  };
  const onFailure = (error: unknown): never => {
    exchange.failed();
    if (isOutermost) exchange.over();
    throw error;
  };
  let answer: AppResponse | Promise<AppResponse>;
  try {
    answer = handler(request);
  } catch (error) {
    return onFailure(error);
  }
  return isPromiseLike(answer) ? answer.then(onAnswer, onFailure) : onAnswer(answer);
}
