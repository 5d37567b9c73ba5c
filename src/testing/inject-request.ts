/** A request as a test writes it -> a packet, and the body behind it, as a front end would send them. */
import type { InterfaceName } from "../app/index.ts";
import { decodePacket, encodePacket, type Header, type Packet } from "../codec/index.ts";
import { varsFromHttp } from "../environ/index.ts";
import type { HttpOptions } from "../server/index.ts";

/**
 * Text is sent as UTF-8. Bytes and what iterates them (a stream) as they are; `URLSearchParams`, `FormData` and
 * `Blob` with their type; all other objects and lists as JSON.
 */
export type InjectBody = string | Uint8Array | AsyncIterable<Uint8Array | string> | object;

export interface InjectRequest {
  /** Default GET, and POST where there is a body. */
  readonly method?: string;
  /** The target of the request: path and query. What is not ASCII is encoded as browsers do. Default `/`. */
  readonly path?: string;
  /** Latin-1. `Host: localhost`, and length and type of the body, are there unless they are given. */
  readonly headers?: Iterable<Header> | Readonly<Record<string, string | readonly string[]>>;
  /** A stream without a Content-Length is collected first: front ends must tell the length. */
  readonly body?: InjectBody;
  /** Vars beside, or instead of, those that a front end makes of the request; undefined leaves one out. */
  readonly vars?: Readonly<Record<string, string | undefined>>;
  /** Default `127.0.0.1`. */
  readonly remoteAddress?: string;
  /** Default `http`. */
  readonly scheme?: "http" | "https";
  /** The client goes away when it fires. */
  readonly signal?: AbortSignal;
  /**
   * What the application is. Default: as `serve` finds out; a plain function is `wsgi`.
   */
  readonly interface?: InterfaceName;
  /** Options of the server. */
  readonly options?: HttpOptions;
}

/** A request as it would come over a connection. */
export interface SentRequest {
  readonly packet: Packet;
  readonly body: AsyncIterator<Uint8Array, unknown>;
}

/** Throws, or rejects with, what `varsFromHttp` and `encodePacket` throw: a front end would refuse such a request. */
export async function sendRequest(request: InjectRequest): Promise<SentRequest> {
  const { path = "/", remoteAddress = "127.0.0.1", scheme = "http" } = request;
  const headers = readHeaders(request.headers);
  const has = (name: string): boolean => headers.some(([header]) => header.toLowerCase() === name);
  const body = await readBody(request.body, has("content-length"));
  if (!has("host")) headers.unshift(["Host", "localhost"]);
  if (body.type !== undefined && !has("content-type")) headers.push(["Content-Type", body.type]);
  if (body.length !== undefined && !has("content-length")) headers.push(["Content-Length", String(body.length)]);
  const vars = new Map(
    varsFromHttp({
      method: request.method ?? (request.body === undefined ? "GET" : "POST"),
      target: path.replace(/[\u0080-\u{10ffff}]+/gu, encodeURIComponent),
      httpVersion: "1.1",
      headers,
      scheme,
      remoteAddress,
      remotePort: 49_152,
      serverName: "localhost",
      serverPort: scheme === "https" ? 443 : 80,
    }),
  );
  for (const [name, value] of Object.entries(request.vars ?? {})) {
    if (value === undefined) vars.delete(name);
    else vars.set(name, value);
  }
  return { packet: decodePacket(encodePacket({ vars })) as Packet, body: body.chunks };
}

function readHeaders(given: InjectRequest["headers"] = []): Header[] {
  if (Symbol.iterator in given) return [...given];
  return Object.entries(given).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : value.map((one) => [name, one] as const),
  );
}

interface Body {
  readonly chunks: AsyncIterator<Uint8Array, unknown>;
  /** Undefined where it is not known, or there is none. */
  readonly length?: number;
  readonly type?: string;
}

async function readBody(body: InjectBody | undefined, isLengthGiven: boolean): Promise<Body> {
  if (body === undefined || body === null) return { chunks: chunksOf(new Uint8Array(0)) };
  if (typeof body === "string") return whole(Buffer.from(body), "text/plain; charset=utf-8");
  if (body instanceof Uint8Array) return whole(body);
  if (isStream(body)) return isLengthGiven ? { chunks: bytesIn(body) } : whole(await collect(body));
  if (body instanceof URLSearchParams || body instanceof FormData || body instanceof Blob) {
    const response = new Response(body);
    return whole(new Uint8Array(await response.arrayBuffer()), response.headers.get("Content-Type") ?? undefined);
  }
  return whole(Buffer.from(JSON.stringify(body)), "application/json");
}

function whole(bytes: Uint8Array, type?: string): Body {
  return { chunks: chunksOf(bytes), length: bytes.length, ...(type === undefined ? {} : { type }) };
}

function isStream(body: object): body is AsyncIterable<Uint8Array | string> {
  return Symbol.asyncIterator in body;
}

/** As much as a connection hands over at a time. */
const CHUNK = 65_536;

/** Copies: a chunk is its reader's. */
async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += CHUNK) yield Uint8Array.from(bytes.subarray(at, at + CHUNK));
}

async function* bytesIn(body: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of body) yield typeof chunk === "string" ? Buffer.from(chunk) : Uint8Array.from(chunk);
}

async function collect(body: AsyncIterable<Uint8Array | string>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytesIn(body)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
