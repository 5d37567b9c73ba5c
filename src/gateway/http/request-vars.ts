/**
 * A request's head -> the vars of its packet: what is refused, what stays behind, what the bridge adds. Decides, and does
 * nothing else.
 */
import { randomUUID } from "node:crypto";
import type { Header } from "../../codec/index.ts";
import { hopByHopHeaders, parseContentLength, varsFromHttp } from "../../environ/index.ts";
import { LimitError, ProtocolError } from "../../errors.ts";
import { plausibleId } from "../../handler/index.ts";
import type { BridgeSettings } from "./bridge-options.ts";
import { type Claims, type Client, clientByForwarded, clientOf, forwardedFor } from "./forwarded.ts";

/** The head of a request, in any version of HTTP. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  /** `1.0`, `1.1` or `2.0`; others that a parser takes are refused. */
  readonly httpVersion: string;
  /** Names and values in turn, as they came; of HTTP/2 without pseudo headers, `:authority` being Host. */
  readonly rawHeaders: readonly string[];
  /** True where a body follows whose length only a header could say (HTTP/2). */
  readonly isOpenEnded: boolean;
}

/** The connection that it came by. */
export interface Origin {
  readonly isTls: boolean;
  /** IP address of the peer; "" on a unix socket. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localPort: number;
  readonly isTrusted: boolean;
}

/** A request that can be passed on. */
export interface ReadRequest {
  readonly vars: [name: string, value: string][];
  readonly requestId: string;
  /** Bytes of the body; undefined where only its end will tell. */
  readonly bodyLength: number | undefined;
}

/** What belongs to one connection, or to the bridge itself, beside `hopByHopHeaders`. */
const ours: ReadonlySet<string> = new Set(["expect", "http2-settings", "proxy"]);

/** Who asks and how, in the words of proxies. Dropped where nobody trustworthy says it. */
const forwardedNames: ReadonlySet<string> = new Set([
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
  // Nobody here reads these, but applications do.
  "x-forwarded-protocol",
  "x-forwarded-scheme",
  "x-forwarded-server",
  "x-forwarded-ssl",
  "x-forwarded-user",
  "x-real-ip",
  "x-url-scheme",
  "front-end-https",
]);

/** What `Connection` cannot take away: without it the request would be another. */
const notNominated: ReadonlySet<string> = new Set(["host", "content-length", "content-type", "transfer-encoding"]);

const PLAIN_NAME = /^[A-Za-z0-9-]+$/;

/**
 * Reads a head. `upgrade`: the protocol that is asked for, where it is passed on. Throws a ProtocolError: as
 * `varsFromHttp`, `UWSGI_BAD_METHOD` for CONNECT and TRACE, `UWSGI_BAD_VERSION`, `UWSGI_BAD_REQUEST_HEADER` also for a
 * name that could be taken for another (T8), `UWSGI_BODY_LIMIT` for a Content-Length above the limit.
 */
export function readRequest(
  head: RequestHead,
  origin: Origin,
  settings: BridgeSettings,
  upgrade?: string,
): ReadRequest {
  checkStart(head);
  const seen = sort(head.rawHeaders, origin.isTrusted, settings);
  const { kept, claims } = seen;
  const client = origin.isTrusted ? readClient(claims, settings) : undefined;
  const scheme = client?.scheme ?? (origin.isTls ? "https" : "http");
  const requestId = plausibleId(seen.requestId) ?? randomUUID().replaceAll("-", "");
  kept.push(["X-Request-ID", requestId]);
  if (upgrade !== undefined) kept.push(["Connection", "Upgrade"], ["Upgrade", upgrade]);
  if (seen.length !== undefined && seen.isChunked) throw badHeader("Content-Length beside Transfer-Encoding");
  const hasNoLength = seen.isChunked || (head.isOpenEnded && seen.length === undefined);
  const bodyLength = hasNoLength ? undefined : (parseContentLength(seen.length) ?? 0);
  if (bodyLength !== undefined && bodyLength > settings.maxBodyBytes) {
    throw new LimitError(`request body of ${bodyLength} bytes, at most ${settings.maxBodyBytes} are allowed`, {
      code: "UWSGI_BODY_LIMIT",
    });
  }
  const vars = varsFromHttp({
    method: head.method,
    target: head.target,
    httpVersion: head.httpVersion,
    headers: kept,
    // Not known yet, and replaced when it is.
    ...(hasNoLength ? { contentLength: 0 } : {}),
    scheme,
    remoteAddress: client?.address ?? (origin.remoteAddress || "unix:"),
    remotePort: client?.address === undefined ? origin.remotePort : (client.port ?? 0),
    serverName: settings.serverName,
    serverPort: client === undefined ? origin.localPort : serverPortOf(client, scheme, origin),
  });
  if (head.httpVersion !== "1.0" && !vars.some(([name]) => name === "HTTP_HOST")) throw badHeader("there is no Host");
  addForwarded(vars, claims, origin, settings, scheme, client?.host);
  replaceVar(vars, "HTTP_HOST", client?.host);
  for (const [name, value] of settings.vars) setVar(vars, name, value);
  return { vars, requestId, bodyLength };
}

/** Says how long a body is that was read to its end. */
export function setBodyLength({ vars }: ReadRequest, length: number): void {
  replaceVar(vars, "CONTENT_LENGTH", String(length));
}

function checkStart({ method, httpVersion }: RequestHead): void {
  if (httpVersion !== "1.1" && httpVersion !== "1.0" && httpVersion !== "2.0") {
    throw new ProtocolError(`HTTP/${httpVersion}, spoken are 1.0, 1.1 and 2`, { code: "UWSGI_BAD_VERSION" });
  }
  if (method !== "CONNECT" && method !== "TRACE") return;
  throw new ProtocolError(`method ${method}, which no request here has`, { code: "UWSGI_BAD_METHOD" });
}

interface Sorted {
  readonly kept: Header[];
  readonly claims: { -readonly [Name in keyof Claims]: Claims[Name] };
  requestId: string | undefined;
  length: string | undefined;
  isChunked: boolean;
}

/** Goes through the headers once: which are passed on, and what the others say. */
function sort(raw: readonly string[], isTrusted: boolean, { dropsOddNames, forwardedBy }: BridgeSettings): Sorted {
  const claims = { for: undefined, proto: undefined, host: undefined, port: undefined, forwarded: undefined };
  const sorted: Sorted = {
    kept: [],
    claims,
    requestId: undefined,
    length: undefined,
    isChunked: false,
  };
  const nominated = nominatedBy(raw);
  let odd: string[] | undefined;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] as string;
    const value = raw[at + 1] as string;
    const lower = name.toLowerCase();
    if (lower === "transfer-encoding") {
      sorted.isChunked = true;
    } else if (lower === "content-length") {
      if (sorted.length !== undefined) throw badHeader("Content-Length came twice");
      sorted.length = value;
    } else if (!PLAIN_NAME.test(name)) {
      if (!dropsOddNames) throw badHeader(`header name ${show(name)} has other characters than letters, digits and -`);
      odd = [...(odd ?? []), lower];
      continue;
    } else if (lower === "x-request-id") {
      sorted.requestId = sorted.requestId === undefined ? value : "";
      continue;
    } else if (forwardedNames.has(lower)) {
      if (isTrusted && !nominated.has(lower)) keepClaim(sorted, lower, name, value, forwardedBy);
      continue;
    } else if (hopByHopHeaders.has(lower) || ours.has(lower) || nominated.has(lower)) {
      continue;
    }
    sorted.kept.push([name, value]);
  }
  if (odd !== undefined) checkOdd(odd, sorted.kept);
  return sorted;
}

/** Whoever sends a name beside one that differs only in punctuation hopes that somebody takes one for the other. */
function checkOdd(odd: readonly string[], kept: readonly Header[]): void {
  const names = new Set(kept.map(([name]) => name.toLowerCase()));
  const found = odd.find((name) => names.has(name.replace(/[^a-z0-9]/g, "-")));
  if (found !== undefined) {
    throw badHeader(`header ${show(found)} beside one that differs from it only in punctuation`);
  }
}

const none: ReadonlySet<string> = new Set();

/** The headers that `Connection` names: they end here (RFC 9110 7.6.1). */
function nominatedBy(raw: readonly string[]): ReadonlySet<string> {
  let nominated: Set<string> | undefined;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] as string;
    if (name.length !== 10 || name.toLowerCase() !== "connection") continue;
    const value = (raw[at + 1] as string).toLowerCase();
    if (value === "close" || value === "keep-alive" || value === "upgrade") continue;
    nominated ??= new Set();
    for (const option of value.split(",")) nominated.add(option.trim());
  }
  if (nominated === undefined) return none;
  for (const name of notNominated) nominated.delete(name);
  return nominated;
}

/** A header of a trusted proxy: understood, and those that are not rewritten passed on. */
function keepClaim(
  { kept, claims }: Sorted,
  lower: string,
  name: string,
  value: string,
  forwardedBy: BridgeSettings["forwardedBy"],
): void {
  if (forwardedBy === "forwarded") {
    if (lower === "forwarded") claims.forwarded = join(claims.forwarded, value);
    return;
  }
  if (lower === "x-forwarded-for") claims.for = join(claims.for, value);
  else if (lower === "x-forwarded-proto") claims.proto = join(claims.proto, value);
  else if (lower === "x-forwarded-host") claims.host = join(claims.host, value);
  else if (lower === "x-forwarded-port") claims.port = join(claims.port, value);
  if (lower !== "forwarded" && !rewritten.has(lower)) kept.push([name, value]);
}

const rewritten: ReadonlySet<string> = new Set(["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"]);

function join(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}

function readClient(claims: Claims, { trusted }: BridgeSettings): Client {
  const isTrusted = (address: string): boolean => trusted?.has(address) === true;
  if (claims.forwarded !== undefined) return clientByForwarded(claims.forwarded, isTrusted);
  return clientOf(claims, isTrusted);
}

/**
 * Says who asks us, behind what trusted proxies have said. Host and scheme are those that count: of an absolute target its
 * own, whatever the header Host beside it says.
 */
function addForwarded(
  vars: [string, string][],
  claims: Claims,
  { remoteAddress, isTls }: Origin,
  { forwardedBy }: BridgeSettings,
  scheme: string,
  forwardedHost: string | undefined,
): void {
  const host = vars.find(([name]) => name === "HTTP_HOST")?.[1];
  if (forwardedBy === "forwarded") {
    const quoted = host === undefined ? "" : `;host="${host}"`;
    const own = `${forwardedFor(remoteAddress)}${quoted};proto=${isTls ? "https" : "http"}`;
    vars.push(["HTTP_FORWARDED", join(claims.forwarded, own)]);
    return;
  }
  const chain = remoteAddress === "" ? claims.for : join(claims.for, remoteAddress);
  if (chain !== undefined) vars.push(["HTTP_X_FORWARDED_FOR", chain]);
  vars.push(["HTTP_X_FORWARDED_PROTO", scheme]);
  const asked = forwardedHost ?? host;
  if (asked !== undefined) vars.push(["HTTP_X_FORWARDED_HOST", asked]);
}

/** What the proxy says, else what its host and scheme mean, else where the connection came in. */
function serverPortOf({ serverPort, host, scheme: said }: Client, scheme: string, { localPort }: Origin): number {
  if (serverPort !== undefined) return serverPort;
  const ofHost = host === undefined ? undefined : /:([0-9]+)$/.exec(host)?.[1];
  if (ofHost !== undefined) return Number(ofHost);
  if (said === undefined && host === undefined) return localPort;
  return scheme === "https" ? 443 : 80;
}

function replaceVar(vars: [string, string][], name: string, value: string | undefined): void {
  const found = value === undefined ? undefined : vars.find(([one]) => one === name);
  if (found !== undefined && value !== undefined) found[1] = value;
}

function setVar(vars: [string, string][], name: string, value: string): void {
  const found = vars.find(([one]) => one === name);
  if (found === undefined) vars.push([name, value]);
  else found[1] = value;
}

function show(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

function badHeader(message: string): ProtocolError {
  return new ProtocolError(message, { code: "UWSGI_BAD_REQUEST_HEADER" });
}
