/**
 * A WSGI-style application -> a `Handler`.
 *
 * The head must not leave before the first non-empty chunk (PEP 3333: the application may still
 * replace it), so the handler's answer is made when that chunk is there, when the application calls
 * `write`, or when there is nothing more to come. The usual case, a body that is returned whole, goes through
 * without a stream, and without a promise when the application has none.
 */
import { contractError } from "../../errors.ts";
import {
  type AppRequest,
  type AppResponse,
  type BodyChunk,
  type Handler,
  isPromiseLike,
  isPlainList,
} from "../../handler/index.ts";
import { wsgiFunction } from "./application.ts";
import { isHeadFinal } from "./as-wsgi.ts";
import { FileBody } from "./file-body.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import { RequestErrors } from "./request-errors.ts";
import { readHead, type ResponseStart } from "./response-start.ts";
import { isChunk, ResponseStream } from "./response-stream.ts";
import { completeEnviron, readOptions, type Settings } from "./settings.ts";
import type { StartResponse, WsgiApplication, WsgiBody, WsgiFunction, WsgiOptions } from "./types.ts";

/**
 * Makes a handler of an application. Throws an AppError (`UWSGI_APP_CONTRACT`) for what is none, and for options
 * that cannot be a TypeError (`UWSGI_INVALID_ARGUMENT`, `UWSGI_NOT_LATIN1`).
 */
export function wsgi(application: WsgiApplication, options: WsgiOptions = {}): Handler {
  const call = wsgiFunction(application);
  const settings = readOptions(options);
  const handler: Handler = (request) => new Run(request).begin(call, settings);
  return settings.multithread ? handler : oneAtATime(handler);
}

/** One call of an application, from the environ to its response. */
class Run {
  private readonly request: AppRequest;
  private readonly errors: RequestErrors;
  private start: ResponseStart | undefined;
  private headLeft = false;
  /** Made when the application writes, or when its body has to be waited for. */
  private stream: ResponseStream | undefined;
  /** Answers with the stream, when the application writes before it has returned. */
  private onFirstWrite: ((stream: ResponseStream) => void) | undefined;

  constructor(request: AppRequest) {
    this.request = request;
    this.errors = new RequestErrors(request);
  }

  begin(call: WsgiFunction, settings: Settings): AppResponse | Promise<AppResponse> {
    let returned: WsgiBody | PromiseLike<WsgiBody>;
    try {
      returned = call(completeEnviron(this.request, this.errors, settings), this.startResponse);
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
    if (!isWhole(body)) {
      if (isHeadFinal(body)) return this.sendAhead(body);
      return body instanceof FileBody ? this.sendFile(body) : this.firstChunk(body);
    }
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
      await this.close(stream);
      throw error;
    }
  }

  /** The head has nothing to wait for: an event stream may have its first event much later. */
  private sendAhead(body: WsgiBody): AppResponse {
    const stream = this.newStream();
    stream.isHeadFinal = true;
    stream.follow(body);
    return this.respond(stream);
  }

  /**
   * The application gave a file of `wsgi.file_wrapper` back as it was: its length is asked for, and goes out with it.
   */
  private async sendFile(file: FileBody): Promise<AppResponse> {
    this.errors.flush();
    try {
      const { status, headers } = this.respond(null);
      const given = headers.find(([name]) => name.toLowerCase() === "content-length")?.[1];
      const left = given === undefined ? await file.left() : Number(given);
      const body = file.upTo(left ?? Number.POSITIVE_INFINITY);
      const isAnnounced = given === undefined && left !== undefined && status !== 204 && status !== 304;
      if (!isAnnounced) return this.respond(body);
      return { ...this.respond(body), headers: [...headers, ["Content-Length", String(left)]] };
    } catch (error) {
      await this.close(file);
      throw error;
    }
  }

  /** Behind a failure: what the application's own clean-up throws now must not hide why it was needed. */
  private async close(body: { close(): Promise<void> }): Promise<void> {
    await body.close().catch((second: unknown) => this.request.log(`in close(): ${String(second)}`));
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
    this.headLeft = true;
    if (start === undefined) {
      // Not looked at, but closed.
      if (this.request.isUpgraded) return { status: 204, headers: [], body };
      throw contractError("the application sent a body before it called startResponse");
    }
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
}

/** True for a body that need not be iterated to know what is in it. */
function isWhole(body: WsgiBody): body is BodyChunk | BodyChunk[] | null | undefined {
  if (body === undefined || body === null || isChunk(body)) return true;
  return isPlainList(body);
}
