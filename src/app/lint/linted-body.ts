/** A body as `lint` gives it to the server: rules 38 to 43, of both sides. */
import { isUint8Array } from "node:util/types";
import { type BodyChunk, isPlainList, isPromiseLike } from "../../handler/index.ts";
import type { WsgiBody } from "../wsgi/types.ts";
import { show } from "./faults.ts";
import type { LintedCall } from "./linted-call.ts";

type Chunks = (Iterable<BodyChunk> | AsyncIterable<BodyChunk>) & { close?(): void | Promise<void> };
type Inner = Iterator<unknown> | AsyncIterator<unknown>;

/**
 * The body, checked: at once where it is there as a whole, which is then returned as it is, else as it is iterated.
 */
export function lintedBody(body: WsgiBody, call: LintedCall): WsgiBody {
  if (body === null || body === undefined) checkWhole([], call);
  else if (typeof body === "string" || isUint8Array(body)) checkWhole([body], call);
  else if (isPlainList(body)) checkWhole(body, call);
  else if (isIterable(body)) return iterated(body, call);
  else call.faults.application(38, `the application returned ${show(body)}, allowed are chunks and what iterates them`);
  return body;
}

function checkWhole(chunks: readonly unknown[], call: LintedCall): void {
  for (const chunk of chunks) call.count(chunk);
  call.complete();
  call.close();
}

function isIterable(body: unknown): body is Chunks {
  return typeof body === "object" && body !== null && (Symbol.asyncIterator in body || Symbol.iterator in body);
}

/** What the server has done with a body. Not the body: that it is let go of must be seen. */
interface Use {
  isIterated: boolean;
  isClosed: boolean;
}

/** Told of bodies that nobody holds any more. */
const letGo = new FinalizationRegistry<() => void>((check) => check());

function iterated(body: Chunks, call: LintedCall): WsgiBody {
  const { faults } = call;
  const use: Use = { isIterated: false, isClosed: false };
  const begin = (): void => {
    if (use.isIterated) faults.server(41, "the body was iterated a second time");
    if (use.isClosed) faults.server(42, "the body was iterated behind its close");
    use.isIterated = true;
  };
  const iterate =
    Symbol.asyncIterator in body
      ? {
          [Symbol.asyncIterator]: () => {
            begin();
            return new LintedChunks(body[Symbol.asyncIterator](), call, use);
          },
        }
      : {
          [Symbol.iterator]: () => {
            begin();
            return new LintedChunks(body[Symbol.iterator](), call, use);
          },
        };
  const close = (): void | Promise<void> => {
    call.close();
    letGo.unregister(use);
    const isFirst = !use.isClosed;
    use.isClosed = true;
    if (isFirst) return body.close?.();
    return faults.server(42, "the body was closed a second time");
  };
  const linted = new Proxy({ ...iterate, close }, { get: (target, key) => look(target, key, call) });
  letGo.register(linted, () => faults.serverBefore(42, "the body was never closed"), use);
  return linted as unknown as WsgiBody;
}

/** `then` is asked for by whoever awaits. */
const known: ReadonlySet<PropertyKey> = new Set(["then", "close"]);

function look(target: object, key: PropertyKey, { faults }: LintedCall): unknown {
  if (typeof key === "string" && !known.has(key)) {
    faults.server(43, `${key} of the body was asked for, only its iteration and close are the server's`);
  }
  return (target as Record<PropertyKey, unknown>)[key];
}

/** The iteration of a body: its answers come as they are, or in promises, as those of the body do. */
class LintedChunks {
  private readonly inner: Inner;
  private readonly call: LintedCall;
  private readonly use: Use;
  private isWaiting = false;
  private isDone = false;

  constructor(inner: Inner, call: LintedCall, use: Use) {
    this.inner = inner;
    this.call = call;
    this.use = use;
  }

  next(): unknown {
    const { faults } = this.call;
    if (this.use.isClosed) faults.server(42, "a chunk was asked for behind the close of the body");
    if (this.isDone) faults.server(41, "a chunk was asked for behind the end of the body");
    if (this.isWaiting) faults.server(41, "a chunk was asked for before the one before it had come");
    const next = this.inner.next();
    if (!isPromiseLike(next)) return this.check(next);
    this.isWaiting = true;
    return this.arrive(next);
  }

  return(): unknown {
    this.isDone = true;
    return this.inner.return?.() ?? { done: true, value: undefined };
  }

  private async arrive(next: PromiseLike<IteratorResult<unknown>>): Promise<IteratorResult<unknown>> {
    try {
      return this.check(await next);
    } finally {
      this.isWaiting = false;
    }
  }

  private check(result: IteratorResult<unknown>): IteratorResult<unknown> {
    if (result.done === true) {
      this.isDone = true;
      this.call.complete();
    } else this.call.count(result.value);
    return result;
  }
}
