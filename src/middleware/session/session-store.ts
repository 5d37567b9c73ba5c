/** What sessions can be kept in. */

/** A Keyv instance, an adapter of Keyv's, or anything else with these three; all may answer with a promise. */
export interface SessionStore {
  /** The text that was set, undefined (or null) where there is none, or its time is over. Fails when it cannot know. */
  get(key: string): unknown;
  /** Keeps text for so many milliseconds. */
  set(key: string, text: string, ttlMs: number): unknown;
  delete(key: string): unknown;
}

/** A store in use. */
export interface OpenStore {
  readonly store: SessionStore;
  /** Closes it, if it was opened here. */
  close(): Promise<void>;
}
