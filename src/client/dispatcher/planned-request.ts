/** What is asked of a dispatcher, read and checked: the vars of a packet, and the body behind it. */
import { stringify } from "node:querystring";
import type { ParsedUrlQueryInput } from "node:querystring";
import { isToken } from "../../codec/index.ts";
import { type HttpRequest, parseContentLength, varsFromHttp } from "../../environ/index.ts";
import { typeError } from "../../errors.ts";
import type { Timeouts } from "../timeouts.ts";
import type { DispatchOptions } from "./handlers.ts";
import { readRequestBody, type RequestBody } from "./request-body.ts";
import { readRequestHeaders, type RequestHeaders } from "./request-headers.ts";

/** A request that can be sent when the length of its body is known. */
export interface PlannedRequest {
  readonly method: string;
  readonly upgrade: string | undefined;
  readonly body: RequestBody | undefined;
  /** Bytes of the body; undefined when it must be spooled first. */
  readonly length: number | undefined;
  readonly timeouts: Partial<Timeouts>;
  /** The vars, for a body of so many bytes; undefined for none, and no CONTENT_LENGTH. */
  vars(contentLength: number | undefined): [name: string, value: string][];
}

/** Methods whose requests have a body, be it an empty one: CONTENT_LENGTH is then 0, as undici says it. */
const withBody: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH", "QUERY", "PROPFIND", "PROPPATCH"]);

/** The origin of a request: to the socket it makes no difference, to the application it is its own name. */
export function originOf({ origin }: DispatchOptions): URL {
  if (origin === undefined || origin === null) return new URL("http://localhost");
  const url = URL.canParse(String(origin)) ? new URL(String(origin)) : undefined;
  if (url !== undefined && (url.protocol === "http:" || url.protocol === "https:")) return url;
  throw invalid(`origin is ${JSON.stringify(String(origin).slice(0, 80))}, an http or https URL is needed`);
}

/**
 * Reads it. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what no dispatcher takes, and for what none of uwsgi can
 * do: CONNECT, and following redirects.
 */
export function planRequest(options: DispatchOptions, origin: URL): PlannedRequest {
  const { method, maxRedirections = 0 } = options;
  if (typeof method !== "string" || !isToken(method)) throw invalid(`method is ${show(method)}, a token is needed`);
  if (method === "CONNECT") throw invalid("CONNECT asks for a tunnel, and a uwsgi server has none");
  if (maxRedirections > 0) throw invalid("maxRedirections is not followed here: compose interceptors.redirect");
  const target = targetOf(options);
  const upgrade = upgradeOf(options);
  const given = readRequestHeaders(options.headers);
  const body = readRequestBody(options.body);
  if (upgrade !== undefined && body !== undefined) throw invalid("a request that upgrades has no body");
  return {
    method,
    upgrade,
    body,
    length: lengthOf(body, given, method),
    timeouts: timeoutsOf(options),
    vars: (contentLength) =>
      varsFromHttp({
        ...from(origin),
        method,
        target,
        headers: headersOf(given, origin, body, upgrade),
        ...(contentLength === undefined ? {} : { contentLength }),
      }),
  };
}

/** The request comes from this machine, over nothing that has a port. */
function from({ hostname, port, protocol }: URL): Omit<HttpRequest, "method" | "target" | "headers"> {
  const scheme = protocol === "https:" ? "https" : "http";
  return {
    httpVersion: "1.1",
    scheme,
    remoteAddress: "127.0.0.1",
    remotePort: 0,
    serverName: hostname,
    serverPort: port === "" ? (scheme === "https" ? 443 : 80) : Number(port),
  };
}

function targetOf({ path, query }: DispatchOptions): string {
  // undici's rule: printable latin-1 without blanks.
  if (typeof path !== "string" || !/^(?:\/|https?:\/\/)[\x21-\xff]*$/.test(path)) {
    throw invalid(`path is ${show(path)}, a path or an http URL is needed`);
  }
  if (query === undefined || query === null) return path;
  if (/[?#]/.test(path)) throw invalid(`query beside the path ${show(path)}, which has one already`);
  const text = stringify(query as ParsedUrlQueryInput);
  return text === "" ? path : `${path}?${text}`;
}

function upgradeOf({ upgrade }: DispatchOptions): string | undefined {
  if (upgrade === undefined || upgrade === null || upgrade === false || upgrade === "") return undefined;
  if (typeof upgrade === "string" && /^[\x20-\x7e]+$/.test(upgrade)) return upgrade;
  throw invalid(`upgrade is ${show(upgrade)}, the name of a protocol is needed`);
}

function headersOf(
  { headers, hasHost, hasContentType }: RequestHeaders,
  { host }: URL,
  body: RequestBody | undefined,
  upgrade: string | undefined,
): RequestHeaders["headers"] {
  return [
    ...(hasHost ? [] : [["host", host] as const]),
    ...(upgrade === undefined
      ? []
      : ([
          ["connection", "upgrade"],
          ["upgrade", upgrade],
        ] as const)),
    ...headers,
    ...(hasContentType || body?.contentType === undefined ? [] : [["content-type", body.contentType] as const]),
  ];
}

/** What the body is counts before what is said of it: one cannot be true without the other. */
function lengthOf(
  body: RequestBody | undefined,
  { contentLength }: RequestHeaders,
  method: string,
): number | undefined {
  const said = parseContentLength(contentLength);
  if (body === undefined) return withBody.has(method) ? 0 : undefined;
  if (body.length !== undefined && said !== undefined && body.length !== said) {
    throw invalid(`a body of ${body.length} bytes, content-length says ${said}`);
  }
  return body.length ?? said;
}

function timeoutsOf({ headersTimeout, bodyTimeout }: DispatchOptions): Partial<Timeouts> {
  const responseMs = limitOf("headersTimeout", headersTimeout);
  const bodyMs = limitOf("bodyTimeout", bodyTimeout);
  return { ...(responseMs === undefined ? {} : { responseMs }), ...(bodyMs === undefined ? {} : { bodyMs }) };
}

function limitOf(name: string, ms: number | null | undefined): number | undefined {
  if (ms === undefined || ms === null) return undefined;
  if (!Number.isFinite(ms) || ms < 0) throw invalid(`${name} is ${String(ms)}, milliseconds or 0 are needed`);
  return ms === 0 ? Number.POSITIVE_INFINITY : ms;
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : String(value);
}

function invalid(message: string): TypeError {
  return typeError("UWSGI_INVALID_ARGUMENT", message);
}
