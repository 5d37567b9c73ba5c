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
 * Throws a ProtocolError: `UWSGI_BAD_TARGET`, `UWSGI_BAD_CONTENT_LENGTH`, or
 * `UWSGI_BAD_REQUEST_HEADER` for two different Content-Length or Host headers, and for a Transfer-Encoding
 * without `contentLength`.
 */
export function varsFromHttp(request: HttpRequest): [name: string, value: string][] {
  const { requestUri, path, query, host } = parseTarget(request.target);
  const headers = collectHeaders(request.headers);
  const sentLength = parseContentLength(headers.get("CONTENT_LENGTH"));
  if (headers.has("HTTP_TRANSFER_ENCODING") && request.contentLength === undefined) {
    throw new ProtocolError("Transfer-Encoding without contentLength: uwsgi needs the length of the decoded body", {
      code: "UWSGI_BAD_REQUEST_HEADER",
    });
  }
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
  for (const [name, value] of headers) if (name.startsWith("HTTP_")) vars.push([name, value]);
  return vars;
}

/** Never passed on; see the top of this file. */
const dropped: ReadonlySet<string> = new Set(["HTTP_PROXY"]);

/** Headers that come once or are a lie. */
const single: ReadonlySet<string> = new Set(["CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_HOST", "HTTP_AUTHORIZATION"]);

function collectHeaders(headers: Iterable<Header>): Map<string, string> {
  const collected = new Map<string, string>();
  for (const [header, value] of headers) {
    if (!/^[A-Za-z0-9-]+$/.test(header)) continue;
    const name = varName(header);
    if (dropped.has(name)) continue;
    const before = collected.get(name);
    if (before === undefined) collected.set(name, value);
    else if (!single.has(name)) collected.set(name, `${before}${name === "HTTP_COOKIE" ? "; " : ", "}${value}`);
    else if (before !== value) {
      throw new ProtocolError(`header ${header} came twice with different values, only one can be true`, {
        code: "UWSGI_BAD_REQUEST_HEADER",
      });
    }
  }
  return collected;
}
