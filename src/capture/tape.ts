/** What is kept of one exchange while it runs. */
import type { RecordedEnd, RecordedExchange } from "./record-format.ts";

/** Bytes that may still be held, of all exchanges together. */
export interface Budget {
  leftBytes: number;
}

type End = "client" | "server";

export class Tape {
  /** How it has ended; the first reason counts. */
  end: RecordedEnd | undefined;
  private readonly n: number;
  private readonly peer: string;
  private readonly at = new Date().toISOString();
  private readonly beganMs = performance.now();
  private readonly recorderMs: number;
  private readonly tracks: Readonly<Record<End, Track>>;
  private hasClientEnded = false;
  private connectMs: number | undefined;
  private firstByteMs: number | undefined;

  constructor(n: number, peer: string, maxBytes: number, budget: Budget, recorderMs: number) {
    this.n = n;
    this.peer = peer;
    this.recorderMs = recorderMs;
    this.tracks = { client: new Track(maxBytes, budget), server: new Track(maxBytes, budget) };
  }

  connected(): void {
    this.connectMs = this.sinceMs();
  }

  keep(from: End, bytes: Uint8Array): void {
    if (from === "server") this.firstByteMs ??= this.sinceMs();
    this.tracks[from].keep(bytes);
  }

  ended(from: End): void {
    if (from === "client") this.hasClientEnded = true;
    // A server that has nothing to say because nobody listens any more has answered nothing.
    else if (this.firstByteMs !== undefined) this.end ??= "complete";
    else this.end ??= this.hasClientEnded ? "client" : "server";
  }

  broke(from: End): void {
    this.end ??= from;
  }

  /** The whole; what was held is no longer. */
  finish(): RecordedExchange {
    return {
      n: this.n,
      at: this.at,
      startMs: rounded(this.beganMs - this.recorderMs),
      peer: this.peer,
      ms: {
        ...(this.connectMs === undefined ? {} : { connect: rounded(this.connectMs) }),
        ...(this.firstByteMs === undefined ? {} : { firstByte: rounded(this.firstByteMs) }),
        end: rounded(this.sinceMs()),
      },
      end: this.end ?? "closed",
      request: this.tracks.client.take(),
      response: this.tracks.server.take(),
    };
  }

  private sinceMs(): number {
    return performance.now() - this.beganMs;
  }
}

/** Microseconds are enough. */
function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

/** One direction: the first bytes, and the number of all. */
class Track {
  private readonly maxBytes: number;
  private readonly budget: Budget;
  private chunks: Uint8Array[] = [];
  private keptBytes = 0;
  private length = 0;
  /** Nothing is kept behind what was not: a gap would not be seen. */
  private isFull = false;

  constructor(maxBytes: number, budget: Budget) {
    this.maxBytes = maxBytes;
    this.budget = budget;
  }

  keep(bytes: Uint8Array): void {
    this.length += bytes.length;
    if (this.isFull) return;
    const room = Math.min(this.maxBytes - this.keptBytes, this.budget.leftBytes);
    const kept = bytes.length <= room ? bytes : Uint8Array.from(bytes.subarray(0, room));
    this.isFull = kept.length < bytes.length;
    if (kept.length > 0) this.chunks.push(kept);
    this.keptBytes += kept.length;
    this.budget.leftBytes -= kept.length;
  }

  take(): { readonly length: number; readonly bytes: Uint8Array } {
    const bytes = Buffer.concat(this.chunks);
    this.chunks = [];
    this.budget.leftBytes += this.keptBytes;
    this.keptBytes = 0;
    return { length: this.length, bytes };
  }
}
