/** The client's side of one exchange, whatever HTTP it speaks: a head, a body at the client's pace, an end or a cut. */
import type { Header } from "../../codec/index.ts";
import { gone, TimeoutError } from "../../errors.ts";
import { timerMs } from "./request-body.ts";

/** What differs between versions of HTTP is in its subclasses. */
export abstract class ClientAnswer {
  /** Status sent, 0 when none was. */
  status = 0;
  /** Bytes of the body handed over. */
  bodyBytes = 0;
  isGone = false;
  /** Called once when the client has gone before the end. */
  onGone: () => void = () => {};
  private readonly writeTimeoutMs: number;
  private wake: (() => void) | undefined;

  constructor(writeTimeoutMs: number) {
    this.writeTimeoutMs = writeTimeoutMs;
  }

  /** Throws what Node throws for a head that cannot be sent. `hasBody`: false where there can be none (HEAD, 204, 304). */
  head(status: number, reason: string, headers: readonly Header[], hasBody: boolean): void {
    this.sendHead(status, reason, headers, hasBody);
    this.status = status;
  }

  /** False when the client has to take what it got, before it gets more: see `room`. */
  write(chunk: Uint8Array): boolean {
    this.bodyBytes += chunk.length;
    return this.sendChunk(chunk);
  }

  /**
   * Waits until the client takes more. Rejects with a TimeoutError (`UWSGI_WRITE_TIMEOUT`) or a ConnectionError
   * (`UWSGI_PEER_GONE`).
   */
  async room(): Promise<void> {
    while (!this.isGone && !this.hasRoom) await this.sign();
    if (this.isGone) throw gone("the client has gone");
  }

  /** Ends the answer; settles when the system has all of it. Rejects as `room`. */
  async end(): Promise<void> {
    this.sendEnd();
    while (!this.isGone && !this.isFinished) await this.sign();
    if (!this.isFinished) throw gone("the client has gone");
  }

  /** Asks for the body of the request (`100 Continue`). */
  abstract askForBody(): void;
  /** Breaks the answer off; false when the client may take what it got for all. */
  abstract cut(): boolean;
  protected abstract get hasRoom(): boolean;
  protected abstract get isFinished(): boolean;
  protected abstract sendHead(status: number, reason: string, headers: readonly Header[], hasBody: boolean): void;
  protected abstract sendChunk(chunk: Uint8Array): boolean;
  protected abstract sendEnd(): void;

  /** Something has happened: `room` and `end` look again. */
  signal(): void {
    this.wake?.();
  }

  /** The client has gone, or gets no answer to this any more. */
  markGone(): void {
    if (this.isGone || this.isFinished) return;
    this.isGone = true;
    this.onGone();
    this.wake?.();
  }

  private sign(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.wake = undefined;
        reject(
          new TimeoutError(`the client took nothing of the answer within ${this.writeTimeoutMs} ms`, {
            code: "UWSGI_WRITE_TIMEOUT",
          }),
        );
      }, timerMs(this.writeTimeoutMs));
      this.wake = () => {
        clearTimeout(timer);
        this.wake = undefined;
        resolve();
      };
    });
  }
}
