/** What front ends and tracing tools generate; all else could be a client's attempt to write our log. */
const PLAUSIBLE = /^[A-Za-z0-9._~+/=:@-]{1,128}$/;

/** A request's id that was given (HTTP_X_REQUEST_ID), where it is plausible. */
export function plausibleId(given: unknown): string | undefined {
  return typeof given === "string" && PLAUSIBLE.test(given) ? given : undefined;
}
