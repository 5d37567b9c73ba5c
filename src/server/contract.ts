/** What to say of an application that does not keep to the interface: AppErrors (`UWSGI_APP_CONTRACT`). */
import { AppError } from "../errors.ts";

export function contract(message: string): AppError {
  return new AppError(message, { code: "UWSGI_APP_CONTRACT" });
}

export function tooShort(bytes: number, length: number): AppError {
  return contract(`the body has ${bytes} bytes, its Content-Length says ${length}`);
}

/**
 * What was announced has been sent and is the answer: Apache and uWSGI's router would pass the surplus on. The
 * error is for the log.
 */
export function tooLong(length: number): AppError {
  return contract(`the body is longer than its Content-Length of ${length} bytes, the rest was cut`);
}
