/** A request as people think of one: method, path, headers, body. */
import { encodePacket } from "../codec/index.ts";
import type { DialTls } from "../connection/index.ts";
import { rangeError, TimeoutError, UwsgiError } from "../errors.ts";
import { BytesBody } from "./bytes-body.ts";
import { senderTo, type To } from "./client.ts";
import { ClientResponse } from "./client-response.ts";
import type { PacketRequest } from "./packet-request.ts";
import { prepareBody, type PreparedBody, type RequestBody } from "./request-body.ts";
import { agreedLength, checkHead, type CheckedHead, type RequestHead } from "./request-vars.ts";
import type { ResponseOptions } from "./send-request.ts";
import { spool, type Spooled } from "./spool.ts";
import { type Timeouts, withTimeouts } from "./timeouts.ts";

export interface RequestOptions extends RequestHead, ResponseOptions {
  /**
   * A length that nobody knows is found by reading the body before anything is sent: to 1 MiB in memory, beyond on disk. `URLSearchParams`,
   * `FormData` and a Blob with a type set Content-Type where there is none.
   */
  readonly body?: RequestBody;
  /** Bytes that the body has, which then goes out as it comes. A body with more or fewer breaks the connection. */
  readonly contentLength?: number;
  /** Most bytes of a body whose length is not known. Default 1 GiB; more rejects with `UWSGI_BODY_LIMIT`. */
  readonly maxSpoolBytes?: number;
  /** Where bodies are kept that are too long for memory, in files without a name. Default the system's. */
  readonly spoolFolder?: string;
  /** As in `PacketRequest`. */
  readonly modifier1?: number;
  readonly modifier2?: number;
  /** Ends it at any time, also the wait for the body. */
  readonly signal?: AbortSignal;
  readonly timeouts?: Partial<Timeouts>;
  /** For `suwsgi://` addresses. */
  readonly tls?: DialTls;
  readonly onInterim?: PacketRequest["onInterim"];
}

const MAX_SPOOL_BYTES = 1024 ** 3;

/**
 * Sends a request and resolves when the head of the response is there, whatever its status. Sends nothing twice, and follows
 * no redirect.
 *
 * Rejects, before anything is sent, with a TypeError, RangeError or ProtocolError for what cannot be sent (`UWSGI_BAD_METHOD`,
 * `UWSGI_BAD_TARGET`, `UWSGI_INVALID_HEADER`, `UWSGI_BAD_REQUEST_HEADER`, `UWSGI_BODY_LENGTH`, `UWSGI_PACKET_TOO_LARGE`: the
 * vars have room for 65 535 bytes), with a LimitError (`UWSGI_BODY_LIMIT`), with a UwsgiError (`UWSGI_REQUEST_BODY_FAILED`),
 * and behind that as `Sender.send`.
 */
export async function request(to: To, options: RequestOptions = {}): Promise<ClientResponse> {
  const startedAt = performance.now();
  const head = checkHead(options);
  const sender = senderTo(to, options);
  const timeouts = options.timeouts === undefined ? undefined : withTimeouts(options.timeouts);
  const prepared = options.body === undefined ? undefined : prepareBody(options.body);
  const length = agreedLength(
    ["the length of the body", prepared === undefined ? 0 : prepared.length],
    ["contentLength", checkLength("contentLength", options.contentLength)],
    ["the header Content-Length", head.contentLength],
  );
  const common = commonOf(options, head);
  if (prepared === undefined) {
    return new ClientResponse(await sender.send({ ...common, vars: head.vars(undefined) }));
  }
  if (length !== undefined) {
    const { source, type, isReplayable } = prepared;
    const vars = head.vars(length, type);
    const sent = { ...common, vars, body: source, bodyLength: length, isBodyReplayable: isReplayable };
    return new ClientResponse(await sender.send(sent));
  }
  // What can be refused without the body is refused before it is read.
  encodePacket({ ...common, vars: head.vars(0, prepared.type) });
  const spooled = await spoolBody(prepared, options, timeouts);
  const kept = new KeptBody(spooled);
  const left = timeouts === undefined ? undefined : leftOf(timeouts, performance.now() - startedAt);
  try {
    const response = await sender.send({
      ...common,
      ...(left === undefined ? {} : { timeouts: left }),
      vars: head.vars(spooled.length, prepared.type),
      body: kept.body,
      bodyLength: spooled.length,
      isBodyReplayable: true,
    });
    return new ClientResponse(response);
  } finally {
    await kept.release();
  }
}

function commonOf(
  { modifier1 = 0, modifier2 = 0, signal, timeouts, onInterim }: RequestOptions,
  { method }: CheckedHead,
): Omit<PacketRequest, "vars"> & { readonly modifier1: number; readonly modifier2: number } {
  return {
    modifier1,
    modifier2,
    isHead: method === "HEAD",
    ...(signal === undefined ? {} : { signal }),
    ...(timeouts === undefined ? {} : { timeouts }),
    ...(onInterim === undefined ? {} : { onInterim }),
  };
}

function checkLength(name: string, length: number | undefined): number | undefined {
  if (length === undefined || (Number.isSafeInteger(length) && length >= 0)) return length;
  throw rangeError("UWSGI_INVALID_ARGUMENT", `${name} is ${String(length)}, a whole number of bytes is needed`);
}

/** Reads the body; not longer than all may take. */
async function spoolBody(
  { source }: PreparedBody,
  { maxSpoolBytes = MAX_SPOOL_BYTES, spoolFolder, signal }: RequestOptions,
  timeouts: Timeouts | undefined,
): Promise<Spooled> {
  const totalMs = timeouts?.totalMs ?? Number.POSITIVE_INFINITY;
  const deadline = new AbortController();
  const timer =
    totalMs === Number.POSITIVE_INFINITY
      ? undefined
      : setTimeout(() => deadline.abort(totalTimeout(totalMs)), Math.min(totalMs, LONGEST_TIMER_MS));
  const giveUp = (): void => deadline.abort(signal?.reason);
  signal?.addEventListener("abort", giveUp);
  try {
    signal?.throwIfAborted();
    return await spool(source, maxSpoolBytes, spoolFolder, { signal: deadline.signal });
  } catch (error) {
    signal?.throwIfAborted();
    deadline.signal.throwIfAborted();
    if (error instanceof UwsgiError && error.code === "UWSGI_BODY_LIMIT") throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UwsgiError(`the body of the request failed: ${reason}`, {
      code: "UWSGI_REQUEST_BODY_FAILED",
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", giveUp);
  }
}

const LONGEST_TIMER_MS = 2_147_483_647;

function totalTimeout(totalMs: number): TimeoutError {
  return new TimeoutError(`the request body did not come within ${totalMs} ms, which is all the time there was`, {
    code: "UWSGI_TOTAL_TIMEOUT",
  });
}

function leftOf(timeouts: Timeouts, elapsedMs: number): Timeouts {
  return { ...timeouts, totalMs: Math.max(1, timeouts.totalMs - elapsedMs) };
}

/** A body that was kept goes when nobody can read it any more: the sender has answered, and the last reader has ended. */
class KeptBody {
  readonly body: AsyncIterable<Uint8Array>;
  private readonly spooled: Spooled;
  private readers = 0;
  private isReleased = false;

  constructor(spooled: Spooled) {
    this.spooled = spooled;
    // What is in memory stays what it is: it goes out with its packet.
    this.body = spooled.body instanceof BytesBody ? spooled.body : { [Symbol.asyncIterator]: () => this.read() };
  }

  /** Nobody begins to read it any more. */
  async release(): Promise<void> {
    this.isReleased = true;
    if (this.readers === 0) await this.spooled[Symbol.asyncDispose]();
  }

  private async *read(): AsyncGenerator<Uint8Array, void> {
    this.readers++;
    try {
      yield* this.spooled.body;
    } finally {
      this.readers--;
      if (this.isReleased && this.readers === 0) await this.spooled[Symbol.asyncDispose]();
    }
  }
}
