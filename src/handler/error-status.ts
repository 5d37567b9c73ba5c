/** The one table of what a failure is for the client: error code -> status. */
import { errorCode, ProtocolError } from "../errors.ts";

/** Codes that have a status of their own. */
const statuses: ReadonlyMap<string, number> = new Map([
  ["UWSGI_BODY_TIMEOUT", 408],
  ["UWSGI_LENGTH_REQUIRED", 411],
  ["UWSGI_BODY_LIMIT", 413],
  ["UWSGI_DATASIZE_LIMIT", 431],
  ["UWSGI_VARS_LIMIT", 431],
]);

/** The status that the code of an error stands for; undefined where it stands for none. */
export function statusOfCode(error: unknown): number | undefined {
  const code = errorCode(error);
  return code === undefined ? undefined : statuses.get(code);
}

/** The status that a request gets whose fault this is: 400, 408, 411, 413, 431, or 500 for all else. */
export function statusOf(error: unknown): number {
  return statusOfCode(error) ?? (error instanceof ProtocolError ? 400 : 500);
}
