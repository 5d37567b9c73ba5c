/** Broken rules of the contract of handlers, and who is told of them. */
import type { AppRequest } from "../../handler/index.ts";

/**
 * The rules. Of whoever answers: `response` (there is one), `status`, `reason`, `headers` (names, values, hop-by-hop),
 * `content-length`, `body`, `chunk`, `length` (as announced), `bodiless`. Of whoever asks: `environ`, `iteration` (one,
 * a chunk after the other, none for HEAD), `close` (once, and nothing behind it).
 */
export type HandlerRule =
  | "response"
  | "status"
  | "reason"
  | "headers"
  | "content-length"
  | "body"
  | "chunk"
  | "length"
  | "bodiless"
  | "environ"
  | "iteration"
  | "close";

/** A rule of the contract of handlers that was broken. */
export interface HandlerFault {
  readonly rule: HandlerRule;
  /** Who broke it: the title of a layer, `application` or `server`. */
  readonly layer: string;
  /** What was seen. No value of a header or of the environ is in it. */
  readonly message: string;
}

/** Told of faults, while or after the request is answered. */
export type ReportFault = (fault: HandlerFault, request: AppRequest) => void;

/** A fault that is not yet told. */
export type Wrong = readonly [rule: HandlerRule, message: string];
