/** What has to be done with a session when the head of the answer leaves. Pure. */

/**
 * `keep`: what changed is kept. `renew`: nothing changed, but its use is noted. `clear`: session and cookie go. `none`: nothing.
 */
export type Step = "none" | "keep" | "renew" | "clear";

export interface Situation {
  /** Nothing is in it now. */
  readonly isEmpty: boolean;
  readonly isChanged: boolean;
  /** It has no identity yet: it is new, or the application wants it to have another. */
  readonly isFresh: boolean;
  /** The client sent a cookie, whether it was worth something or not. */
  readonly hasCookie: boolean;
  /** The application has used it. */
  readonly isAsked: boolean;
  /** Its use was noted long ago. */
  readonly isDue: boolean;
}

export function stepOf({ isEmpty, isChanged, isFresh, hasCookie, isAsked, isDue }: Situation): Step {
  // What holds nothing is not kept: it would only cost.
  if (isEmpty && (isChanged || isFresh)) return hasCookie ? "clear" : "none";
  if (isChanged || isFresh) return "keep";
  return isAsked && isDue ? "renew" : "none";
}
