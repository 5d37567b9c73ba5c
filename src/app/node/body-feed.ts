/** The body of a request -> its `IncomingMessage`, chunk by chunk, as far as it is asked for. */
import type { AppRequest } from "../../handler/index.ts";
import type { RequestParts } from "./internals.ts";

export class BodyFeed {
  private readonly request: AppRequest;
  private readonly req: RequestParts;
  private readonly onChunk: (bytes: number) => void;
  /** The body has ended, or has failed with this. */
  private readonly onEnd: (error: unknown) => void;
  private isReading = false;
  private isPaused = true;
  private hasEnded = false;

  constructor(
    request: AppRequest,
    req: RequestParts,
    onChunk: (bytes: number) => void,
    onEnd: (error: unknown) => void,
  ) {
    this.request = request;
    this.req = req;
    this.onChunk = onChunk;
    this.onEnd = onEnd;
  }

  /** True while somebody takes the body in, and there is more of it to come. */
  get isWanted(): boolean {
    return !this.hasEnded && isRead(this.req);
  }

  resume(): void {
    this.isPaused = false;
    if (this.isReading || this.hasEnded) return;
    this.isReading = true;
    void this.read();
  }

  pause(): void {
    this.isPaused = true;
  }

  /** Nothing is fetched any more: the request ends here. */
  end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    endRequest(this.req);
    this.onEnd(undefined);
  }

  /** Nothing is fetched any more, and the request does not end. */
  stop(): void {
    this.hasEnded = true;
  }

  /** Never rejects. */
  private async read(): Promise<void> {
    const { request, req } = this;
    try {
      while (!this.isPaused && !this.hasEnded) {
        const chunk = await request.body.read();
        if (this.hasEnded) break;
        if (chunk === undefined) this.end();
        else {
          this.onChunk(chunk.length);
          // Behind the pause: who reads the chunk at once may ask for more.
          if (!req._dumped && !req.push(chunk)) this.isPaused = true;
        }
      }
    } catch (error) {
      this.hasEnded = true;
      this.onEnd(error);
    } finally {
      this.isReading = false;
    }
  }
}

/** True where somebody reads the request, or is about to. */
export function isRead(req: RequestParts): boolean {
  if (req._dumped || req.destroyed) return false;
  return req.readableFlowing === true ? req.listenerCount("data") > 0 : req.listenerCount("readable") > 0;
}

/** As behind the last byte. */
export function endRequest(req: RequestParts): void {
  req.complete = true;
  req.push(null);
}
