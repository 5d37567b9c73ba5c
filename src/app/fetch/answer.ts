/** A `Response` -> what a server sends. */
import { isGeneratorObject, isUint8Array } from "node:util/types";
import type { Header } from "../../codec/index.ts";
import { contractError } from "../../errors.ts";
import type { AppRequest, AppResponse, ResponseBody } from "../../handler/index.ts";
import { isDecoded, isDecodedStream } from "./decoded-bodies.ts";
import { untouchedResponse } from "./fast-response.ts";
import { hasPair, pairsIn } from "./response-pairs.ts";
import { StreamBody } from "./stream-body.ts";

/**
 * Reads a response: ours at once, all others by their public properties, so that those of other realms and packages
 * will do too. Throws an AppError (`UWSGI_APP_CONTRACT`) for what is none, and for one that cannot be sent.
 */
export function answerOf(given: unknown, request: AppRequest): AppResponse | Promise<AppResponse> {
  if (typeof given !== "object" || given === null) throw noResponse(given);
  const untouched = untouchedResponse(given);
  if (untouched === undefined) return readPublic(given, request);
  const { status, statusText, headers, body } = untouched;
  if (body === null || typeof body === "string" || isUint8Array(body)) {
    return appResponse(status, statusText, headers, body);
  }
  if (body instanceof Blob) {
    const length: Header[] = hasPair(headers, "content-length") ? [] : [["content-length", String(body.size)]];
    return appResponse(status, statusText, [...headers, ...length], new StreamBody(body.stream(), request.signal));
  }
  const fitting = isDecodedStream(body) ? headers.filter(isOfBody) : headers;
  return streamed(status, statusText, fitting, body, request);
}

function readPublic(given: object, request: AppRequest): AppResponse | Promise<AppResponse> {
  if (!isResponse(given)) throw noResponse(given);
  const { status, statusText, body } = given;
  if (status === 0) {
    throw contractError(
      "the application returned Response.error(), which stands for a failed fetch and cannot be sent",
    );
  }
  if (given.bodyUsed) throw contractError("the application returned a Response whose body has been read already");
  const headers = pairsIn(given.headers);
  const fitting = isDecoded(given) ? headers.filter(isOfBody) : headers;
  if (body === null) return appResponse(status, statusText, fitting, null);
  return streamed(status, statusText, fitting, body, request);
}

function streamed(
  status: number,
  statusText: string,
  headers: readonly Header[],
  stream: ReadableStream,
  request: AppRequest,
): AppResponse | Promise<AppResponse> {
  const body = new StreamBody(stream, request.signal);
  if (hasPair(headers, "content-length")) return appResponse(status, statusText, headers, body);
  return body.peek().then((whole) => appResponse(status, statusText, headers, whole ?? body));
}

/** False for a header that says how the body was encoded, or how long it was then. */
function isOfBody([name]: Header): boolean {
  return name !== "content-encoding" && name !== "content-length";
}

function appResponse(status: number, statusText: string, headers: readonly Header[], body: ResponseBody): AppResponse {
  return statusText === "" ? { status, headers, body } : { status, reason: statusText, headers, body };
}

function isResponse(given: object): given is Response {
  const { status, headers } = given as Partial<Response>;
  if (typeof status !== "number" || !("body" in given)) return false;
  return typeof headers === "object" && headers !== null && Symbol.iterator in headers;
}

function noResponse(given: unknown): Error {
  return contractError(`the application returned ${show(given)}, a Response is needed`);
}

function show(given: unknown): string {
  if (given === undefined || given === null) return String(given);
  if (typeof given !== "object") return `a ${typeof given}`;
  if (isGeneratorObject(given)) return "a generator";
  const { constructor } = given;
  return typeof constructor === "function" && constructor.name !== "Object" ? `a ${constructor.name}` : "an object";
}
