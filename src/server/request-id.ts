/** A name for each request that is the same in the front end's logs and in ours. */
import { randomBytes } from "node:crypto";
import { plausibleId } from "../handler/index.ts";

/** `given`, HTTP_X_REQUEST_ID, when it is plausible, else 32 hexadecimal digits as nginx's `$request_id`. */
export function requestIdOf(given: unknown): string {
  return plausibleId(given) ?? randomBytes(16).toString("hex");
}
