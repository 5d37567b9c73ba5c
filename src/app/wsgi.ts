/**
 * A WSGI-style application -> a `Handler`.
 *
 * The head must not leave before the first non-empty chunk (PEP 3333: the application may still
 * replace it), so the handler's answer is made when that chunk is there, when the application calls
 * `write`, or when there is nothing more to come. The usual case, one chunk, goes through without a
 * stream.
 */
import { schemeOf } from "../environ/index.ts";
import { AppError } from "../errors.ts";
import type { AppRequest, AppResponse, BodyChunk, Handler } from "../handler/index.ts";
import { readHead, type ResponseStart } from "./response-start.ts";
import { WrittenChunks } from "./written-chunks.ts";
import { WsgiErrors } from "./wsgi-errors.ts";
import { WsgiInput } from "./wsgi-input.ts";
import type {
  StartResponse,
  Write,
  WsgiApplication,
  WsgiBody,
  WsgiClass,
  WsgiEnviron,
  WsgiFunction,
} from "./wsgi-types.ts";

/** Makes a handler of an application: a function, or a class whose instances iterate. */
export function wsgi(application: WsgiApplication): Handler {
  const call = asFunction(application);
  return (request) => new Run(request).begin(call);
}

/** One call of an application, from the environ to the last chunk. */
class Run {
  private readonly request: AppRequest;
  private readonly errors: WsgiErrors;
  private readonly written = new WrittenChunks();
  private start: ResponseStart | undefined;
  private headLeft = false;
  private body: WsgiBody;

  constructor(request: AppRequest) {
    this.request = request;
    this.errors = new WsgiErrors((text) => request.log(text));
  }

  async begin(call: WsgiFunction): Promise<AppResponse> {
    const returned = this.call(call);
    // Either the application returns, or it writes first and has not returned yet.
    await Promise.race([returned, this.written.begun]);
    if (this.written.isUsed) return this.respond(this.stream(this.chunks(returned), returned));
    await returned;
    const { body } = this;
    if (body === undefined || body === null || typeof body === "string" || body instanceof Uint8Array) {
      this.errors.flush();
      return this.respond(body ?? null);
    }
    if (Array.isArray(body) && body.length === 1 && isChunk(body[0]) && !("close" in body)) {
      this.errors.flush();
      return this.respond(body[0]);
    }
    return this.firstChunk(returned);
  }

  /** Iterates up to the first chunk that is not empty: by then the response must have begun. */
  private async firstChunk(returned: Promise<void>): Promise<AppResponse> {
    const chunks = this.chunks(returned);
    try {
      return this.respond(this.stream(chunks, returned, await chunks.next()));
    } catch (error) {
      // What the application's own clean-up throws now must not hide why it was needed.
      await this.close(returned, chunks).catch((second: unknown) => this.request.log(`in close(): ${String(second)}`));
      throw error;
    }
  }

  private stream(
    chunks: AsyncGenerator<BodyChunk, void>,
    returned: Promise<void>,
    first?: IteratorResult<BodyChunk, void>,
  ): AppResponse["body"] {
    return {
      [Symbol.asyncIterator]: () => (first === undefined ? chunks : prepend(first, chunks)),
      close: () => this.close(returned, chunks),
    };
  }

  private async call(call: WsgiFunction): Promise<void> {
    try {
      this.body = await call(this.environ(), this.startResponse);
    } catch (error) {
      this.errors.flush();
      throw error;
    } finally {
      this.written.end();
    }
  }

  /** What was written, then what was returned. */
  private async *chunks(returned: Promise<void>): AsyncGenerator<BodyChunk, void> {
    yield* this.written.read();
    await returned;
    const { body } = this;
    if (body === undefined || body === null) return;
    if (typeof body === "string" || body instanceof Uint8Array) {
      yield body;
      return;
    }
    if (typeof body !== "object" || !(Symbol.iterator in body || Symbol.asyncIterator in body)) {
      throw contract(
        `the application returned ${typeof body}, allowed are a chunk, null and anything that iterates chunks`,
      );
    }
    yield* this.iterated(body);
  }

  /**
   * The chunks of a body that iterates, and what is written meanwhile. No `for await`: a body that
   * waits for its own `write` before it yields would wait for a reader that waits for its next chunk.
   */
  private async *iterated(body: Iterable<BodyChunk> | AsyncIterable<BodyChunk>): AsyncGenerator<BodyChunk, void> {
    const iterator = Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : asynchronous(body);
    // An iterator that has ended, or has thrown, is not to be told that it is left.
    let isOpen = true;
    try {
      for (;;) {
        const next = iterator.next();
        yield* this.written.readUntil(next);
        isOpen = false;
        const { done, value } = await next;
        if (done === true) return;
        isOpen = true;
        if (!isChunk(value)) {
          throw contract(
            `a body chunk is ${value === null ? "null" : typeof value}, allowed are Uint8Array and string`,
          );
        }
        if (value.length > 0) yield value;
      }
    } finally {
      if (isOpen) {
        // First, because the iterator may be waiting for a write that nobody reads any more.
        this.written.abandon();
        await iterator.return?.();
      }
    }
  }

  private async close(returned: Promise<void>, chunks: AsyncGenerator<BodyChunk, void>): Promise<void> {
    this.written.abandon();
    // Also where nobody iterated to the end: the application's own iterator is left as it should be.
    await chunks.return();
    // Its failure has been thrown by `chunks`, or nobody waits for it any more.
    await returned.catch(() => {});
    this.errors.flush();
    const { body } = this;
    if (typeof body === "object" && body !== null && "close" in body) await body.close?.();
  }

  private respond(body: AppResponse["body"]): AppResponse {
    if (this.start === undefined) throw contract("the application sent a body before it called startResponse");
    this.headLeft = true;
    return { ...this.start, body };
  }

  private readonly startResponse: StartResponse = (status, headers, error) => {
    if (error !== undefined && error !== null) {
      if (this.headLeft) throw error;
    } else if (this.start !== undefined) {
      throw contract("startResponse was called a second time without an error");
    }
    this.start = readHead(status, headers);
    return this.write;
  };

  private readonly write: Write = (chunk) => {
    this.headLeft = true;
    return this.written.add(chunk);
  };

  private environ(): WsgiEnviron {
    const environ = this.request.environ as WsgiEnviron;
    environ["wsgi.version"] = [1, 0];
    environ["wsgi.url_scheme"] = schemeOf(environ);
    environ["wsgi.input"] = new WsgiInput(this.request.body);
    environ["wsgi.errors"] = this.errors;
    environ["wsgi.multithread"] = true;
    environ["wsgi.multiprocess"] = false;
    environ["wsgi.run_once"] = false;
    environ["uisge.request"] = this.request;
    return environ;
  }
}

function isChunk(value: unknown): value is BodyChunk {
  return typeof value === "string" || value instanceof Uint8Array;
}

async function* asynchronous(body: Iterable<BodyChunk>): AsyncGenerator<BodyChunk, void> {
  yield* body;
}

async function* prepend(
  first: IteratorResult<BodyChunk, void>,
  rest: AsyncGenerator<BodyChunk, void>,
): AsyncGenerator<BodyChunk, void> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}

function asFunction(application: WsgiApplication): WsgiFunction {
  if (typeof application !== "function") {
    throw contract(
      `the application is ${application === null ? "null" : typeof application}, a function or a class is needed`,
    );
  }
  // A class cannot be called, and nothing but its text tells it from a function.
  if (!/^class\b/.test(Function.prototype.toString.call(application))) return application as WsgiFunction;
  const Application = application as WsgiClass;
  return (environ, startResponse) => new Application(environ, startResponse);
}

function contract(message: string): AppError {
  return new AppError(message, { code: "UWSGI_APP_CONTRACT" });
}
