/** What is known of a body that has gone by: how long it was, and how it began. */
import { isUint8Array } from "node:util/types";

export class KeptBody {
  /** As far as it has gone by. */
  bytes = 0;
  private readonly most: number;
  private chunks: Uint8Array[] = [];
  private kept = 0;

  /** `most`: bytes that are kept of it. */
  constructor(most: number) {
    this.most = most;
  }

  /** Counts a chunk; what is none counts nothing. */
  take(chunk: unknown): void {
    const isText = typeof chunk === "string";
    if (!isText && !isUint8Array(chunk)) return;
    const size = isText ? Buffer.byteLength(chunk) : chunk.length;
    this.bytes += size;
    const room = this.most - this.kept;
    if (room <= 0 || size === 0) return;
    // A copy: a view would keep all that it is a view of, and its owner may change it.
    const part = isText ? Buffer.from(chunk.slice(0, room)) : chunk;
    const copy = Uint8Array.from(part.subarray(0, room));
    this.kept += copy.length;
    this.chunks.push(copy);
  }

  /** Whether all that has gone by is kept. */
  get isWhole(): boolean {
    return this.kept === this.bytes;
  }

  /** What was kept. */
  get beginning(): Uint8Array {
    return Buffer.concat(this.chunks);
  }
}
