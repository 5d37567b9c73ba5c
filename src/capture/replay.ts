/** Sends recorded requests again, and compares what is answered. */
import { setTimeout as delay } from "node:timers/promises";
import { type Response, type Sender, senderTo, type To } from "../client/index.ts";
import { errorCode, rangeError, TimeoutError } from "../errors.ts";
import { type ComparedResponse, compareResponses, type Difference, readRecorded } from "./compare-responses.ts";
import type { RecordedExchange } from "./record-format.ts";
import { dueMs, type Pace, planOf, type ReplayFilter, type ReplayRequest, type Skip } from "./replay-plan.ts";

export interface ReplayOptions extends ReplayFilter {
  /** Default as fast as answers come. */
  readonly pace?: Pace;
  /** Requests that run at a time. Default 1, with a pace 64: one that is slow shall not hold up the others. */
  readonly concurrency?: number;
  /** Compare headers and bodies too. Default false: the status. */
  readonly diff?: boolean;
  /** Headers that are not compared, lower case, beside those that always differ. */
  readonly ignore?: ReadonlySet<string>;
  /** Most bytes of a body that are compared. Default 1 MiB, what a recorder keeps. */
  readonly maxBodyBytes?: number;
  /** For each request, to the last byte of its answer: `UWSGI_TOTAL_TIMEOUT`. Default 60 000. */
  readonly timeoutMs?: number;
  /** Told of each that was sent. */
  readonly onResult?: (result: ReplayResult) => void;
  readonly signal?: AbortSignal;
}

export interface ReplayResult {
  /** That of the recording. */
  readonly n: number;
  readonly method: string;
  readonly uri: string;
  readonly ms: number;
  /** Undefined when there was no answer. */
  readonly status: number | undefined;
  /** Empty when all is the same. */
  readonly differences: readonly Difference[];
  /** The recording has no answer to compare with. */
  readonly isUncompared: boolean;
  /** Why there was no answer; a recorded exchange without one makes that no failure. */
  readonly error: { readonly code: string; readonly message: string } | undefined;
}

export interface ReplaySummary {
  sent: number;
  same: number;
  different: number;
  failed: number;
  /** Sent, and nothing to compare with. */
  uncompared: number;
  readonly skipped: Record<Skip, number>;
  /** From the first to the last answer. */
  ms: number;
}

/** Sends them to `to`; resolves when all are answered. Rejects as `exchanges` does, and with the reason of `signal`. */
export async function replay(
  exchanges: AsyncIterable<RecordedExchange>,
  to: To,
  options: ReplayOptions = {},
): Promise<ReplaySummary> {
  const { pace = { kind: "free" }, signal } = options;
  const { concurrency = pace.kind === "free" ? 1 : 64 } = options;
  if (!(concurrency >= 1))
    throw rangeError("UWSGI_INVALID_ARGUMENT", `concurrency is ${concurrency}, 1 or more is needed`);
  const sender = senderTo(to);
  const summary: ReplaySummary = {
    sent: 0,
    same: 0,
    different: 0,
    failed: 0,
    uncompared: 0,
    skipped: { "not-a-request": 0, cut: 0, unsafe: 0, filtered: 0 },
    ms: 0,
  };
  const startedMs = performance.now();
  const running = new Set<Promise<void>>();
  let firstMs: number | undefined;
  for await (const exchange of exchanges) {
    signal?.throwIfAborted();
    const planned = planOf(exchange, options);
    if (typeof planned === "string") {
      summary.skipped[planned]++;
      continue;
    }
    firstMs ??= exchange.startMs;
    const waitMs = startedMs + dueMs(pace, summary.sent, exchange.startMs - firstMs) - performance.now();
    if (waitMs > 0) await delay(Math.min(waitMs, 2 ** 31 - 1), undefined, signal === undefined ? {} : { signal });
    while (running.size >= concurrency) await Promise.race(running);
    summary.sent++;
    const work = send(sender, planned, exchange, options).then((result) => {
      running.delete(work);
      count(summary, result);
      options.onResult?.(result);
    });
    running.add(work);
  }
  await Promise.all(running);
  summary.ms = performance.now() - startedMs;
  return summary;
}

function count(summary: ReplaySummary, { error, differences, isUncompared }: ReplayResult): void {
  if (error !== undefined && !isUncompared) summary.failed++;
  else if (isUncompared) summary.uncompared++;
  else if (differences.length > 0) summary.different++;
  else summary.same++;
}

/** Never rejects. */
async function send(
  sender: Sender,
  { method, uri, packet, body }: ReplayRequest,
  { n, response }: RecordedExchange,
  options: ReplayOptions,
): Promise<ReplayResult> {
  const { diff = false, ignore, maxBodyBytes = 1024 * 1024, timeoutMs = 60_000, signal } = options;
  const recorded = readRecorded(response);
  const isHead = method === "HEAD";
  const startedMs = performance.now();
  const about = { n, method, uri, isUncompared: recorded === undefined };
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    const message = `no whole answer within ${timeoutMs} ms`;
    deadline.abort(new TimeoutError(message, { code: "UWSGI_TOTAL_TIMEOUT" }));
  }, timeoutMs);
  try {
    const answer = await sender.send({
      vars: [...packet.vars],
      modifier1: packet.modifier1,
      modifier2: packet.modifier2,
      ...(body.length === 0 ? {} : { body: once(body) }),
      isBodyReplayable: true,
      isHead,
      signal: signal === undefined ? deadline.signal : AbortSignal.any([deadline.signal, signal]),
    });
    const now = await receive(answer, maxBodyBytes);
    const differences = recorded === undefined ? [] : compareResponses(cut(recorded, maxBodyBytes), now, diff, ignore);
    return { ...about, ms: performance.now() - startedMs, status: now.status, differences, error: undefined };
  } catch (thrown) {
    const error: unknown = deadline.signal.aborted ? deadline.signal.reason : thrown;
    const message = error instanceof Error ? error.message : String(error);
    const fault = { code: errorCode(error) ?? "UNKNOWN", message };
    return { ...about, ms: performance.now() - startedMs, status: undefined, differences: [], error: fault };
  } finally {
    clearTimeout(timer);
  }
}

/** The same bytes for whoever iterates. */
function once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  return {
    async *[Symbol.asyncIterator]() {
      yield bytes;
    },
  };
}

/** The beginning of the body is kept, all of it is read: what breaks off later is a failure. */
async function receive({ status, headers, body }: Response, maxBodyBytes: number): Promise<ComparedResponse> {
  const kept: Uint8Array[] = [];
  let keptBytes = 0;
  let isWhole = true;
  for await (const chunk of body) {
    const part = chunk.subarray(0, maxBodyBytes - keptBytes);
    if (part.length < chunk.length) isWhole = false;
    if (part.length > 0) kept.push(part);
    keptBytes += part.length;
  }
  return { status, headers, body: Buffer.concat(kept), isWhole };
}

function cut(response: ComparedResponse, maxBodyBytes: number): ComparedResponse {
  if (response.body.length <= maxBodyBytes) return response;
  return { ...response, body: response.body.subarray(0, maxBodyBytes), isWhole: false };
}
