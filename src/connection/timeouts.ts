/** What is said when a deadline has passed. */
import { TimeoutError } from "../errors.ts";

export function headerTimeout(timeoutMs: number, bytes: number): TimeoutError {
  return new TimeoutError(`no whole packet within ${timeoutMs} ms, ${bytes} bytes came`, {
    code: "UWSGI_HEADER_TIMEOUT",
  });
}

/** `how`: has stopped, or comes too slowly. */
export function bodyTimeout(how: string, bytes: number): TimeoutError {
  return new TimeoutError(`the request body ${how}, ${bytes} bytes have come`, { code: "UWSGI_BODY_TIMEOUT" });
}

export function writeTimeout(timeoutMs: number): TimeoutError {
  return new TimeoutError(`the peer took nothing of the answer within ${timeoutMs} ms`, {
    code: "UWSGI_WRITE_TIMEOUT",
  });
}
