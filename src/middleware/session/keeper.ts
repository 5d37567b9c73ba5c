/** Where sessions are between requests: in the cookie itself (`sealed-keeper.ts`), or in a store (`store-keeper.ts`). */
import type { SessionRecord } from "./record.ts";

export interface Keeper {
  /** True: the cookie only names the session. So what is in it can be kept, and ended, without a new cookie. */
  readonly isStored: boolean;

  /** Finds the session that the value of a cookie is, or names. `name`: of the cookie. `now`: seconds. */
  find(value: string, name: string, now: number): Promise<Found>;

  /**
   * Keeps a session. `was`: the value of the cookie that it came with, undefined for one that has no identity yet. Only
   * the time of its use is noted with `isRenewal`. The record is read before anything is waited for.
   *
   * Resolves with the value for the cookie, or with undefined when the session that it was is no longer there: it must
   * not come back.
   */
  keep(record: SessionRecord, name: string, was: string | undefined, keeping: Keeping): Promise<string | undefined>;

  /** Ends a session: no request that still runs can bring it back. */
  remove(value: string, name: string): Promise<void>;

  close(): Promise<void>;
}

export interface Keeping {
  readonly isRenewal: boolean;
  /** Seconds from now until it ends. */
  readonly seconds: number;
}

export interface Found {
  readonly record?: SessionRecord | undefined;
  /** True: another request has ended it moments ago, and may have given the client another cookie. */
  readonly isEnded?: boolean;
  /** Why there is none, for the log; undefined for what happens every day: it is too old, or was ended. */
  readonly fault?: string;
}
