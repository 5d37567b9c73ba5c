/** What is of the server in a request, where that is not one of ours. */
import { randomBytes } from "node:crypto";
import type { Environ } from "../../../environ/index.ts";
import { contractError } from "../../../errors.ts";
import { type AppRequest, describeThrown, plausibleId } from "../../../handler/index.ts";

/** Without body and signal, which are of the Node request and its response. */
export class ForeignRequest implements AppRequest {
  readonly environ: Environ;
  readonly isUpgraded = false;
  private readonly onLog: (text: string) => void;
  private knownId: string | undefined;

  constructor(environ: Environ, onLog: (text: string) => void) {
    this.environ = environ;
    this.onLog = onLog;
  }

  get id(): string {
    const { HTTP_X_REQUEST_ID: given } = this.environ;
    return (this.knownId ??= plausibleId(given) ?? randomBytes(16).toString("hex"));
  }

  log(text: string): void {
    this.onLog(text);
  }

  report(error: unknown): void {
    this.onLog(describeThrown(error));
  }

  waitUntil(work: PromiseLike<unknown>): void {
    work.then(undefined, (error: unknown) => this.report(error));
  }

  get body(): never {
    throw contractError("the body is the Node request's");
  }

  get signal(): never {
    throw contractError("the signal is the Node response's");
  }

  upgrade(): never {
    throw contractError("there is no connection");
  }
}
