/** What a caller says of a request -> its vars. Pure. */
import { checkHeader, type Header, isToken, type Text } from "../codec/index.ts";
import { hopByHopHeaders, parseContentLength, varsFromHttp } from "../environ/index.ts";
import { rangeError, typeError } from "../errors.ts";

/** Headers as pairs (also `Headers`), or by name; several values of one name as a list. */
export type HeadersInput =
  | Iterable<readonly [name: string, value: string]>
  | { readonly [name: string]: string | number | readonly string[] | undefined };

/** Vars by name, or as pairs; null and undefined take one away. */
export type VarsInput =
  | { readonly [name: string]: Text | null | undefined }
  | Iterable<readonly [name: string, value: Text | null | undefined]>;

export interface RequestHead {
  /** Default `GET`. */
  readonly method?: string;
  /**
   * Path and query, percent-encoded as in a URL; what a URL cannot hold (blanks, other letters than ASCII) is encoded here. Or
   * an absolute http(s) URL, whose scheme and host count. Default `/`.
   */
  readonly path?: string | URL;
  /**
   * Default a `Host` of the URL, or `localhost`. Names of letters, digits and `-`: uwsgi cannot tell others apart. No
   * hop-by-hop headers and no `Proxy`.
   */
  readonly headers?: HeadersInput;
  /** Default that of the URL, or `http`. */
  readonly scheme?: "http" | "https";
  /** Over and beside those that are made of the rest; see `varsFromHttp`. Not CONTENT_LENGTH, which is the body's. */
  readonly vars?: VarsInput;
}

/** A head that was checked. */
export interface CheckedHead {
  readonly method: string;
  readonly headers: readonly Header[];
  /** Of the header Content-Length. */
  readonly contentLength: number | undefined;
  /** The vars for a body of so many bytes; undefined: no body. Throws as `varsFromHttp`. */
  readonly vars: (length: number | undefined, type?: string) => [name: string, value: Text][];
}

/** Methods whose requests have a body: without one its length is 0, and not nothing (RFC 9110 8.6). */
const WITH_BODY: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

const PORTS = { http: 80, https: 443 } as const;

/**
 * Throws a TypeError: `UWSGI_BAD_METHOD`, `UWSGI_INVALID_HEADER`, `UWSGI_NOT_LATIN1`, `UWSGI_INVALID_ARGUMENT`; a ProtocolError
 * (`UWSGI_BAD_CONTENT_LENGTH`).
 */
export function checkHead({ method = "GET", path = "/", headers = [], scheme, vars = [] }: RequestHead): CheckedHead {
  if (typeof method !== "string" || !isToken(method)) {
    throw typeError("UWSGI_BAD_METHOD", `method ${JSON.stringify(method)} is not a token`);
  }
  if (scheme !== undefined && scheme !== "http" && scheme !== "https") {
    throw typeError("UWSGI_INVALID_ARGUMENT", `scheme is ${String(scheme)}, there are http and https`);
  }
  const target = encodeTarget(String(path));
  const given = [...headerPairs(headers)];
  for (const [name, value] of given) checkOwnHeader(name, value);
  const spoken = scheme ?? (/^https:/i.test(target) ? "https" : "http");
  const host = hostOf(target) ?? given.find(([name]) => name.toLowerCase() === "host")?.[1];
  const all: Header[] = host === undefined ? [["Host", "localhost"], ...given] : given;
  const { name, port } = splitHost(host ?? "localhost");
  const overrides = varPairs(vars);
  // A second one that differs is refused with the vars.
  const length = given.find(([header]) => header.toLowerCase() === "content-length")?.[1];
  return {
    method,
    headers: all,
    contentLength: parseContentLength(length),
    vars: (bodyLength, type) => {
      const announced = bodyLength ?? (WITH_BODY.has(method) ? 0 : undefined);
      const made = varsFromHttp({
        method,
        target,
        httpVersion: "1.1",
        headers: type === undefined || hasType(all) ? all : [...all, ["Content-Type", type]],
        ...(announced === undefined ? {} : { contentLength: announced }),
        scheme: spoken,
        remoteAddress: "127.0.0.1",
        remotePort: 0,
        serverName: name,
        serverPort: port ?? PORTS[spoken],
      });
      return withOverrides(made, overrides);
    },
  };
}

function headerPairs(headers: HeadersInput): Iterable<Header> {
  if (Symbol.iterator in headers) return headers as Iterable<Header>;
  return Object.entries(headers).flatMap(([name, value]): Header[] => {
    if (value === undefined) return [];
    return Array.isArray(value) ? value.map((one: string): Header => [name, one]) : [[name, String(value)]];
  });
}

function checkOwnHeader(name: string, value: string): void {
  checkHeader(name, value);
  const lower = name.toLowerCase();
  if (hopByHopHeaders.has(lower)) {
    throw typeError(
      "UWSGI_INVALID_HEADER",
      `header ${name} is about a connection of HTTP, and there is none; as a var it can be sent, for an Upgrade`,
    );
  }
  if (lower === "proxy") {
    throw typeError("UWSGI_INVALID_HEADER", "header Proxy would be the variable HTTP_PROXY, which programs obey");
  }
  if (!/^[A-Za-z0-9-]+$/.test(name)) {
    throw typeError(
      "UWSGI_INVALID_HEADER",
      `header ${JSON.stringify(name)} could not be told from others as a var: names have letters, digits and -`,
    );
  }
}

/** Without a fragment, and with all that a request line cannot hold as percent-encoded UTF-8. */
function encodeTarget(path: string): string {
  const whole = path.split("#", 1)[0] ?? "";
  return whole.replace(/[^\x21-\x7e]+/g, (text) =>
    Array.from(new TextEncoder().encode(text), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(
      "",
    ),
  );
}

function hostOf(target: string): string | undefined {
  return /^https?:\/\/([^/?#]*)/i.exec(target)?.[1];
}

function splitHost(host: string): { readonly name: string; readonly port: number | undefined } {
  const [, name = host, port] = /^(.*?)(?::([0-9]{1,5}))?$/.exec(host) ?? [];
  return { name, port: port === undefined ? undefined : Number(port) };
}

function hasType(headers: readonly Header[]): boolean {
  return headers.some(([name]) => name.toLowerCase() === "content-type");
}

function varPairs(vars: VarsInput): ReadonlyMap<string, Text | null | undefined> {
  const pairs = Symbol.iterator in vars ? (vars as Iterable<readonly [string, Text]>) : Object.entries(vars);
  const map = new Map<string, Text | null | undefined>(pairs);
  if (!map.has("CONTENT_LENGTH")) return map;
  throw typeError("UWSGI_INVALID_ARGUMENT", "vars has CONTENT_LENGTH, which is the body's: give contentLength");
}

/** Those with a new value stay in their place. */
function withOverrides(
  made: readonly (readonly [string, string])[],
  overrides: ReadonlyMap<string, Text | null | undefined>,
): [string, Text][] {
  const left = new Map<string, Text | null | undefined>(overrides);
  const vars: [string, Text][] = [];
  for (const [name, value] of made) {
    const given = left.has(name) ? left.get(name) : value;
    left.delete(name);
    if (given !== null && given !== undefined) vars.push([name, given]);
  }
  for (const [name, value] of left) if (value !== null && value !== undefined) vars.push([name, value]);
  return vars;
}

/**
 * How long the body is said to be: by its own length, by `contentLength`, and by a header. Throws a RangeError
 * (`UWSGI_BODY_LENGTH`) where two of them differ.
 */
export function agreedLength(
  ...said: readonly (readonly [what: string, length: number | undefined])[]
): number | undefined {
  const known = said.filter((one): one is readonly [string, number] => one[1] !== undefined);
  const [first] = known;
  const other = known.find(([, length]) => length !== first?.[1]);
  if (first === undefined || other === undefined) return first?.[1];
  throw rangeError(
    "UWSGI_BODY_LENGTH",
    `${first[0]} is ${first[1]} and ${other[0]} is ${other[1]}, only one can be true`,
  );
}
