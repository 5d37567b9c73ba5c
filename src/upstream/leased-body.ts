/**
 * The body of a response, as it is; its request counts as in flight until the body has ended, failed or was closed, or
 * the request's signal fired.
 *
 * Who takes a response and lets its body go unread should close it (`body[Symbol.asyncIterator]().return()`) or fire
 * the signal. For who does neither the garbage collector does: when the body can no longer be reached, the request is
 * over and its connection is closed. (undici does the same for responses of fetch.)
 */
import type { Response } from "../client/index.ts";
import { isNodeFault } from "./failures.ts";
import type { Lease } from "./lease.ts";

/** The response with a body that ends the lease; at once where there is none. */
export function leaseUntilEnd(response: Response, lease: Lease, isHead: boolean, signal?: AbortSignal): Response {
  const { status } = response;
  if (isHead || status === 204 || status === 304) {
    lease.end();
    return response;
  }
  return new LeasedResponse(response, new LeasedBody(response.body, lease, signal));
}

/** Closes a body that nobody wants. */
export async function discard(body: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    await body[Symbol.asyncIterator]().return?.();
  } catch {
    // It is no longer wanted: that it ends badly is nobody's loss.
  }
}

/** What is closed for a body that was forgotten. Must not lead to the body itself. */
interface Source {
  readonly body: AsyncIterable<Uint8Array>;
  readonly lease: Lease;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: () => void;
  iterator: AsyncIterator<Uint8Array> | undefined;
}

const forgotten = new FinalizationRegistry<Source>((source) => {
  over(source);
  const { iterator } = source;
  void discard(iterator === undefined ? source.body : { [Symbol.asyncIterator]: () => iterator });
});

/** What the sender says, also what it says later, but for the body. */
class LeasedResponse implements Response {
  readonly status: number;
  readonly reason: string;
  readonly headers: Response["headers"];
  readonly body: LeasedBody;
  private readonly response: Response;

  constructor(response: Response, body: LeasedBody) {
    this.status = response.status;
    this.reason = response.reason;
    this.headers = response.headers;
    this.body = body;
    this.response = response;
  }

  get excessBytes(): number {
    return this.response.excessBytes ?? 0;
  }
}

class LeasedBody implements AsyncIterable<Uint8Array> {
  private readonly source: Source;

  constructor(body: AsyncIterable<Uint8Array>, lease: Lease, signal: AbortSignal | undefined) {
    this.source = sourceOf(body, lease, signal);
    forgotten.register(this, this.source, this.source);
  }

  // The functions below must hold `this`: a body that is being read is not forgotten.
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const { source } = this;
    const iterator = source.body[Symbol.asyncIterator]();
    source.iterator = iterator;
    return {
      next: async () => {
        try {
          const result = await iterator.next();
          if (result.done === true) this.end();
          return result;
        } catch (error) {
          if (isNodeFault(error) && source.signal?.aborted !== true) source.lease.fail(error);
          this.end();
          throw error;
        }
      },
      return: async () => {
        this.end();
        return (await iterator.return?.()) ?? { done: true, value: undefined };
      },
    };
  }

  private end(): void {
    forgotten.unregister(this.source);
    over(this.source);
  }
}

/** Made apart from the body, so that its function holds the lease alone. */
function sourceOf(body: AsyncIterable<Uint8Array>, lease: Lease, signal: AbortSignal | undefined): Source {
  const onAbort = (): void => lease.end();
  if (signal?.aborted === true) lease.end();
  else signal?.addEventListener("abort", onAbort, { once: true });
  return { body, lease, signal, onAbort, iterator: undefined };
}

function over({ lease, signal, onAbort }: Source): void {
  signal?.removeEventListener("abort", onAbort);
  lease.end();
}
