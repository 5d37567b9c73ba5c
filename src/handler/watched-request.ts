/** A request as it is, for one who wants to know of its upgrade. */
import type { AppRequest } from "./handler.ts";
import { PassedRequest } from "./passed-request.ts";
import type { ByteStream } from "./plugin.ts";

export class WatchedRequest extends PassedRequest {
  private readonly onUpgrade: (stream: ByteStream) => void;

  constructor(request: AppRequest, onUpgrade: (stream: ByteStream) => void) {
    super(request, request.environ);
    this.onUpgrade = onUpgrade;
  }

  override upgrade(): ByteStream {
    const stream = super.upgrade();
    this.onUpgrade(stream);
    return stream;
  }
}
