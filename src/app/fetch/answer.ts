/** A `Response` -> what a server sends. */
import { contractError } from "../../errors.ts";
import type { AppRequest, AppResponse, ResponseBody } from "../../handler/index.ts";
import { StreamBody } from "./response-body.ts";

/**
 * Reads a response by its public properties, so that those of other realms and packages will do too. Throws an AppError
 * (`UWSGI_APP_CONTRACT`) for what is none.
 */
export function answerOf(given: unknown, request: AppRequest): AppResponse {
  if (!isResponse(given)) {
    throw contractError(`the application returned ${show(given)}, a Response is needed`);
  }
  const { status, statusText } = given;
  if (status === 0) {
    throw contractError("the application returned Response.error(), a failed fetch, which cannot be sent");
  }
  if (given.bodyUsed) throw contractError("the application returned a Response whose body has been read already");
  const isDecoded = isFromFetch(given) && isDecodedBody(given);
  const headers: (readonly [string, string])[] = [];
  for (const [name, value] of given.headers) {
    if (isDecoded && (name === "content-encoding" || name === "content-length")) continue;
    headers.push([name, value]);
  }
  const body = bodyOf(given, request);
  return statusText === "" ? { status, headers, body } : { status, reason: statusText, headers, body };
}

function bodyOf({ body }: Response, request: AppRequest): ResponseBody {
  return body === null ? null : new StreamBody(body, request.signal);
}

/** What a `fetch` answered, and nobody has made anew. */
function isFromFetch({ url, type }: Response): boolean {
  return url !== "" || type !== "default";
}

/**
 * True where `fetch` has decoded the body (Fetch 4.6: "handle content codings"): the headers then speak of bytes that are
 * no longer there.
 */
function isDecodedBody({ headers, body }: Response): boolean {
  return body !== null && headers.has("content-encoding");
}

function isResponse(given: unknown): given is Response {
  if (typeof given !== "object" || given === null) return false;
  const { status, headers } = given as Partial<Response>;
  return typeof status === "number" && typeof headers === "object" && Symbol.iterator in headers && "body" in given;
}

function show(given: unknown): string {
  if (typeof given !== "object") return typeof given === "undefined" ? "undefined" : `a ${typeof given}`;
  if (given === null) return "null";
  const { constructor } = given as Partial<object>;
  return typeof constructor === "function" && constructor.name !== "Object" ? `a ${constructor.name}` : "an object";
}
