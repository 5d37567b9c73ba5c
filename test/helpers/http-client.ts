/** A plain HTTP client: one connection for each request, nothing added, retried or decoded. */
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { pipeline } from "node:stream";

export interface HttpRequest {
  /** Port of 127.0.0.1. */
  readonly port: number;
  readonly method?: string;
  readonly path?: string;
  /** As they go out; a name may come again. `Connection` is there already, and `Host` where none is given. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Bytes are sent with a Content-Length, what is iterated without one: chunked. */
  readonly body?: Uint8Array | Iterable<Uint8Array>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly reason: string;
  /** Names in lower case; of repeated ones all values, in order. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: Buffer;
}

/** Sends a request and reads the whole answer; rejects when that is broken off. */
export async function send(request: HttpRequest): Promise<HttpAnswer> {
  return readAnswer(await open(request));
}

/** Sends a request; resolves when the head of the answer has come, its body unread. */
export async function open(request: HttpRequest): Promise<IncomingMessage> {
  const [message] = (await once(start(request), "response")) as [IncomingMessage];
  return message;
}

/** Sends a request. The caller destroys it, or reads the answer to its end. */
export function start({ port, method = "GET", path = "/", headers = [], body }: HttpRequest): ClientRequest {
  const host = headers.some(([name]) => name.toLowerCase() === "host") ? [] : ["Host", `127.0.0.1:${port}`];
  const lines = [...host, "Connection", "close", ...headers.flat()];
  if (body instanceof Uint8Array) lines.push("Content-Length", String(body.length));
  else if (body !== undefined) lines.push("Transfer-Encoding", "chunked");
  const request = httpRequest({ host: "127.0.0.1", port, method, path, agent: false, headers: lines });
  // Whoever waits for the answer is told; an upload that an early answer cuts short is no failure.
  request.on("error", () => {});
  if (body === undefined || body instanceof Uint8Array) request.end(body);
  else pipeline(body, request, () => {});
  return request;
}

/** Reads the rest of an answer; rejects when it is broken off. */
export async function readAnswer(message: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const headers = new Map<string, string[]>();
  for (let i = 0; i + 1 < message.rawHeaders.length; i += 2) {
    const name = (message.rawHeaders[i] as string).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), message.rawHeaders[i + 1] as string]);
  }
  const { statusCode: status = 0, statusMessage: reason = "" } = message;
  return { status, reason, headers, body: Buffer.concat(chunks) };
}

/**
 * Sends these characters, each one byte, and answers what comes until the other side closes. For
 * what `node:http` would not send; ask for `Connection: close`.
 */
export async function sendRaw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(bytes, "latin1");
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("latin1");
}
