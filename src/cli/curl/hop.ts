/** One request and the head of its response, with the times that it took. */
import { encodePacket } from "../../codec/index.ts";
import { noTimeouts, type PacketRequest, type Response, type Sender } from "../../client/index.ts";
import { encodeUtf8, varsFromHttp } from "../../environ/index.ts";
import { type Aim, serverOf } from "./aim.ts";
import type { CurlOptions } from "./curl-options.ts";
import { CurlFailure, exits, failureOf } from "./failure.ts";
import type { RequestBody } from "./request-body.ts";
import type { RequestHeaders } from "./request-headers.ts";

export type Pair = readonly [name: string, value: string];

/** A request as it goes out. */
export interface HopRequest {
  readonly method: string;
  readonly vars: readonly Pair[];
  readonly modifier1: number;
  readonly modifier2: number;
  readonly body: RequestBody | undefined;
}

/** Milliseconds from the beginning of the hop; undefined for what has not come. */
export interface HopTimes {
  readonly startedMs: number;
  connectMs: number | undefined;
  firstByteMs: number | undefined;
  uploadedBytes: number;
}

/** The vars, those of `--var` over all others. Throws a CurlFailure (2, 3). */
export function makeRequest(
  method: string,
  aim: Aim,
  { headers }: RequestHeaders,
  body: RequestBody | undefined,
  { vars, modifier1, modifier2, flags }: CurlOptions,
): HopRequest {
  const server = serverOf(aim);
  const made = varsFromHttp({
    method: encodeUtf8(method),
    target: aim.target,
    httpVersion: flags.has("http1.0") ? "1.0" : "1.1",
    headers,
    ...(body === undefined ? {} : { contentLength: body.length }),
    scheme: aim.scheme,
    remoteAddress: "127.0.0.1",
    remotePort: 0,
    serverName: server.name,
    serverPort: server.port,
  });
  const all = new Map<string, string>(made);
  for (const [name, value] of vars) {
    if (value === undefined) all.delete(encodeUtf8(name));
    else all.set(encodeUtf8(name), encodeUtf8(value));
  }
  return { method, vars: [...all], modifier1, modifier2, body };
}

/** Bytes of the packet. Throws a CurlFailure (2) for one that is too large. */
export function packetBytes({ vars, modifier1, modifier2 }: HopRequest): number {
  try {
    return encodePacket({ vars, modifier1, modifier2 }).length;
  } catch (error) {
    throw failureOf(error);
  }
}

export interface HopLimits {
  /** Fires when all of it has taken too long. */
  readonly signal: AbortSignal;
  readonly connectTimeoutMs: number | undefined;
  /** Told when there is a connection. */
  readonly onConnected: () => void;
}

/**
 * Sends the request; `times` is filled in meanwhile. That there is a connection is known by the body, which is not asked
 * for before: a request without one is given an empty one. Rejects with a CurlFailure.
 */
export async function ask(
  to: Sender,
  request: HopRequest,
  times: HopTimes,
  { signal, connectTimeoutMs, onConnected }: HopLimits,
): Promise<Response> {
  const { method, vars, modifier1, modifier2, body } = request;
  const stop = new AbortController();
  const timer =
    connectTimeoutMs === undefined
      ? undefined
      : setTimeout(
          () => stop.abort(timedOut(`Connection timed out after ${connectTimeoutMs} milliseconds`)),
          connectTimeoutMs,
        );
  let bodyFault: unknown;
  async function* watched(): AsyncGenerator<Uint8Array, void> {
    clearTimeout(timer);
    times.connectMs = performance.now() - times.startedMs;
    onConnected();
    if (body === undefined) return;
    try {
      for await (const chunk of body.open()) {
        times.uploadedBytes += chunk.length;
        yield chunk;
      }
    } catch (error) {
      bodyFault = error;
      throw error;
    }
  }
  const packet: PacketRequest = {
    vars,
    modifier1,
    modifier2,
    body: watched(),
    isHead: method === "HEAD",
    signal: AbortSignal.any([signal, stop.signal]),
    // curl has no limits but those that are asked for.
    timeouts: noTimeouts,
  };
  try {
    const response = await to.send(packet);
    times.firstByteMs = performance.now() - times.startedMs;
    return response;
  } catch (error) {
    throw failureOf(signal.aborted ? signal.reason : stop.signal.aborted ? stop.signal.reason : (bodyFault ?? error));
  } finally {
    clearTimeout(timer);
  }
}

/** curl's 28. */
export function timedOut(message: string): CurlFailure {
  return new CurlFailure(exits.timedOut, message);
}
