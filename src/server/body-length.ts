/** What to say of a body that is not as long as announced: AppErrors (`UWSGI_APP_CONTRACT`). */
import { type AppError, contractError } from "../errors.ts";

export function tooShort(bytes: number, length: number): AppError {
  return contractError(`the body has ${bytes} bytes, its Content-Length says ${length}`);
}

/**
 * What was announced has been sent and is the answer: Apache and uWSGI's router would pass the surplus on. The
 * error is for the log.
 */
export function tooLong(length: number): AppError {
  return contractError(`the body is longer than its Content-Length of ${length} bytes, the rest was cut`);
}
