/**
 * An HTTP request -> the vars that nginx's stock `uwsgi_params` and its header rules make of it, in
 * the same order.
 *
 * Where nginx is careless we are not: `Proxy` is dropped (httpoxy), `Transfer-Encoding` too, because
 * a uwsgi body has a length or none, and headers that CONTENT_TYPE and CONTENT_LENGTH already say
 * are not said again (PEP 3333).
 */
import type { Header } from "../codec/index.ts";
import { ProtocolError } from "../errors.ts";
import { parseContentLength } from "./content-length.ts";
import { varName } from "./header-names.ts";
import { parseTarget } from "./url.ts";

/** What a front end knows of a request. Strings are latin-1. */
export interface HttpRequest {
  readonly method: string;
  /** Target of the request line: a path with its query, or an absolute URL. */
  readonly target: string;
  /** As `1.1`. */
  readonly httpVersion: string;
  /** Names and values as they came, in order, repeated names repeated. */
  readonly headers: Iterable<Header>;
  /** Body length in bytes where it is not the header's (a de-chunked body). */
  readonly contentLength?: number;
  readonly scheme: "http" | "https";
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly serverName: string;
  readonly serverPort: number;
  /** DOCUMENT_ROOT; left out when undefined. */
  readonly documentRoot?: string;
  /** Mount point for SCRIPT_NAME; left out when undefined, as nginx does. */
  readonly scriptName?: string;
}

/**
 * The vars of a request packet, in order. Header names other than letters, digits and `-` are
 * dropped, as nginx does: `X_A` and `X-A` would be one var. Repeated headers are joined with ", ",
 * `Cookie` with "; ".
 *
 * Throws a ProtocolError: `UWSGI_BAD_TARGET`, `UWSGI_BAD_CONTENT_LENGTH`, or `UWSGI_BAD_REQUEST_HEADER`
 * for two Host headers or one that is no host (RFC 9112 3.2), two different Content-Length, Content-Type
 * or Authorization headers, `X_A` beside `X-A`, and a Transfer-Encoding that is not just `chunked`, comes
 * with HTTP/1.0 (RFC 9112 6.1), or without `contentLength`.
 */
export function varsFromHttp(request: HttpRequest): [name: string, value: string][] {
  const { requestUri, path, query, host } = parseTarget(request.target);
  const headers = collectHeaders(request.headers);
  const sentLength = parseContentLength(headers.get("CONTENT_LENGTH"));
  checkEncoding(headers.get("HTTP_TRANSFER_ENCODING"), request);
  headers.delete("HTTP_TRANSFER_ENCODING");
  const length = request.contentLength ?? sentLength;
  const vars: [string, string][] = [
    ["QUERY_STRING", query],
    ["REQUEST_METHOD", request.method],
    ["CONTENT_TYPE", headers.get("CONTENT_TYPE") ?? ""],
    ["CONTENT_LENGTH", length === undefined ? "" : String(length)],
    ["REQUEST_URI", requestUri],
    ["PATH_INFO", path],
  ];
  if (request.documentRoot !== undefined) vars.push(["DOCUMENT_ROOT", request.documentRoot]);
  if (request.scriptName !== undefined) vars.push(["SCRIPT_NAME", request.scriptName]);
  vars.push(["SERVER_PROTOCOL", `HTTP/${request.httpVersion}`], ["REQUEST_SCHEME", request.scheme]);
  if (request.scheme === "https") vars.push(["HTTPS", "on"]);
  vars.push(
    ["REMOTE_ADDR", request.remoteAddress],
    ["REMOTE_PORT", String(request.remotePort)],
    ["SERVER_PORT", String(request.serverPort)],
    ["SERVER_NAME", request.serverName],
  );
  // RFC 9112 3.2.2: the host of an absolute target is the one that counts.
  if (host !== undefined) headers.set("HTTP_HOST", host);
  checkHost(headers.get("HTTP_HOST"));
  for (const [name, value] of headers) if (name.startsWith("HTTP_")) vars.push([name, value]);
  return vars;
}

/** Never passed on; see the top of this file. */
const dropped: ReadonlySet<string> = new Set(["HTTP_PROXY"]);

/** Headers that come once or are a lie. */
const single: ReadonlySet<string> = new Set(["CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_HOST", "HTTP_AUTHORIZATION"]);

/** A registered name, an IPv4 address or an IPv6 address in brackets, and a port (RFC 3986 3.2.2). */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~!$&'()*+,;=%]+)(?::[0-9]*)?$/;

function checkHost(host: string | undefined): void {
  if (host === undefined || HOST.test(host)) return;
  throw badHeader(`Host is ${JSON.stringify(host.slice(0, 80))}, a name or an address is needed`);
}

function checkEncoding(encoding: string | undefined, { httpVersion, contentLength }: HttpRequest): void {
  if (encoding === undefined) return;
  if (encoding.toLowerCase() !== "chunked") {
    throw badHeader(`Transfer-Encoding is ${JSON.stringify(encoding.slice(0, 80))}, only chunked is understood`);
  }
  if (httpVersion === "1.0") throw badHeader("Transfer-Encoding with HTTP/1.0, which has none");
  if (contentLength !== undefined) return;
  throw badHeader("Transfer-Encoding without contentLength: uwsgi needs the length of the decoded body");
}

function collectHeaders(headers: Iterable<Header>): Map<string, string> {
  const collected = new Map<string, string>();
  const left: string[] = [];
  for (const [header, value] of headers) {
    if (!/^[A-Za-z0-9-]+$/.test(header)) {
      left.push(header);
      continue;
    }
    const name = varName(header);
    if (dropped.has(name)) continue;
    const before = collected.get(name);
    if (before === undefined) collected.set(name, value);
    else if (!single.has(name)) collected.set(name, `${before}${name === "HTTP_COOKIE" ? "; " : ", "}${value}`);
    else if (name === "HTTP_HOST") throw badHeader("header Host came twice");
    else if (before !== value)
      throw badHeader(`header ${header} came twice with different values, only one can be true`);
  }
  for (const header of left) {
    // Whoever sends both hopes that somebody takes one for the other.
    const alike = header.replace(/[^A-Za-z0-9]/g, "-");
    if (collected.has(varName(alike))) {
      throw badHeader(
        `header ${JSON.stringify(header.slice(0, 80))} beside one that differs from it only in punctuation`,
      );
    }
  }
  return collected;
}

function badHeader(message: string): ProtocolError {
  return new ProtocolError(message, { code: "UWSGI_BAD_REQUEST_HEADER" });
}
