/** A packet (modifier1 0) -> the request that an application sees. */
import { appMessage, loaderVarSeen } from "../diagnostics.ts";
import { contentLengthOf, type Environ, environFromVars } from "../environ/index.ts";
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

/**
 * Reads the vars of a request. Throws the ProtocolErrors of `environFromVars` and `parseContentLength`,
 * which are a 400, or (`UWSGI_LENGTH_REQUIRED`) a 411. A body beyond the limit is noted at the body, as its `refusal`.
 */
export function readRequest(exchange: Exchange, options: HttpOptions): HttpAppRequest {
  const environ = environFromVars(exchange.packet.vars, {
    ...options,
    serverPort: options.serverPort ?? String(exchange.localPort),
    onLoaderVar: (name) => {
      loaderVarSeen.publish({ server: exchange.server, peer: exchange.peer, name });
    },
  });
  const length = bodyLengthOf(environ);
  exchange.expectBody(length);
  const body = new ExchangeBody(exchange, length);
  const { maxBodyBytes = Number.POSITIVE_INFINITY } = options;
  if (length > maxBodyBytes) {
    body.refusal = new LimitError(`a request body of ${length} bytes, at most ${maxBodyBytes} are allowed`, {
      code: "UWSGI_BODY_LIMIT",
    });
  }
  return new HttpAppRequest(exchange, environ, body);
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
