/** A whole run of `uisge curl`: the request, its redirects, where the response goes, and what is told of it. */
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from "node:zlib";
import { Readable, type Transform } from "node:stream";
import { type Response, senderTo } from "../../client/index.ts";
import { type Address, type DialTls, formatAddress } from "../../connection/index.ts";
import { encodeUtf8 } from "../../environ/index.ts";
import { type Aim, readAim } from "./aim.ts";
import type { CurlOptions } from "./curl-options.ts";
import { chooseDestination, type Destination, OutputFile, StandardOutput } from "./destination.ts";
import { CurlFailure, exits, failureOf } from "./failure.ts";
import { ask, type HopRequest, type HopTimes, makeRequest, packetBytes, timedOut } from "./hop.ts";
import { redirectOf } from "./redirect.ts";
import { makeBody, makeQuery, type RequestBody } from "./request-body.ts";
import { makeHeaders } from "./request-headers.ts";
import { headText, showRequest, showResponse } from "./tell.ts";

/** What has happened so far; also of a transfer that fails. */
export interface Report {
  aim: Aim | undefined;
  method: string;
  response: Response | undefined;
  times: HopTimes | undefined;
  readonly startedMs: number;
  /** What earlier hops took. */
  redirectMs: number;
  redirects: number;
  requestBytes: number;
  headBytes: number;
  downloadedBytes: number;
  uploadedBytes: number;
  fileName: string;
}

/** Where lines for people go. */
export type Say = (line: string) => void;

/** Runs it; `report` is filled in meanwhile. Rejects with a CurlFailure. */
export async function transfer(
  options: CurlOptions,
  address: Address,
  tls: DialTls,
  agent: string,
  report: Report,
  say: { readonly verbose: Say; readonly warning: Say },
): Promise<void> {
  const stop = new AbortController();
  const { maxTimeMs, flags, values } = options;
  const timer =
    maxTimeMs === undefined
      ? undefined
      : setTimeout(() => stop.abort(timedOut(`Operation timed out after ${maxTimeMs} milliseconds`)), maxTimeMs);
  let body: RequestBody | undefined;
  try {
    let aim = readAim(options.path, address, flags.has("path-as-is"));
    const query = await makeQuery(options);
    if (query !== "") aim = { ...aim, target: `${aim.target}${aim.target.includes("?") ? "&" : "?"}${query}` };
    const upload = values.get("upload-file");
    if (upload !== undefined && upload !== "-" && /\/(?:$|\?)/.test(aim.target)) aim = withName(aim, upload);
    body = await makeBody(options);
    const contentType = body?.contentType;
    const heads = values.get("dump-header");
    const headFile =
      heads === undefined ? undefined : heads === "-" ? new StandardOutput(false) : new OutputFile(heads, false);
    const destination = chooseDestination(options, aim.target);
    report.fileName = destination.name;
    const isMethodGiven = values.has("request");
    let method = values.get("request") ?? defaultMethod(options, body);
    for (;;) {
      const headers = await makeHeaders(options, aim, body === undefined ? undefined : contentType, agent);
      for (const name of headers.dropped)
        say.warning(`header ${name} is not sent: front ends drop it; --var sets what you like`);
      const request = build(() => makeRequest(method, aim, headers, body, options));
      const response = await oneHop(options, request, aim, {
        address,
        tls,
        signal: stop.signal,
        report,
        verbose: say.verbose,
      });
      await headFile?.write(Buffer.from(headText(response), "latin1"));
      const redirect = flags.has("location")
        ? redirectOf(response, aim, { method, isMethodGiven, isPost: body !== undefined && upload === undefined })
        : undefined;
      if (redirect?.kind === "elsewhere") {
        say.warning(`not followed, it leads to another host: ${redirect.location}`);
      }
      if (redirect?.kind !== "follow") {
        await receive(options, response, destination, report, stop.signal);
        await headFile?.close();
        return;
      }
      await passOver(options, response, destination);
      report.redirects++;
      if (report.redirects > options.maxRedirects) {
        throw new CurlFailure(exits.tooManyRedirects, `Maximum (${options.maxRedirects}) redirects followed`);
      }
      report.redirectMs = performance.now() - report.startedMs;
      ({ aim, method } = redirect);
      if (!redirect.keepsBody) {
        await body?.close();
        body = undefined;
      }
    }
  } catch (error) {
    throw stop.signal.aborted ? failureOf(stop.signal.reason) : failureOf(error);
  } finally {
    clearTimeout(timer);
    await body?.close();
  }
}

interface HopContext {
  readonly address: Address;
  readonly tls: DialTls;
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly verbose: Say;
}

async function oneHop(
  { connectTimeoutMs }: CurlOptions,
  request: HopRequest,
  aim: Aim,
  { address, tls, signal, report, verbose }: HopContext,
): Promise<Response> {
  const times: HopTimes = {
    startedMs: performance.now(),
    connectMs: undefined,
    firstByteMs: undefined,
    uploadedBytes: 0,
  };
  const bytes = packetBytes(request);
  Object.assign(report, { aim, method: request.method, times, response: undefined });
  report.requestBytes += bytes;
  verbose(`* Connecting to ${formatAddress(address)}\n`);
  // Who asks by hand wants to see what front ends would obey.
  const to = senderTo(address, { tls, trustAccel: true });
  const onConnected = (): void => verbose(`* Connected\n${showRequest(request, bytes)}`);
  try {
    const response = await ask(to, request, times, { signal, connectTimeoutMs, onConnected });
    report.response = response;
    report.headBytes += headText(response).length;
    verbose(showResponse(response));
    return response;
  } finally {
    report.uploadedBytes += times.uploadedBytes;
  }
}

function defaultMethod({ flags, values }: CurlOptions, body: RequestBody | undefined): string {
  if (flags.has("head")) return "HEAD";
  if (values.has("upload-file")) return "PUT";
  return body === undefined ? "GET" : "POST";
}

function withName(aim: Aim, file: string): Aim {
  const [path = "", ...query] = aim.target.split("?");
  const name = encodeUtf8(encodeURIComponent(file.split("/").at(-1) ?? ""));
  return { ...aim, target: [`${path}${name}`, ...query].join("?") };
}

/** The caller's mistakes are usage, not failures of a transfer. */
function build<Value>(make: () => Value): Value {
  try {
    return make();
  } catch (error) {
    throw failureOf(error);
  }
}

/** The response of a redirect: with `-i` its head is shown, its body never. */
async function passOver({ flags }: CurlOptions, response: Response, destination: Destination): Promise<void> {
  if (flags.has("include") || flags.has("head")) await destination.write(Buffer.from(headText(response), "latin1"));
  await giveUp(response);
}

async function giveUp({ body }: Response): Promise<void> {
  await body[Symbol.asyncIterator]().return?.();
}

async function receive(
  { flags }: CurlOptions,
  response: Response,
  destination: Destination,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const isError = response.status >= 400;
  const error = new CurlFailure(exits.httpError, `The requested URL returned error: ${response.status}`);
  if (isError && flags.has("fail") && !flags.has("fail-with-body")) {
    await giveUp(response);
    throw error;
  }
  try {
    if (flags.has("include") || flags.has("head")) await destination.write(Buffer.from(headText(response), "latin1"));
    for await (const chunk of decoded(counted(response, report), response, flags.has("compressed"))) {
      await destination.write(chunk);
    }
  } catch (fault) {
    throw signal.aborted ? failureOf(signal.reason) : fault;
  } finally {
    if (destination.name !== "" && (report.downloadedBytes > 0 || !signal.aborted)) await destination.close();
  }
  if (isError && flags.has("fail-with-body")) throw error;
}

async function* counted({ body }: Response, report: Report): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of body) {
    report.downloadedBytes += chunk.length;
    yield chunk;
  }
}

/** `--compressed`: what the coding is; of codings that nobody has asked for the bytes as they are. */
function decoded(
  body: AsyncGenerator<Uint8Array, void>,
  { headers }: Response,
  isAsked: boolean,
): AsyncIterable<Uint8Array> {
  const coding = headers
    .find(([name]) => name.toLowerCase() === "content-encoding")?.[1]
    .trim()
    .toLowerCase();
  if (!isAsked || coding === undefined) return body;
  if (coding === "deflate") return inflated(body);
  const decoder =
    coding === "gzip" || coding === "x-gzip" ? createGunzip() : coding === "br" ? createBrotliDecompress() : undefined;
  return decoder === undefined ? body : through(body, decoder);
}

/** "deflate" is zlib's format, and some send the bare one: the first byte tells. */
async function* inflated(body: AsyncGenerator<Uint8Array, void>): AsyncGenerator<Uint8Array, void> {
  const first = await body.next();
  if (first.done === true) return;
  const decoder = ((first.value[0] ?? 0) & 15) === 8 ? createInflate() : createInflateRaw();
  async function* again(): AsyncGenerator<Uint8Array, void> {
    yield first.value as Uint8Array;
    yield* body;
  }
  yield* through(again(), decoder);
}

function through(body: AsyncIterable<Uint8Array>, decoder: Transform): AsyncIterable<Uint8Array> {
  const source = Readable.from(body, { objectMode: false });
  source.on("error", (error) => decoder.destroy(error));
  return source.pipe(decoder);
}
