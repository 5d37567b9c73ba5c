/** Answers for failures, whichever interface the application has. */
import { contractError } from "../../errors.ts";
import {
  type AppRequest,
  type AppResponse,
  isPlainList,
  isPromiseLike,
  isStreamed,
  type Middleware,
  type StreamedBody,
  titled,
} from "../../handler/index.ts";
import { isLocalClient } from "../local-client.ts";
import { ErrorAnswer } from "./answer.ts";
import { summaryOf } from "./described-error.ts";
import { gather } from "./development.ts";
import { GuardedBody } from "./guarded-body.ts";
import { type AboutError, type ErrorsOptions, readSettings, type Settings } from "./options.ts";
import { isServers, judge } from "./verdict.ts";

/**
 * Makes the middleware. It answers whatever the application throws, or rejects with, before its head, the first chunk
 * of a body among it; what comes later breaks the answer off, as it does without. Failures (500 and above) are logged
 * by the server, under the id that the answer shows, and told to `onError`.
 *
 * What the server refuses (`UWSGI_BODY_LIMIT`, `UWSGI_BODY_TIMEOUT`), and that the peer is gone, passes through.
 * Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for options that cannot be.
 */
export function errors(options: ErrorsOptions = {}): Middleware {
  const guard = new Guard(readSettings(options));
  return titled("errors", (next) => (request) => {
    // Before the application can change it.
    const isHead = request.environ.REQUEST_METHOD === "HEAD";
    let answer: AppResponse | Promise<AppResponse>;
    try {
      answer = next(request);
    } catch (error) {
      return guard.fail(request, isHead, error);
    }
    return isPromiseLike(answer) ? guard.await(request, isHead, answer) : guard.pass(request, isHead, answer);
  });
}

type Answer = AppResponse | Promise<AppResponse>;

class Guard {
  private readonly settings: Settings;
  private isRemoteLogged = false;

  constructor(settings: Settings) {
    this.settings = settings;
  }

  async await(request: AppRequest, isHead: boolean, answer: Promise<AppResponse>): Promise<AppResponse> {
    let response: AppResponse;
    try {
      response = await answer;
    } catch (error) {
      return this.fail(request, isHead, error);
    }
    return this.pass(request, isHead, response);
  }

  /** The application has answered: only a body that is not there yet can still fail. */
  pass(request: AppRequest, isHead: boolean, response: AppResponse): Answer {
    if (typeof response !== "object" || response === null) {
      if (request.isUpgraded) return response;
      const what = response === null ? "null" : typeof response;
      return this.fail(request, isHead, contractError(`the handler returned ${what}, a response is needed`));
    }
    const { body } = response;
    if (!isStreamed(body) || isPlainList(body) || request.isUpgraded) return response;
    return this.guardBody(request, isHead, response, body);
  }

  /** The application has failed before its head. */
  fail(request: AppRequest, isHead: boolean, error: unknown): Answer {
    if (request.isUpgraded) {
      this.tell(request, error, 101, "stream");
      throw error;
    }
    if (isServers(error, request)) throw error;
    const verdict = judge(error);
    if (verdict.status >= 500) this.report(request, error, verdict.status);
    const answer = new ErrorAnswer(request, verdict);
    const write = isHead ? undefined : this.writerOf(request, error, answer);
    if (write === undefined) return answer.plain(isHead);
    const fail = (fault: unknown): AppResponse => {
      log(request, "what writes the answer to a failure", fault);
      return answer.plain(isHead);
    };
    try {
      const written = write();
      return isPromiseLike(written) ? Promise.resolve(written).catch(fail) : written;
    } catch (fault) {
      return fail(fault);
    }
  }

  private guardBody(request: AppRequest, isHead: boolean, response: AppResponse, body: StreamedBody): Answer {
    const { status } = response;
    const tell =
      this.settings.onError === undefined
        ? undefined
        : (error: unknown, phase: "stream" | "close") => {
            if (!isServers(error, request)) this.tell(request, error, status, phase);
          };
    const isSent = !isHead && status !== 204 && status !== 304;
    if (isSent && body.isHeadFinal !== true) return this.begin(request, response, new GuardedBody(body, tell));
    return tell === undefined ? response : { ...response, body: new GuardedBody(body, tell) };
  }

  /** The server waits for the first chunk, and only then sends the head: who fails until then can be answered for. */
  private async begin(request: AppRequest, response: AppResponse, body: GuardedBody): Promise<AppResponse> {
    try {
      await body.begin();
    } catch (error) {
      // What takes its time to clean up holds up nobody.
      request.waitUntil(body.close().catch((second: unknown) => log(request, "close() behind a failure", second)));
      return this.fail(request, false, error);
    }
    return { ...response, body };
  }

  /** Who writes the answer, where it is not the usual one. */
  private writerOf(
    request: AppRequest,
    error: unknown,
    answer: ErrorAnswer,
  ): (() => AppResponse | PromiseLike<AppResponse>) | undefined {
    const { development, render } = this.settings;
    if (development && answer.problem.status >= 500 && this.isForDeveloper(request)) {
      return async () => answer.shown(await gather(error, answer.problem));
    }
    if (render === undefined) return undefined;
    return () => {
      const rendered = render(answer.problem);
      return isPromiseLike(rendered) ? rendered.then((text) => answer.rendered(text)) : answer.rendered(rendered);
    };
  }

  private isForDeveloper(request: AppRequest): boolean {
    const isFor = this.settings.allowRemote || isLocalClient(request.environ);
    if (!isFor && !this.isRemoteLogged) {
      this.isRemoteLogged = true;
      request.log("errors: pages of development are for clients on this machine only (see allowRemote)");
    }
    return isFor;
  }

  private report(request: AppRequest, error: unknown, status: number): void {
    try {
      request.report(error, status);
    } catch (fault) {
      // What was thrown throws when it is looked at.
      log(request, "the report of a failure", fault);
    }
    this.tell(request, error, status, "before");
  }

  private tell(request: AppRequest, error: unknown, status: number, phase: AboutError["phase"]): void {
    const { onError } = this.settings;
    if (onError === undefined) return;
    const fail = (fault: unknown): void => log(request, "onError", fault);
    try {
      const telling = onError(error, { environ: request.environ, id: request.id, status, phase });
      if (isPromiseLike(telling)) request.waitUntil(Promise.resolve(telling).catch(fail));
    } catch (fault) {
      fail(fault);
    }
  }
}

function log(request: AppRequest, who: string, fault: unknown): void {
  request.log(`errors: ${who} has failed: ${summaryOf(fault)}`);
}
