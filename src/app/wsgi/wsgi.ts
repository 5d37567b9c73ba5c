/**
 * A WSGI-style application -> a `Handler`.
 *
 * The head must not leave before the first non-empty chunk (PEP 3333: the application may still
 * replace it), so the handler's answer is made when that chunk is there, when the application calls
 * `write`, or when there is nothing more to come. The usual case, a body that is returned whole, goes through
 * without a stream, and without a promise when the application has none.
 */
import { schemeOf } from "../../environ/index.ts";
import { contractError } from "../../errors.ts";
import { type AppRequest, type AppResponse, type BodyChunk, type Handler, isPromiseLike } from "../../handler/index.ts";
import { readHead, type ResponseStart } from "./response-start.ts";
import { isChunk, ResponseStream } from "./response-stream.ts";
import { WsgiErrors } from "./errors.ts";
import { WsgiInput } from "./input.ts";
import type { StartResponse, WsgiApplication, WsgiBody, WsgiClass, WsgiEnviron, WsgiFunction } from "./types.ts";

/** Makes a handler of an application: a function, or a class whose instances iterate. */
export function wsgi(application: WsgiApplication): Handler {
  const call = asFunction(application);
  return (request) => new Run(request).begin(call);
}

/** One call of an application, from the environ to its response. */
class Run {
  private readonly request: AppRequest;
  private readonly errors: WsgiErrors;
  private start: ResponseStart | undefined;
  private headLeft = false;
  /** Made when the application writes, or when its body has to be waited for. */
  private stream: ResponseStream | undefined;
  /** Answers with the stream, when the application writes before it has returned. */
  private onFirstWrite: ((stream: ResponseStream) => void) | undefined;

  constructor(request: AppRequest) {
    this.request = request;
    this.errors = new WsgiErrors(request);
  }

  begin(call: WsgiFunction): AppResponse | Promise<AppResponse> {
    let returned: WsgiBody | PromiseLike<WsgiBody>;
    try {
      returned = call(this.environ(), this.startResponse);
    } catch (error) {
      this.fail();
      throw error;
    }
    const { stream } = this;
    if (stream !== undefined) {
      stream.follow(returned);
      return this.respond(stream);
    }
    return isPromiseLike(returned) ? this.answerLater(returned) : this.answer(returned);
  }

  /** Either the application returns, or it writes first and has not returned yet. */
  private answerLater(pending: PromiseLike<WsgiBody>): Promise<AppResponse> {
    return new Promise((resolve, reject) => {
      const returned = Promise.resolve(pending);
      this.onFirstWrite = (stream) => {
        stream.follow(returned);
        resolve(this.respond(stream));
      };
      returned.then(
        (body) => {
          if (this.stream !== undefined) return;
          try {
            resolve(this.answer(body));
          } catch (error) {
            reject(error);
          }
        },
        (error: unknown) => {
          if (this.stream !== undefined) return;
          this.fail();
          reject(error);
        },
      );
    });
  }

  private answer(body: WsgiBody): AppResponse | Promise<AppResponse> {
    this.onFirstWrite = undefined;
    if (!isWhole(body)) return this.firstChunk(body);
    this.errors.flush();
    return this.respond(Array.isArray(body) && body.length === 1 && isChunk(body[0]) ? body[0] : (body ?? null));
  }

  /** Iterates up to the first chunk that is not empty: by then the response must have begun. */
  private async firstChunk(body: WsgiBody): Promise<AppResponse> {
    const stream = this.newStream();
    stream.follow(body);
    try {
      stream.unread(await stream.next());
      return this.respond(stream);
    } catch (error) {
      // What the application's own clean-up throws now must not hide why it was needed.
      await stream.close().catch((second: unknown) => this.request.log(`in close(): ${String(second)}`));
      throw error;
    }
  }

  /** The application has failed: another answers, and what is still written goes nowhere. */
  private fail(): void {
    this.onFirstWrite = undefined;
    this.headLeft = true;
    this.stream?.abandon();
    this.errors.flush();
  }

  private newStream(): ResponseStream {
    return (this.stream = new ResponseStream(() => this.errors.flush()));
  }

  private respond(body: AppResponse["body"]): AppResponse {
    const { start } = this;
    if (start === undefined) throw contractError("the application sent a body before it called startResponse");
    this.headLeft = true;
    return { status: start.status, reason: start.reason, headers: start.headers, body };
  }

  private readonly startResponse: StartResponse = (status, headers, error) => {
    if (error !== undefined && error !== null) {
      if (this.headLeft) throw error;
    } else if (this.start !== undefined) {
      throw contractError("startResponse was called a second time without an error");
    }
    this.start = readHead(status, headers);
    return (chunk) => this.write(chunk);
  };

  private write(chunk: BodyChunk): Promise<void> {
    const { stream } = this;
    if (stream !== undefined) {
      this.headLeft = true;
      return stream.write(chunk);
    }
    const first = this.newStream();
    // Behind a response that was returned whole, and behind a failure, nobody reads.
    if (this.headLeft) first.abandon();
    this.headLeft = true;
    const written = first.write(chunk);
    this.onFirstWrite?.(first);
    return written;
  }

  private environ(): WsgiEnviron {
    const environ = this.request.environ as WsgiEnviron;
    environ["wsgi.version"] = VERSION;
    environ["wsgi.url_scheme"] = schemeOf(environ);
    environ["wsgi.input"] = new WsgiInput(this.request);
    environ["wsgi.errors"] = this.errors;
    environ["wsgi.multithread"] = true;
    environ["wsgi.multiprocess"] = false;
    environ["wsgi.run_once"] = false;
    environ["uisge.request"] = this.request;
    return environ;
  }
}

const VERSION: WsgiEnviron["wsgi.version"] = Object.freeze([1, 0] as const);

/** True for a body that need not be iterated to know what is in it. */
function isWhole(body: WsgiBody): body is BodyChunk | BodyChunk[] | null | undefined {
  if (body === undefined || body === null || isChunk(body)) return true;
  return Array.isArray(body) && body[Symbol.iterator] === Array.prototype[Symbol.iterator] && !("close" in body);
}

function asFunction(application: WsgiApplication): WsgiFunction {
  if (typeof application !== "function") {
    throw contractError(
      `the application is ${application === null ? "null" : typeof application}, a function or a class is needed`,
    );
  }
  // A class cannot be called, and nothing but its text tells it from a function.
  if (!/^class\b/.test(Function.prototype.toString.call(application))) return application as WsgiFunction;
  const Application = application as WsgiClass;
  return (environ, startResponse) => new Application(environ, startResponse);
}
