/** A `Handler` -> a WSGI-style application: for middleware that is written as PEP 3333 has it. */
import { reasons } from "../../codec/index.ts";
import { contentLengthOf } from "../../environ/index.ts";
import { contractError } from "../../errors.ts";
import {
  type AppRequest,
  type AppResponse,
  type Handler,
  isPromiseLike,
  isStreamed,
  knownHeader,
  PassedRequest,
  type RequestBody,
  type StreamedBody,
} from "../../handler/index.ts";
import type { StartResponse, WsgiBody, WsgiEnviron, WsgiFunction, WsgiInput } from "./types.ts";

/**
 * Makes a WSGI application of a handler. The request has the environ that it is called with, and what is left of
 * `wsgi.input`, whoever has put them there; signal, id, log and all else are those of `uisge.request`, without which
 * it throws an AppError (`UWSGI_APP_CONTRACT`).
 */
export function asWsgi(handler: Handler): WsgiFunction {
  return (environ, startResponse) => {
    const request = new EnvironRequest(environ);
    const response = handler(request);
    return isPromiseLike(response)
      ? response.then((settled) => answer(request, settled, startResponse))
      : answer(request, response, startResponse);
  };
}

class EnvironRequest extends PassedRequest {
  private readonly input: WsgiInput;
  private knownBody: InputBody | undefined;

  constructor(environ: WsgiEnviron) {
    const { "uisge.request": request } = environ as Partial<WsgiEnviron>;
    if (request === undefined) throw contractError("the environ has no uisge.request: a server of uisge is needed");
    super(request, environ);
    // Now: an application below puts streams of its own in the environ.
    this.input = environ["wsgi.input"];
  }

  override get body(): RequestBody {
    return (this.knownBody ??= new InputBody(this.input, contentLengthOf(this.environ)));
  }
}

/** What is left of `wsgi.input`, in chunks as they come. */
class InputBody implements RequestBody {
  readonly length: number;
  private readonly input: WsgiInput;
  private chunks: AsyncIterator<Uint8Array, undefined> | undefined;

  constructor(input: WsgiInput, length: number) {
    this.input = input;
    this.length = length;
  }

  async read(): Promise<Uint8Array | undefined> {
    this.chunks ??= this.input[Symbol.asyncIterator]();
    const { done, value } = await this.chunks.next();
    return done === true ? undefined : value;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) yield chunk;
  }
}

function answer(request: AppRequest, response: AppResponse, startResponse: StartResponse): WsgiBody {
  if (request.isUpgraded) {
    // Nobody looks at it, and a handler may have given nothing; but a head has to be there, and a body to be closed.
    startResponse("200 OK", []);
    return (response as AppResponse | undefined)?.body;
  }
  if (typeof response !== "object" || response === null || !Array.isArray(response.headers)) {
    throw contractError("the handler did not return a response: an object with status, headers (a list) and body");
  }
  const { status, reason = reasons.get(status) ?? "", headers, body } = response;
  startResponse(
    `${status} ${reason}`,
    headers.filter(([name]) => knownHeader(name).role !== "server"),
  );
  // What is not sent need not be made; of a whole one a server still tells the length.
  if (request.environ.REQUEST_METHOD === "HEAD" && isStreamed(body)) return unsent(body);
  // Such an answer has none, and an application must not give one.
  if (status === 204 || status === 304) return isStreamed(body) ? unsent(body) : null;
  if (isStreamed(body) && body.isHeadFinal === true) finalHeads.add(body);
  return body;
}

/** Bodies whose head need not wait for them. Told by identity: of a body only its iteration is others' to ask for. */
const finalHeads = new WeakSet<object>();

/** True for a body that a handler gave, and that says of itself that the head is final. */
export function isHeadFinal(body: WsgiBody): boolean {
  return typeof body === "object" && body !== null && finalHeads.has(body);
}

/** No chunk of a body, and its end. */
function unsent(body: StreamedBody): WsgiBody {
  return { [Symbol.iterator]: () => [][Symbol.iterator](), close: () => body.close?.() };
}
