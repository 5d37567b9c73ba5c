/** What happens in an application, for people: how long each layer takes, what is slow, what the last exchanges were. */
import { encodePath } from "../../environ/index.ts";
import {
  type AppRequest,
  type AppResponse,
  type Handler,
  isPromiseLike,
  type Middleware,
} from "../../handler/index.ts";
import { maySee } from "./access.ts";
import { type LayerLint, lintLayers } from "./lint-handler.ts";
import type { HandlerFault } from "./lint-faults.ts";
import { type InspectOptions, readInspectOptions, type Settings } from "./options.ts";
import { answerPage } from "./page.ts";
import { recorded } from "./recorded.ts";
import { RecordedRequest } from "./recorded-request.ts";
import { Recording } from "./recording.ts";
import { Ring } from "./ring.ts";
import { serverTiming, slowLine, Timing } from "./timing.ts";

/**
 * Makes the middleware; to be the first of a list: it sees the layers below it. Throws a TypeError
 * (`UWSGI_INVALID_ARGUMENT`) for options that cannot be.
 *
 * As it is, it does no more than write a line for a slow request. `development` gives all else, to clients of this
 * machine: a page of the last exchanges, Server-Timing, and `lint`.
 */
export function inspect(options: InspectOptions = {}): Middleware {
  const inspector = new Inspector(readInspectOptions(options));
  return Object.assign((next: Handler) => inspector.around(next), {
    title: "inspect",
    watch: (layer: Handler, title: string) => inspector.watch(layer, title),
  });
}

/** What an exchange is known by, in its environ. */
class Run extends Timing {
  readonly recording: Recording | undefined;

  constructor(layers: number, startedAt: number, recording: Recording | undefined) {
    super(layers, startedAt);
    this.recording = recording;
  }
}

class Inspector {
  private readonly settings: Settings;
  private readonly records: Ring<Recording> | undefined;
  private readonly lint: LayerLint | undefined;
  private readonly isTiming: boolean;
  /** Under which a request has its run. Copies of its environ have it too, lists of its names do not. */
  private readonly key = Symbol("uisge.inspect") as unknown as string;
  /** Of the layers that are being put together, the application first. */
  private titles: string[] = [];
  private count = 0;

  constructor(settings: Settings) {
    this.settings = settings;
    this.records = settings.records > 0 ? new Ring(settings.records) : undefined;
    this.lint = settings.lint ? lintLayers({ report: (fault, request) => this.onFault(fault, request) }) : undefined;
    this.isTiming = settings.slowMs > 0 || settings.serverTiming !== "none" || this.records !== undefined;
  }

  /** Layers come from the application outward. */
  watch(layer: Handler, title: string): Handler {
    const { titles, lint } = this;
    const place = titles.push(title) - 1;
    const checked = lint === undefined ? layer : lint.watch(layer, title);
    return this.isTiming ? this.timed(checked, place) : checked;
  }

  around(next: Handler): Handler {
    // Put around an application by hand, it was told of no layers.
    const first = this.titles.length === 0 ? this.watch(next, "application") : next;
    const { titles } = this;
    this.titles = [];
    // Told so that its list is done, too: all layers are under it already.
    this.lint?.(first);
    if (this.settings.development) return (request) => this.develop(first, titles, request);
    return this.isTiming ? (request) => this.measure(first, titles, request, undefined, false) : first;
  }

  private timed(layer: Handler, place: number): Handler {
    const { key, settings } = this;
    const { clock } = settings;
    const later = async (answer: Promise<AppResponse>, run: Run, begun: number): Promise<AppResponse> => {
      try {
        return await answer;
      } finally {
        run.add(place, clock() - begun);
      }
    };
    return (request) => {
      const run = request.environ[key] as Run | undefined;
      if (run === undefined) return layer(request);
      const begun = clock();
      let answer: AppResponse | Promise<AppResponse>;
      try {
        answer = layer(request);
      } catch (error) {
        run.add(place, clock() - begun);
        throw error;
      }
      if (isPromiseLike(answer)) return later(answer, run, begun);
      run.add(place, clock() - begun);
      return answer;
    };
  }

  private develop(next: Handler, titles: readonly string[], request: AppRequest): AppResponse | Promise<AppResponse> {
    const { settings, records } = this;
    const isAllowed = maySee(request.environ, settings);
    if (isAllowed && records !== undefined) {
      const shown = answerPage(request.environ, settings.path, records);
      if (shown !== undefined) return shown;
    }
    if (records === undefined) return this.measure(next, titles, request, undefined, isAllowed);
    const recording = new Recording(++this.count, request, settings);
    records.add(recording);
    return this.measure(next, titles, new RecordedRequest(request, recording), recording, isAllowed);
  }

  private measure(
    next: Handler,
    titles: readonly string[],
    request: AppRequest,
    recording: Recording | undefined,
    isAllowed: boolean,
  ): AppResponse | Promise<AppResponse> {
    const run = new Run(titles.length, this.settings.clock(), recording);
    (request.environ as Record<string, unknown>)[this.key] = run;
    let answer: AppResponse | Promise<AppResponse>;
    try {
      answer = next(request);
    } catch (error) {
      this.failed(request, run, titles, error);
      throw error;
    }
    if (isPromiseLike(answer)) return this.measureLater(answer, titles, request, run, isAllowed);
    return this.answered(answer, titles, request, run, isAllowed);
  }

  private async measureLater(
    answer: Promise<AppResponse>,
    titles: readonly string[],
    request: AppRequest,
    run: Run,
    isAllowed: boolean,
  ): Promise<AppResponse> {
    let response: AppResponse;
    try {
      response = await answer;
    } catch (error) {
      this.failed(request, run, titles, error);
      throw error;
    }
    return this.answered(response, titles, request, run, isAllowed);
  }

  private answered(
    response: AppResponse,
    titles: readonly string[],
    request: AppRequest,
    run: Run,
    isAllowed: boolean,
  ): AppResponse {
    const { settings } = this;
    const totalMs = settings.clock() - run.startedAt;
    const { recording } = run;
    if (settings.slowMs > 0 && totalMs >= settings.slowMs) this.logSlow(request, run, titles, totalMs, response);
    if (request.isUpgraded || !isResponse(response)) {
      // Who looks at it next will say what is wrong with it.
      recording?.end(request.isUpgraded ? "upgraded" : "failed", totalMs, "what was answered is no response");
      return response;
    }
    const isTimed = settings.serverTiming === "all" || (isAllowed && settings.serverTiming === "allowed");
    const timed = isTimed ? withTiming(response, run, titles, totalMs) : response;
    if (recording === undefined) return timed;
    recording.layers = run.layers(titles);
    return recorded(timed, recording, totalMs, {
      elapsed: () => settings.clock() - run.startedAt,
      isGone: () => request.signal.aborted,
    });
  }

  private failed(request: AppRequest, run: Run, titles: readonly string[], error: unknown): void {
    const { settings } = this;
    const totalMs = settings.clock() - run.startedAt;
    if (settings.slowMs > 0 && totalMs >= settings.slowMs) this.logSlow(request, run, titles, totalMs, undefined);
    const { recording } = run;
    if (recording === undefined) return;
    recording.layers = run.layers(titles);
    recording.headMs = totalMs;
    recording.end(request.isUpgraded ? "upgraded" : request.signal.aborted ? "left" : "failed", totalMs, error);
  }

  private logSlow(
    request: AppRequest,
    run: Run,
    titles: readonly string[],
    totalMs: number,
    response: AppResponse | undefined,
  ): void {
    const { REQUEST_METHOD: method, SCRIPT_NAME: script, PATH_INFO: path } = request.environ;
    const outcome = request.isUpgraded ? "upgraded" : String(response?.status ?? "failed");
    // Encoded, and without the query: no more of it than all logs may have.
    request.log(slowLine(method, encodePath(`${script}${path}`), outcome, run.layers(titles), totalMs));
  }

  private onFault(fault: HandlerFault, request: AppRequest): void {
    request.log(`lint: ${fault.layer} broke the rule ${fault.rule}: ${fault.message}`);
    (request.environ[this.key] as Run | undefined)?.recording?.note(fault);
  }
}

function isResponse(response: unknown): response is AppResponse {
  return typeof response === "object" && response !== null && Array.isArray((response as Partial<AppResponse>).headers);
}

function withTiming(response: AppResponse, run: Run, titles: readonly string[], totalMs: number): AppResponse {
  const { headers } = response;
  return { ...response, headers: [...headers, ["Server-Timing", serverTiming(run.layers(titles), totalMs)]] };
}
