/** A request that is passed on, and differs in what a subclass says, or in its environ. */
import type { Environ } from "../environ/index.ts";
import type { AppRequest, RequestBody } from "./handler.ts";
import type { ByteStream } from "./plugin.ts";

export class PassedRequest implements AppRequest {
  readonly environ: Environ;
  protected readonly request: AppRequest;

  constructor(request: AppRequest, environ: Environ) {
    this.request = request;
    this.environ = environ;
  }

  get body(): RequestBody {
    return this.request.body;
  }

  get signal(): AbortSignal {
    return this.request.signal;
  }

  get id(): string {
    return this.request.id;
  }

  log(text: string): void {
    this.request.log(text);
  }

  report(error: unknown, status: number): void {
    this.request.report(error, status);
  }

  waitUntil(work: PromiseLike<unknown>): void {
    this.request.waitUntil(work);
  }

  get isUpgraded(): boolean {
    return this.request.isUpgraded;
  }

  upgrade(): ByteStream {
    return this.request.upgrade();
  }
}
