/** Sessions in this process: gone with it, and not shared with others. For one process, and for tests. */
import type { SessionStore } from "./session-store.ts";

/** More are not kept: whoever asks without cookies could fill the memory. What was set longest ago goes first. */
const MOST_ENTRIES = 100_000;

interface Entry {
  readonly text: string;
  readonly endsAtMs: number;
}

export class MemoryStore implements SessionStore {
  /** In the order in which they were set. */
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;
  readonly #mostEntries: number;

  /** `now`: ms. */
  constructor(now: () => number, mostEntries: number = MOST_ENTRIES) {
    this.#now = now;
    this.#mostEntries = mostEntries;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): string | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined || entry.endsAtMs <= this.#now() ? undefined : entry.text;
  }

  set(key: string, text: string, ttlMs: number): void {
    const now = this.#now();
    this.#entries.delete(key);
    this.#entries.set(key, { text, endsAtMs: now + ttlMs });
    // No timer: what is over goes when others come. Nothing lasts longer than sessions do, so nothing stops this for long.
    for (const [oldest, { endsAtMs }] of this.#entries) {
      if (endsAtMs > now && this.#entries.size <= this.#mostEntries) break;
      this.#entries.delete(oldest);
    }
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
