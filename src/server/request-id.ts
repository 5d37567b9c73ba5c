/** A name for each request that is the same in the front end's logs and in ours. */
import { randomBytes } from "node:crypto";

/** What front ends and tracing tools generate; all else could be a client's attempt to write our log. */
const PLAUSIBLE = /^[A-Za-z0-9._~+/=:@-]{1,128}$/;

/** `given`, HTTP_X_REQUEST_ID, when it is plausible, else 32 hexadecimal digits as nginx's `$request_id`. */
export function requestIdOf(given: unknown): string {
  return typeof given === "string" && PLAUSIBLE.test(given) ? given : randomBytes(16).toString("hex");
}
