/** A packet (modifier1 0) -> the request that an application sees. */
import { appMessage, loaderVarSeen } from "../diagnostics.ts";
import { contentLengthOf, type Environ, environFromVars, type EnvironOptions } from "../environ/index.ts";
import { LimitError, ProtocolError } from "../errors.ts";
import type { AppRequest, Exchange } from "../handler/index.ts";
import type { HttpOptions } from "./options.ts";
import { ExchangeBody } from "./request-body.ts";
import { requestIdOf } from "./request-id.ts";

export class HttpAppRequest implements AppRequest {
  readonly environ: Environ;
  readonly body: ExchangeBody;
  private readonly exchange: Exchange;
  /** Read before the application can change the environ; most requests never need an id. */
  private readonly givenId: unknown;
  private knownId: string | undefined;

  constructor(exchange: Exchange, environ: Environ, body: ExchangeBody) {
    this.exchange = exchange;
    this.environ = environ;
    this.body = body;
    this.givenId = environ["HTTP_X_REQUEST_ID"];
  }

  get signal(): AbortSignal {
    return this.exchange.signal;
  }

  get id(): string {
    return (this.knownId ??= requestIdOf(this.givenId));
  }

  log(text: string): void {
    const { exchange, environ } = this;
    if (appMessage.hasSubscribers) {
      appMessage.publish({ server: exchange.server, environ, requestId: this.id, text });
    }
  }
}

/** How requests are read: `HttpOptions` with their defaults, picked once. */
export interface ReadOptions {
  readonly environ: EnvironOptions;
  readonly maxBodyBytes: number;
}

export function readOptions(options: HttpOptions): ReadOptions {
  const { duplicates = "join", trustedHeaders = [], serverName = "localhost", serverPort } = options;
  const environ = { duplicates, trustedHeaders, serverName, ...(serverPort === undefined ? {} : { serverPort }) };
  return { environ, maxBodyBytes: options.maxBodyBytes ?? Number.POSITIVE_INFINITY };
}

/**
 * Reads the vars of a request. Throws the ProtocolErrors of `environFromVars` and `parseContentLength`,
 * which are a 400, or (`UWSGI_LENGTH_REQUIRED`) a 411. A body beyond the limit is noted at the body, as its `refusal`.
 */
export function readRequest(exchange: Exchange, options: ReadOptions): HttpAppRequest {
  const loaders: string[] = [];
  let request: HttpAppRequest | undefined;
  try {
    const environ = environFromVars(exchange.packet.vars, {
      serverPort: String(exchange.localPort),
      ...options.environ,
      onLoaderVar: (name) => loaders.push(name),
    });
    const length = bodyLengthOf(environ);
    exchange.expectBody(length);
    const body = new ExchangeBody(exchange, length);
    if (length > options.maxBodyBytes) body.refusal = tooLong(length, options.maxBodyBytes);
    request = new HttpAppRequest(exchange, environ, body);
    return request;
  } finally {
    if (loaders.length > 0) reportLoaders(exchange, loaders, request ?? readForLog(exchange));
  }
}

function tooLong(length: number, maxBodyBytes: number): LimitError {
  return new LimitError(`a request body of ${length} bytes, at most ${maxBodyBytes} are allowed`, {
    code: "UWSGI_BODY_LIMIT",
  });
}

function reportLoaders(
  { server, peer }: Exchange,
  names: readonly string[],
  request: HttpAppRequest | undefined,
): void {
  const { environ = {}, id: requestId = "-" } = request ?? {};
  for (const name of names) loaderVarSeen.publish({ server, environ, requestId, peer, name });
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
    const environ = environFromVars(exchange.packet.vars, { duplicates: "last" });
    return new HttpAppRequest(exchange, environ, new ExchangeBody(exchange, 0));
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
