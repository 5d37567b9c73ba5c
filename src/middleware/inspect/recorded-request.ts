/** A request as it is, whose record is told what is read of it. */
import { type AppRequest, PassedRequest, type RequestBody } from "../../handler/index.ts";
import type { KeptBody } from "./kept-body.ts";
import type { Recording } from "./recording.ts";

export class RecordedRequest extends PassedRequest {
  private readonly recording: Recording;
  private knownBody: RecordedBody | undefined;

  constructor(request: AppRequest, recording: Recording) {
    super(request, request.environ);
    this.recording = recording;
  }

  override get body(): RequestBody {
    return (this.knownBody ??= new RecordedBody(super.body, this.recording.requestBody));
  }

  override report(error: unknown, status: number): void {
    this.recording.fail(error);
    super.report(error, status);
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
