/** A request as it is, for one who wants to know of its upgrade. */
import type { AppRequest, RequestBody } from "./handler.ts";
import type { ByteStream } from "./plugin.ts";

export class WatchedRequest implements AppRequest {
  private readonly inner: AppRequest;
  private readonly onUpgrade: (stream: ByteStream) => void;

  constructor(inner: AppRequest, onUpgrade: (stream: ByteStream) => void) {
    this.inner = inner;
    this.onUpgrade = onUpgrade;
  }

  get environ(): AppRequest["environ"] {
    return this.inner.environ;
  }

  get body(): RequestBody {
    return this.inner.body;
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
    this.inner.report(error, status);
  }

  waitUntil(work: PromiseLike<unknown>): void {
    this.inner.waitUntil(work);
  }

  get isUpgraded(): boolean {
    return this.inner.isUpgraded;
  }

  upgrade(): ByteStream {
    const stream = this.inner.upgrade();
    this.onUpgrade(stream);
    return stream;
  }
}
