import { ProtocolError } from "../errors.ts";

/** A capture, a recording or a description cannot be read (`UWSGI_BAD_CAPTURE`). */
export function badCapture(message: string, offset?: number): ProtocolError {
  return new ProtocolError(message, { code: "UWSGI_BAD_CAPTURE", ...(offset === undefined ? {} : { offset }) });
}
