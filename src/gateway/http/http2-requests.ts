/**
 * HTTP/2: Node's sessions in front of exchanges. What HTTP/2 forbids (headers of a connection, two `:path`, CONTINUATION
 * without end) its library refuses before it comes here; streams that are opened to be reset are counted by Node, which
 * ends the session (CVE-2023-44487).
 */
import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { BridgeSettings } from "./bridge-options.ts";
import type { ClientConnection } from "./client-connections.ts";
import { Exchange, type ExchangeInit, valueOf } from "./exchange.ts";
import type { Front } from "./http1-requests.ts";
import { Http2Answer } from "./http2-answer.ts";
import type { RequestHead } from "./request-vars.ts";

/** Sessions of the connections that are given to it; it listens nowhere. */
export class Http2Sessions {
  private readonly server: Http2Server;
  private readonly front: Front;
  /** Whose the session is that begins now. */
  private adopting: ClientConnection | undefined;

  constructor(front: Front) {
    this.front = front;
    this.server = createServer({
      settings: {
        // WebSocket stays with HTTP/1.1: browsers open a connection of their own for it.
        enableConnectProtocol: false,
        maxConcurrentStreams: finite(front.settings.maxStreams),
        maxHeaderListSize: front.settings.maxHeadBytes,
        initialWindowSize: STREAM_WINDOW_BYTES,
      },
      // Node sends the settings, and does not hold clients to them that do not wait for them.
      maxHeaderListPairs: MOST_HEADERS,
    });
    this.server.on("session", (session) => {
      if (this.adopting === undefined) return;
      this.adopting.session = session;
      session.on("error", () => {});
      if (!session.destroyed) session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
      // The deadline for the first head began with the connection: headers that come bit by bit do not move it.
      if (front.isClosing) session.close();
    });
    this.server.on("sessionError", () => {});
    this.server.on("stream", (stream, headers, _flags, rawHeaders?: readonly string[]) => {
      const connection = this.connectionOf(stream);
      if (connection !== undefined) void this.answer(connection, stream, headers, rawHeaders ?? []);
    });
  }

  /** Takes a connection over. */
  adopt(connection: ClientConnection): void {
    this.adopting = connection;
    try {
      this.server.emit("connection", connection.socket);
    } finally {
      this.adopting = undefined;
    }
    if (connection.session !== undefined) this.bySession.set(connection.session, connection);
    // HTTP/2 has no half of a connection: who closes it has gone, with all that it has asked for. nginx sees it so, too.
    connection.socket.once("end", () => connection.cut());
  }

  private readonly bySession = new WeakMap<object, ClientConnection>();

  private connectionOf({ session }: ServerHttp2Stream): ClientConnection | undefined {
    return session === undefined ? undefined : this.bySession.get(session);
  }

  private async answer(
    connection: ClientConnection,
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    rawHeaders: readonly string[],
  ): Promise<void> {
    const { settings, identity } = this.front;
    const answered = new Http2Answer(stream, settings.writeTimeoutMs);
    if (connection.running >= settings.maxStreams) {
      // It has not waited for our settings.
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    connection.begin();
    const head = headOf(stream, headers, rawHeaders);
    const exchange = new Exchange({
      settings,
      server: identity,
      head,
      origin: connection,
      source: stream,
      answer: answered,
      expects: expectsOf(head),
    });
    await exchange.run();
    answered.refuseRest();
    connection.end(performance.now());
  }
}

/**
 * What a client may send of one upload before it has to wait for us. Node's own 65 535 are one round trip each: 1.3 MB/s
 * at 50 ms. It is also the most that a stalled upload keeps here, `maxStreams` times for a connection.
 */
const STREAM_WINDOW_BYTES = 262_144;
/** Of all uploads of a connection; given back as bytes come, so that one that stalls holds up no other. */
const CONNECTION_WINDOW_BYTES = 1_048_576;

/** Of one request; Node's own is 128, and a client may well have more cookies. */
const MOST_HEADERS = 1_000;

function finite(value: BridgeSettings["maxStreams"]): number {
  return Number.isFinite(value) ? value : 2 ** 32 - 1;
}

/** Pseudo headers become what they are in HTTP/1.1; `:authority` is the Host, which may be said twice and must be the same. */
function headOf(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, raw: readonly string[]): RequestHead {
  const rawHeaders: string[] = [];
  const authority = headers[":authority"];
  if (authority !== undefined) rawHeaders.push("host", authority);
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] as string;
    const value = raw[at + 1] as string;
    if (name.startsWith(":") || (name === "host" && value === authority)) continue;
    rawHeaders.push(name, value);
  }
  const path = headers[":path"] ?? "";
  return {
    method: headers[":method"] ?? "GET",
    // With a scheme that is not HTTP's its library takes others; an absolute one would name a second host.
    target: path.startsWith("/") ? path : "",
    httpVersion: "2.0",
    rawHeaders,
    isOpenEnded: !stream.endAfterHeaders,
  };
}

function expectsOf(head: RequestHead): ExchangeInit["expects"] {
  const expectation = valueOf(head, "expect");
  if (expectation === undefined) return "nothing";
  return expectation.toLowerCase() === "100-continue" ? "continue" : "unknown";
}
