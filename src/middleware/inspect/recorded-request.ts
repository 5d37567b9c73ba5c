/** A request as it is, whose record is told what is read of it. */
import type { AppRequest, RequestBody } from "../../handler/index.ts";
import type { KeptBody } from "./kept-body.ts";
import type { Recording } from "./recording.ts";

export class RecordedRequest implements AppRequest {
  private readonly inner: AppRequest;
  private readonly recording: Recording;
  private knownBody: RecordedBody | undefined;

  constructor(inner: AppRequest, recording: Recording) {
    this.inner = inner;
    this.recording = recording;
  }

  get environ(): AppRequest["environ"] {
    return this.inner.environ;
  }

  get body(): RequestBody {
    return (this.knownBody ??= new RecordedBody(this.inner.body, this.recording.requestBody));
  }

  get signal(): AbortSignal {
    return this.inner.signal;
  }

  get id(): string {
    return this.inner.id;
  }

  log(text: string): void {
    this.inner.log(text);
  }

  report(error: unknown, status: number): void {
    this.recording.fail(error);
    this.inner.report(error, status);
  }

  waitUntil(work: PromiseLike<unknown>): void {
    this.inner.waitUntil(work);
  }

  get isUpgraded(): boolean {
    return this.inner.isUpgraded;
  }

  upgrade(): ReturnType<AppRequest["upgrade"]> {
    return this.inner.upgrade();
  }
}

class RecordedBody implements RequestBody {
  private readonly inner: RequestBody;
  private readonly kept: KeptBody;

  constructor(inner: RequestBody, kept: KeptBody) {
    this.inner = inner;
    this.kept = kept;
  }

  get length(): number {
    return this.inner.length;
  }

  async read(): Promise<Uint8Array | undefined> {
    const chunk = await this.inner.read();
    if (chunk !== undefined) this.kept.take(chunk);
    return chunk;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) yield chunk;
  }
}
