/** A request as the platform's own `Request`: exact, and dear. */
import type { AppRequest, RequestBody } from "../../handler/index.ts";
import { requestHeaders } from "./request-headers.ts";

/** GET and HEAD have no body (Fetch 5.4), whatever the client sends. */
export function hasBody(method: string, request: AppRequest): boolean {
  return method !== "GET" && method !== "HEAD" && request.body.length > 0;
}

/** The platform's request; `make` is its class. The body is read from the connection as it is read here. */
export function platformRequest(
  make: typeof Request,
  request: AppRequest,
  method: string,
  url: string,
  headers: Iterable<readonly [name: string, value: string]> = requestHeaders(request.environ),
): Request {
  const own = new AbortController();
  const init: RequestInit = { method, headers: [...headers] as [string, string][], signal: own.signal };
  if (!hasBody(method, request)) return followed(request.signal, own, new make(url, init));
  // Not every declaration of `RequestInit` knows `duplex`, without which a stream is refused.
  const streaming: RequestInit & { readonly duplex: "half" } = {
    ...init,
    body: streamOf(request.body),
    duplex: "half",
  };
  return followed(request.signal, own, new make(url, streaming));
}

/**
 * Node's `Request` hears of an abort only until it is collected: an application that keeps nothing of it but its
 * `signal`, such as an event stream, would not see that its client is gone. So the signal of the exchange holds it, by
 * its listener. Not the signal that it was made with: that one Node holds until the request is collected, which would
 * then be never.
 */
function followed(signal: AbortSignal, own: AbortController, made: Request): Request {
  if (signal.aborted) own.abort(signal.reason);
  else signal.addEventListener("abort", passOn.bind(signal, own, made), { once: true });
  return made;
}

function passOn(this: AbortSignal, own: AbortController, _held: Request): void {
  own.abort(this.reason);
}

/** The body as a stream that reads a chunk when it is asked for one: an unread body never grows memory. */
function streamOf(body: RequestBody): ReadableStream<Uint8Array> {
  let left = body.length;
  // No byte stream: it would transfer the chunks' memory, which they may share with others.
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = await body.read();
        if (chunk !== undefined) controller.enqueue(chunk);
        left -= chunk?.length ?? left;
        if (left === 0) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}
