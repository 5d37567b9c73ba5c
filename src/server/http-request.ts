/** A packet (modifier1 0) -> the request that an application sees. */
import { appMessage, loaderVarSeen } from "../diagnostics.ts";
import { contentLengthOf, type Environ, environFromVars, type EnvironOptions } from "../environ/index.ts";
import { gone, LimitError, ProtocolError, type UwsgiError } from "../errors.ts";
import type { AppRequest, ByteStream, Exchange } from "../handler/index.ts";
import type { HttpAnswer } from "./http-answer.ts";
import { reportError } from "./http-report.ts";
import type { HttpOptions } from "./options.ts";
import { isPeersFault } from "./peer-fault.ts";
import { ExchangeBody } from "./request-body.ts";
import { requestIdOf } from "./request-id.ts";

export class HttpAppRequest implements AppRequest {
  readonly environ: Environ;
  private readonly exchange: Exchange;
  private readonly bodyLength: number;
  /** Read before the application can change the environ; most requests never need an id. */
  private readonly givenId: unknown;
  private knownId: string | undefined;
  /** Most requests have no body, and those that have one not always a reader. */
  private knownBody: ExchangeBody | undefined;
  /** How far it has come, and who is to be told of an upgrade. */
  answer: HttpAnswer | undefined;
  /** What the connection has become, when the application has taken it over. */
  stream: ByteStream | undefined;

  constructor(exchange: Exchange, environ: Environ, bodyLength: number) {
    this.exchange = exchange;
    this.environ = environ;
    this.bodyLength = bodyLength;
    this.givenId = environ["HTTP_X_REQUEST_ID"];
  }

  get body(): ExchangeBody {
    return (this.knownBody ??= new ExchangeBody(this.exchange, this.bodyLength));
  }

  /** Set when the body is the client's fault: it is too long, or has stopped coming. It can then no longer be read. */
  get refusal(): UwsgiError | undefined {
    return this.knownBody?.refusal;
  }

  /** Nobody waits for what is read: reads fail with `reason`. */
  refuseReads(reason: UwsgiError): void {
    if (this.knownBody !== undefined) this.knownBody.refusal ??= reason;
  }

  get signal(): AbortSignal {
    return this.exchange.signal;
  }

  get id(): string {
    return (this.knownId ??= requestIdOf(this.givenId));
  }

  report(error: unknown, status: number): void {
    const { exchange, answer } = this;
    if (answer?.isGivenUp === true || isPeersFault(exchange, error)) return;
    reportError({ exchange, request: this }, error, "answered", status);
  }

  waitUntil(work: PromiseLike<unknown>): void {
    const { exchange } = this;
    // At once: a rejection that nobody listens to would end the process while the answer still goes on.
    const done = Promise.resolve(work).then(
      () => {},
      (error: unknown) => {
        if (!isPeersFault(exchange, error)) reportError({ exchange, request: this }, error, "beside", 0);
      },
    );
    exchange.waitUntil(done);
  }

  get isUpgraded(): boolean {
    return this.stream !== undefined;
  }

  upgrade(): ByteStream {
    const { exchange, answer } = this;
    if (answer !== undefined && answer.status !== 0) {
      throw gone("the answer has begun: it is too late for an upgrade");
    }
    // No front end closes one side of a connection that it wants to go on with.
    if (exchange.peerGone) {
      throw gone("the peer is gone: there is nothing to upgrade");
    }
    const stream = exchange.upgrade();
    this.stream = stream;
    answer?.onUpgrade(stream);
    return stream;
  }

  log(text: string): void {
    const { exchange, environ } = this;
    if (appMessage.hasSubscribers) {
      appMessage.publish({ server: exchange.server, environ, requestId: this.id, text });
    }
  }
}

/** Reads packets as requests, by options that are the same for all of them. */
export class RequestReader {
  private readonly maxBodyBytes: number;
  private readonly given: EnvironOptions;
  /** For packets that came to `port`: all but a few servers have one. */
  private environOptions: EnvironOptions;
  private port = 0;
  /** Loader variables of the packet that is being read. */
  private loaders: string[] = [];

  constructor(options: HttpOptions) {
    const { duplicates = "join", trustedHeaders = [], serverName = "localhost", serverPort } = options;
    this.maxBodyBytes = options.maxBodyBytes ?? Number.POSITIVE_INFINITY;
    this.given = {
      duplicates,
      trustedHeaders,
      serverName,
      ...(serverPort === undefined ? {} : { serverPort }),
      onLoaderVar: (name) => {
        this.loaders.push(name);
      },
    };
    this.environOptions = this.optionsFor(this.port);
  }

  /**
   * Reads the vars of a request. Throws the ProtocolErrors of `environFromVars` and `parseContentLength`,
   * which are a 400, or (`UWSGI_LENGTH_REQUIRED`) a 411. A body beyond the limit is noted in the request, as its
   * `refusal`.
   */
  read(exchange: Exchange): HttpAppRequest {
    let request: HttpAppRequest;
    try {
      const { localPort } = exchange;
      if (localPort !== this.port) {
        this.environOptions = this.optionsFor(localPort);
        this.port = localPort;
      }
      const environ = environFromVars(exchange.packet.vars, this.environOptions);
      const length = bodyLengthOf(environ);
      exchange.expectBody(length);
      request = new HttpAppRequest(exchange, environ, length);
      if (length > this.maxBodyBytes) request.body.refusal = tooLong(length, this.maxBodyBytes);
    } catch (error) {
      if (this.loaders.length > 0) this.reportLoaders(exchange, readForLog(exchange));
      throw error;
    }
    if (this.loaders.length > 0) this.reportLoaders(exchange, request);
    return request;
  }

  private optionsFor(port: number): EnvironOptions {
    return { serverPort: String(port), ...this.given };
  }

  private reportLoaders({ server, peer }: Exchange, request: HttpAppRequest | undefined): void {
    const names = this.loaders;
    this.loaders = [];
    if (!loaderVarSeen.hasSubscribers) return;
    const { environ = {}, id: requestId = "-" } = request ?? {};
    for (const name of names) loaderVarSeen.publish({ server, environ, requestId, peer, name });
  }
}

function tooLong(length: number, maxBodyBytes: number): LimitError {
  return new LimitError(`a request body of ${length} bytes, at most ${maxBodyBytes} are allowed`, {
    code: "UWSGI_BODY_LIMIT",
  });
}

/**
 * As `contentLengthOf`, but refuses a body whose end cannot be known: a chunked one that the front end
 * has not decoded. Taken for none, as by uWSGI, an upload would be lost without a word.
 */
function bodyLengthOf(environ: Environ): number {
  const encoding = environ["HTTP_TRANSFER_ENCODING"] ?? "";
  if ((environ.CONTENT_LENGTH ?? "") === "" && encoding !== "" && encoding !== "identity") {
    throw new ProtocolError(
      `a body with the transfer encoding ${JSON.stringify(encoding)} came without a CONTENT_LENGTH`,
      {
        code: "UWSGI_LENGTH_REQUIRED",
      },
    );
  }
  return contentLengthOf(environ);
}

/** What can be logged of a request that was refused: the last of two values is taken. Undefined when that fails too. */
export function readForLog(exchange: Exchange): HttpAppRequest | undefined {
  try {
    return new HttpAppRequest(exchange, environFromVars(exchange.packet.vars, { duplicates: "last" }), 0);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
