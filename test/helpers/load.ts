/**
 * Load: many requests at once whose every answer is checked, clients that go away, and applications
 * that fail. The same for the timed checks and for the soak by hand.
 */
import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import type { Address } from "../../src/connection/index.ts";
import { seededRandom } from "./deliveries.ts";
import { BODY_NOISE, SECRET } from "./load-bodies.ts";
import { sha256 } from "./noise.ts";
import { get, parseAnswer, post, RawClient } from "./raw-client.ts";

export interface LoadPlan {
  readonly address: Address;
  /** Requests that run at the same time. */
  readonly lanes: number;
  /** Ends after so many requests, or so many seconds, whichever comes first. */
  readonly requests?: number;
  readonly seconds?: number;
  /** Body sizes go from 1 byte to this, small ones as often as large ones. */
  readonly mostBytes: number;
  /** Shares of all requests whose client goes away in the midst of it, and whose application fails. */
  readonly abortShare: number;
  readonly errorShare: number;
  readonly seed: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly aborts: number;
  readonly errors: number;
  /** Answers that were not what they should have been. */
  readonly wrong: number;
  /** What the first of them were. */
  readonly examples: readonly string[];
  /** Of whole requests, in milliseconds. */
  readonly p99Ms: number;
}

const MOST_EXAMPLES = 5;

/** Runs the plan to its end. Rejects only when it cannot go on at all. */
export async function runLoad(plan: LoadPlan): Promise<LoadResult> {
  const load = new Load(plan);
  await Promise.all(Array.from({ length: plan.lanes }, (_, lane) => load.run(lane)));
  return load.result();
}

class Load {
  private readonly plan: LoadPlan;
  private readonly endsAt: number;
  private readonly times: RecordableHistogram = createHistogram();
  private readonly examples: string[] = [];
  private requests = 0;
  private aborts = 0;
  private errors = 0;
  private wrong = 0;

  constructor(plan: LoadPlan) {
    this.plan = plan;
    this.endsAt = performance.now() + (plan.seconds ?? Number.POSITIVE_INFINITY) * 1_000;
  }

  async run(lane: number): Promise<void> {
    const { requests = Number.POSITIVE_INFINITY, abortShare, errorShare, seed } = this.plan;
    const random = seededRandom(seed * 1_000 + lane);
    while (this.requests < requests && performance.now() < this.endsAt) {
      this.requests++;
      const kind = random();
      try {
        if (kind < abortShare) await this.abort(random);
        else if (kind < abortShare + errorShare) await this.error(random);
        else if (random() < 0.5) await this.get(random);
        else await this.post(random);
      } catch (error) {
        this.note(String(error));
      }
    }
  }

  result(): LoadResult {
    const { requests, aborts, errors, wrong, examples } = this;
    return { requests, aborts, errors, wrong, examples, p99Ms: this.times.percentile(99) / 1_000 };
  }

  private async get(random: () => number): Promise<void> {
    const size = this.size(random);
    const path = random() < 0.5 ? "/noise" : "/stream";
    const { status, body } = await this.timed(get({ PATH_INFO: path, QUERY_STRING: String(size) }));
    if (status === 200 && body.equals(BODY_NOISE.subarray(0, size))) return;
    this.note(`GET ${path} ${size}: ${status}, ${body.length} bytes`);
  }

  private async post(random: () => number): Promise<void> {
    const sent = BODY_NOISE.subarray(0, this.size(random));
    const { status, body } = await this.timed(post(sent, { PATH_INFO: "/digest" }));
    if (status === 200 && body.toString() === `${sent.length} ${sha256(sent)}`) return;
    this.note(`POST ${sent.length}: ${status} ${body.toString()}`);
  }

  private async error(random: () => number): Promise<void> {
    this.errors++;
    const how = ["sync", "async", "started", "first-chunk"][Math.floor(random() * 4)];
    const { status, body } = await this.ask(get({ PATH_INFO: `/fails/${how}` }));
    if (status !== 500 || body.includes(SECRET)) this.note(`error ${how}: ${status} ${body.toString()}`);
  }

  /** Goes away within the request, or within the answer. */
  private async abort(random: () => number): Promise<void> {
    this.aborts++;
    using client = await RawClient.connect(this.plan.address);
    const size = this.size(random);
    const bytes =
      random() < 0.5
        ? get({ PATH_INFO: "/tracked", QUERY_STRING: String(size) })
        : post(BODY_NOISE.subarray(0, size), { PATH_INFO: "/tracked", QUERY_STRING: String(size) });
    const isWhole = random() < 0.5;
    await client.send(isWhole ? bytes : bytes.subarray(0, Math.floor(random() * bytes.length)));
    if (isWhole) await client.until("HTTP/1.1 200");
    if (this.plan.address.kind === "tcp" && random() < 0.5) client.socket.resetAndDestroy();
    else client.destroy();
    await client.closed;
  }

  private async timed(bytes: Uint8Array): Promise<{ status: number; body: Buffer }> {
    const startedAt = performance.now();
    const answer = await this.ask(bytes);
    this.times.record(Math.max(1, Math.round((performance.now() - startedAt) * 1_000)));
    return answer;
  }

  /** Any end but a clean one throws. */
  private async ask(bytes: Uint8Array): Promise<{ status: number; body: Buffer }> {
    using client = await RawClient.connect(this.plan.address);
    await client.send(bytes);
    const ending = await client.ending;
    client.end();
    await client.closed;
    if (ending.how !== "end") throw new Error(`ended by ${ending.how}`);
    const { status, body } = parseAnswer(ending.bytes);
    return { status, body: Buffer.from(body, "latin1") };
  }

  private size(random: () => number): number {
    return Math.ceil(2 ** (random() * Math.log2(this.plan.mostBytes)));
  }

  private note(what: string): void {
    this.wrong++;
    if (this.examples.length < MOST_EXAMPLES) this.examples.push(what);
  }
}
