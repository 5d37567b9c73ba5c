/** What has to be done with a session when the head of the answer leaves. Pure. */

/**
 * `lose`: what changed is lost, for another request has ended the session. `keep`: what changed is kept. `renew`: nothing changed, but its use is noted. `clear`: session and cookie go. `none`: nothing.
 */
export type Step = "none" | "lose" | "keep" | "renew" | "clear";

export interface Situation {
  /** Nothing is in it now. */
  readonly isEmpty: boolean;
  readonly isChanged: boolean;
  /** It has no identity yet: it is new, or the application wants it to have another. */
  readonly isFresh: boolean;
  /** The client sent a cookie, whether it was worth something or not. */
  readonly hasCookie: boolean;
  /** Another request has ended what the client's cookie names, and this one has not begun another. */
  readonly isEnded: boolean;
  /** The application has used it. */
  readonly isAsked: boolean;
  /** Its use was noted long ago. */
  readonly isDue: boolean;
}

export function stepOf({ isEmpty, isChanged, isFresh, hasCookie, isEnded, isAsked, isDue }: Situation): Step {
  // The client has the cookie of the other request, or is about to get it.
  if (isEnded) return isChanged && !isEmpty ? "lose" : "none";
  // What holds nothing is not kept: it would only cost.
  if (isEmpty && (isChanged || isFresh)) return hasCookie ? "clear" : "none";
  if (isChanged || isFresh) return "keep";
  return isAsked && isDue ? "renew" : "none";
}
