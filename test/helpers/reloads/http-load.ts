/** Load by HTTP, as browsers put it on a front end: kept connections, and each answer is checked. */
import { Agent, type IncomingMessage, request as httpRequest } from "node:http";
import { createHistogram, type RecordableHistogram } from "node:perf_hooks";

const MOST_EXAMPLES = 8;

/** Every third request has a body; every fifth is answered 20 ms later, so that some always run. */
const BODY: Buffer = Buffer.alloc(16_256, "x");

export interface HttpLoadResult {
  readonly requests: number;
  readonly failed: number;
  /** What the first that failed were. */
  readonly examples: readonly string[];
  /** Processes that answered. */
  readonly pids: number;
  /** In milliseconds. */
  readonly p99Ms: number;
  readonly mostMs: number;
}

/** Runs from its making until `stop`, on 127.0.0.1. */
export class HttpLoad {
  /** Processes that have answered lately, and when they last did, by `performance.now()`. */
  readonly pids = new Map<number, number>();
  requests = 0;
  private readonly port: number;
  private readonly agent: Agent;
  private readonly lanes: Promise<unknown>;
  private readonly times: RecordableHistogram = createHistogram();
  private readonly examples: string[] = [];
  private failed = 0;
  private isOver = false;
  private onRequest = (): void => {};

  constructor(port: number, lanes: number) {
    this.port = port;
    this.agent = new Agent({ keepAlive: true, maxSockets: lanes });
    this.lanes = Promise.all(Array.from({ length: lanes }, () => this.run()));
  }

  /** Resolves when there were so many requests. */
  async reach(requests: number): Promise<void> {
    if (this.requests >= requests) return;
    await new Promise<void>((resolve) => {
      this.onRequest = () => {
        if (this.requests >= requests) resolve();
      };
    });
  }

  async stop(): Promise<HttpLoadResult> {
    this.isOver = true;
    await this.lanes;
    this.agent.destroy();
    const { requests, failed, examples, times, pids } = this;
    return {
      requests,
      failed,
      examples,
      pids: pids.size,
      p99Ms: times.percentile(99) / 1_000,
      mostMs: times.max / 1_000,
    };
  }

  private async run(): Promise<void> {
    while (!this.isOver) {
      const number = this.requests++;
      this.onRequest();
      const path = number % 5 === 0 ? `/slow/${number}` : `/${number}`;
      const body = number % 3 === 0 ? BODY : undefined;
      const startedAt = performance.now();
      // Strictly one after the other: a lane is one user.
      // oxlint-disable-next-line eslint/no-await-in-loop
      const seen = await this.ask(path, body).catch(String);
      this.times.record(Math.max(1, Math.round((performance.now() - startedAt) * 1_000)));
      if (seen === `200 ${path} ${body?.length ?? 0}`) continue;
      this.failed++;
      if (this.examples.length < MOST_EXAMPLES) this.examples.push(`${path}: ${seen.slice(0, 200)}`);
    }
  }

  private async ask(path: string, body: Buffer | undefined): Promise<string> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = body === undefined ? {} : { "Content-Length": body.length };
      const method = body === undefined ? "GET" : "POST";
      httpRequest({ agent: this.agent, host: "127.0.0.1", port: this.port, path, method, headers }, resolve)
        .on("error", reject)
        .end(body);
    });
    let text = "";
    for await (const chunk of response.setEncoding("latin1")) text += chunk as string;
    const pid = Number(response.headers["x-pid"]);
    if (pid > 0) this.pids.set(pid, performance.now());
    return `${response.statusCode} ${text}`;
  }
}
