/** The middleware: what is done with a response. */
import {
  type AppRequest,
  type AppResponse,
  type BodyChunk,
  headerOf,
  isPlainList,
  isStreamed,
  type Middleware,
  onResponse,
  replacedBody,
  type StreamedBody,
  titled,
} from "../../handler/index.ts";
import { chooser } from "./accept.ts";
import { CodedBody } from "./coded-body.ts";
import { bareHeaders, codedHeaders, unchanged, varied } from "./coded-headers.ts";
import { type Coder, coderOf } from "./coders.ts";
import { hasDirective, isEligible, isList, sizeOf } from "./eligible.ts";
import { type CompressOptions, readSettings, type Settings } from "./options.ts";
import { mayCarrySecrets } from "./secrets.ts";
import { essenceOf, typeFilter } from "./types.ts";
import { bytesOf, codedWhole, joined } from "./whole-body.ts";

/**
 * Compresses what an application answers, where the client takes that and it is worth it. It belongs outside of
 * sessions and authentication (earlier in the list): it has to see the cookies that they set.
 *
 * Left as it is: what is small or not text, has a Content-Encoding, is a part (206), says `no-transform`, or may carry a
 * secret (`secrets`). Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what is no option.
 */
export function compress(options: CompressOptions = {}): Middleware {
  const settings = readSettings(options);
  const work = settings.by === "here" ? compressor(settings) : marker(settings);
  return titled(
    "compress",
    (next) => (request) =>
      onResponse(next(request), (response) => (request.isUpgraded ? response : work(request, response))),
  );
}

type Work = (request: AppRequest, response: AppResponse) => AppResponse | Promise<AppResponse>;

function compressor(settings: Settings): Work {
  const coders = new Map<string, Coder>();
  for (const coding of settings.encodings) {
    const coder = coderOf(coding, settings);
    if (coder !== undefined) coders.set(coding, coder);
  }
  const choose = chooser(settings.encodings.filter((coding) => coders.has(coding)));
  const rules = { thresholdBytes: settings.thresholdBytes, isType: typeFilter(settings) };
  return (request, response) => {
    if (response.status === 304) return unchanged(request, response);
    const { environ } = request;
    const isHead = environ.REQUEST_METHOD === "HEAD";
    if (!isEligible(response, isHead, rules) || isSpared(request, response, settings)) return response;
    const accept = environ["HTTP_ACCEPT_ENCODING"];
    const coder = coders.get(choose(typeof accept === "string" ? accept : undefined) ?? "identity");
    if (coder === undefined) return { ...response, headers: varied(response.headers) };
    return isHead ? head(response) : coded(response, coder);
  };
}

/** Where the front end compresses: it takes what has a coding for compressed already. */
function marker(settings: Settings): Work {
  const rules = { thresholdBytes: settings.thresholdBytes, isType: typeFilter(settings) };
  return (request, response) => {
    const isHead = request.environ.REQUEST_METHOD === "HEAD";
    if (!isEligible(response, isHead, rules) || !isSpared(request, response, settings)) return response;
    if (headerOf(response, "content-encoding") !== undefined) return response;
    return { ...response, headers: [...response.headers, ["Content-Encoding", "identity"]] };
  };
}

/** True for a response that somebody does not want compressed. */
function isSpared(request: AppRequest, response: AppResponse, { secrets, filter }: Settings): boolean {
  if (hasDirective(response, "cache-control", "no-transform")) return true;
  if (secrets === "skip" && mayCarrySecrets(request, response)) return true;
  return filter !== undefined && !filter(request, response);
}

/** Beyond this many bytes a body that is all there is compressed piece by piece: it would be there twice. */
const MOST_WHOLE = 1_048_576;

function coded(response: AppResponse, coder: Coder): AppResponse | Promise<AppResponse> {
  const { body } = response;
  const size = sizeOf(body);
  const given = headerOf(response, "content-length");
  const announced = given === undefined ? undefined : Number(given);
  if (body === null || (size !== undefined && announced !== undefined && announced !== size)) {
    // The server says what is wrong with that.
    return response;
  }
  if (typeof body === "string" || body instanceof Uint8Array || isList(body)) {
    const chunks = isList(body) ? body : [body];
    if (size !== undefined && size <= MOST_WHOLE) return codedWhole(response, joined(chunks), coder);
    return codedStream(response, chunks.map(bytesOf), coder, announced);
  }
  return codedStream(response, body, coder, announced);
}

function codedStream(
  response: AppResponse,
  body: StreamedBody,
  coder: Coder,
  announced: number | undefined,
): AppResponse {
  const isLive = isLiveStream(response);
  const chunks = new CodedBody(iteratorOf(body), coder.open(isLive ? "live" : "bulk"), {
    flushKind: coder.flushKind,
    isLive,
    announced,
  });
  return { ...response, headers: codedHeaders(response.headers, coder.coding), body: replacedBody(body, chunks) };
}

/** Each piece has to reach the client as it comes. */
function isLiveStream(response: AppResponse): boolean {
  return (
    essenceOf(headerOf(response, "content-type") ?? "") === "text/event-stream" ||
    headerOf(response, "x-accel-buffering")?.toLowerCase() === "no"
  );
}

function iteratorOf(body: StreamedBody): Iterator<BodyChunk> | AsyncIterator<BodyChunk> {
  return Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
}

/** The head that a GET would have, without what only its body could tell. */
function head(response: AppResponse): AppResponse | Promise<AppResponse> {
  const { body } = response;
  const headers = bareHeaders(response.headers);
  // Of a body that is there the server would announce the length.
  if (!isStreamed(body) || isPlainList(body)) return { ...response, headers, body: null };
  return { ...response, headers };
}
