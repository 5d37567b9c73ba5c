/** Who asks the requests of the list: our client, and HTTP clients through our bridge. */
import { once } from "node:events";
import { type IncomingMessage, request as httpRequest } from "node:http";
import { connect, type ClientHttp2Session, type ClientHttp2Stream, constants } from "node:http2";
import { request as httpsRequest } from "node:https";
import { pipeline, Readable, type Writable } from "node:stream";
import { request, senderTo } from "../../../src/client/index.ts";
import { HttpBridge } from "../../../src/gateway/index.ts";
import type { Certificates } from "../../helpers/certificates.ts";
import type { Side } from "./sides.ts";

export interface Ask {
  readonly method?: string;
  /** Target: path and query, percent-encoded. */
  readonly path: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Bytes go out with a Content-Length, what is iterated without: chunked over HTTP, spooled by the client. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** Of a name in lower case, in order. */
  header(name: string): readonly string[];
  /** Throws when the answer is broken off. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface Asker extends AsyncDisposable {
  ask(request: Ask): Promise<Answer>;
}

export interface AskerKind {
  readonly name: string;
  start(side: Side, certificates: Certificates): Promise<Asker>;
}

const client: AskerKind = {
  name: "the client",
  start: (side) => {
    const sender = senderTo(side.address, side.tls === undefined ? {} : { tls: side.tls });
    return Promise.resolve({
      ask: async ({ method, path, headers = [], body, signal }) => {
        const given = {
          ...(method === undefined ? {} : { method }),
          ...(body === undefined ? {} : { body }),
          ...(signal === undefined ? {} : { signal }),
        };
        const response = await request(sender, { path, headers, ...given });
        return { status: response.status, body: response.body, header: valuesIn(response.headers) };
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  },
};

/** HTTP/1.1 through the bridge. */
function http1(isTls: boolean): AskerKind {
  return {
    name: `${isTls ? "HTTPS" : "HTTP"} through the bridge`,
    start: async (side, certificates) => {
      const bridge = await startBridge(side, certificates, isTls);
      const ask = async (asked: Ask): Promise<Answer> => {
        const { method = "GET", path, headers = [], body, signal } = asked;
        const lines = ["Host", "127.0.0.1", ...headers.flat()];
        if (body instanceof Uint8Array) lines.push("Content-Length", String(body.length));
        else if (body !== undefined) lines.push("Transfer-Encoding", "chunked");
        const options = { host: "127.0.0.1", port: bridge.port, method, path, headers: lines, agent: false };
        const given = signal === undefined ? options : { ...options, signal };
        const sent = isTls ? httpsRequest({ ...given, ca: certificates.ca.cert }) : httpRequest(given);
        sent.on("error", () => {});
        sendBody(sent, body);
        const [message] = (await once(sent, "response")) as [IncomingMessage];
        const raw = message.rawHeaders;
        const pairs = Array.from(
          { length: raw.length / 2 },
          (_, i) => [raw[2 * i] ?? "", raw[2 * i + 1] ?? ""] as const,
        );
        return { status: message.statusCode ?? 0, body: message, header: valuesIn(pairs) };
      };
      return { ask, [Symbol.asyncDispose]: () => bridge.close() };
    },
  };
}

const http2: AskerKind = {
  name: "HTTP/2 through the bridge",
  start: async (side, certificates) => {
    const bridge = await startBridge(side, certificates, true);
    const session = connect(`https://127.0.0.1:${bridge.port}`, { ca: certificates.ca.cert });
    session.on("error", () => {});
    return {
      ask: (asked) => askHttp2(session, asked),
      [Symbol.asyncDispose]: async () => {
        session.destroy();
        await bridge.close();
      },
    };
  },
};

async function askHttp2(session: ClientHttp2Session, asked: Ask): Promise<Answer> {
  const { method = "GET", path, headers = [], body, signal } = asked;
  const sent: Record<string, string | string[]> = { ":method": method, ":path": path };
  for (const [name, value] of headers) {
    const before = sent[name.toLowerCase()];
    sent[name.toLowerCase()] = before === undefined ? value : [before, value].flat();
  }
  if (body instanceof Uint8Array) sent["content-length"] = String(body.length);
  const stream: ClientHttp2Stream = session.request(sent, { endStream: body === undefined });
  stream.on("error", () => {});
  const cut = (): void => stream.close(constants.NGHTTP2_CANCEL);
  signal?.addEventListener("abort", cut, { once: true });
  if (body !== undefined) sendBody(stream, body);
  const [answer] = (await Promise.race([
    once(stream, "response"),
    once(stream, "close").then(() => Promise.reject(signal?.reason ?? new Error("closed without an answer"))),
  ])) as [Record<string, string | string[] | number>];
  const pairs = Object.entries(answer).flatMap(([name, value]) =>
    [value].flat().map((one) => [name, String(one)] as const),
  );
  return { status: Number(answer[":status"]), body: bodyOf(stream), header: valuesIn(pairs) };
}

/** A stream that was reset ends like any other; its code tells. */
async function* bodyOf(stream: ClientHttp2Stream): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of stream) yield chunk as Uint8Array;
  if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) throw new Error(`the stream was reset with ${stream.rstCode}`);
}

function sendBody(to: Writable, body: Ask["body"]): void {
  if (body === undefined || body instanceof Uint8Array) to.end(body);
  else pipeline(Readable.from(body), to, () => {});
}

function startBridge(side: Side, { server: { cert, key } }: Certificates, isTls: boolean): Promise<HttpBridge> {
  const to = senderTo(side.address, side.tls === undefined ? {} : { tls: side.tls });
  return HttpBridge.listen({ to, ...(isTls ? { tls: { cert, key } } : {}) });
}

function valuesIn(pairs: readonly (readonly [name: string, value: string])[]): Answer["header"] {
  return (name) => pairs.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value);
}

export const askers: readonly AskerKind[] = [client, http1(false), http1(true), http2];
