/** Requests one after the other, for applications that cannot have two at a time. */
import type { AppResponse, Handler, ResponseBody } from "../../handler/index.ts";

/**
 * A handler that is called when the answer before has ended: its body closed, or returned whole. A request whose client
 * has gone while it waited never reaches the handler.
 */
export function oneAtATime(handler: Handler): Handler {
  let last = Promise.resolve();
  return async (request) => {
    const before = last;
    let goOn = (): void => {};
    last = new Promise((resolve) => {
      goOn = resolve;
    });
    await before;
    try {
      request.signal.throwIfAborted();
      return whenClosed(await handler(request), goOn);
    } catch (error) {
      goOn();
      throw error;
    }
  };
}

/** The response; `onClosed` is called when its body needs the application no more. */
function whenClosed(response: AppResponse, onClosed: () => void): AppResponse {
  const { body } = response;
  if (typeof body === "object" && body !== null && "close" in body) {
    return { ...response, body: new Watched(body, onClosed) };
  }
  onClosed();
  return response;
}

type Chunks = Extract<ResponseBody, AsyncIterable<unknown> | Iterable<unknown>>;

class Watched implements AsyncIterable<Uint8Array | string> {
  private readonly body: Chunks & { close?(): void | Promise<void> };
  private readonly onClosed: () => void;

  constructor(body: Chunks, onClosed: () => void) {
    this.body = body as Watched["body"];
    this.onClosed = onClosed;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array | string> {
    yield* this.body as AsyncIterable<Uint8Array | string>;
  }

  async close(): Promise<void> {
    try {
      await this.body.close?.();
    } finally {
      this.onClosed();
    }
  }
}
