/** HTTP/1.0 and 1.1: Node's parser in front of exchanges. One request of a connection after the other, in order. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { errorCode, ProtocolError, TimeoutError } from "../../errors.ts";
import type { BridgeSettings } from "./bridge-options.ts";
import type { ClientConnection, ClientConnections } from "./client-connections.ts";
import { Exchange, type ExchangeInit } from "./exchange.ts";
import { reportConnection } from "./exchange-report.ts";
import { failureAnswer, failureOf } from "./failure.ts";
import { Http1Answer } from "./http1-answer.ts";
import { endGently } from "./linger.ts";
import { RequestBody } from "./request-body.ts";
import type { RequestHead } from "./request-vars.ts";
import { UpgradeAnswer } from "./upgrade-answer.ts";

/** What exchanges need of their bridge. */
export interface Front {
  readonly settings: BridgeSettings;
  /** The bridge, as an identity for those who listen. */
  readonly identity: object;
  readonly connections: ClientConnections;
  /** True when each answer is to be the last of its connection. */
  readonly isClosing: boolean;
}

/** Requests that may wait behind the one that is answered; who sends more is cut off. */
const MOST_PIPELINED = 100;

/** A server that listens nowhere: connections are given to it as an event. */
export function serveHttp1(front: Front): Server {
  const { settings } = front;
  // Of newer versions of Node (24.9), which read the bodies of other requests with an Upgrade themselves.
  const newer = { shouldUpgradeCallback: (req: IncomingMessage) => protocolOf(req, settings) !== undefined };
  const server = createServer({
    ...newer,
    // Set here, so that no flag of the process (`--insecure-http-parser`) lets more through.
    insecureHTTPParser: false,
    requireHostHeader: true,
    maxHeaderSize: settings.maxHeadBytes,
    keepAliveTimeout: finite(settings.keepAliveTimeoutMs),
    // Deadlines are the bridge's own, for both versions of HTTP.
    requestTimeout: 0,
    headersTimeout: 0,
  });
  const take = (expects: ExchangeInit["expects"]) => (req: IncomingMessage, res: ServerResponse) => {
    const connection = front.connections.of(req.socket);
    if (connection !== undefined) inTurn(connection, () => answer(front, connection, req, res, expects));
  };
  server.on("request", take("nothing"));
  server.on("checkContinue", take("continue"));
  server.on("checkExpectation", take("unknown"));
  server.on("upgrade", (req, socket, head) => upgrade(front, req, socket as Socket, head));
  server.on("connect", (req: IncomingMessage, socket: Duplex) => {
    const error = new ProtocolError("method CONNECT, which no request here has", { code: "UWSGI_BAD_METHOD" });
    refuse(front, req.socket, error, socket);
  });
  server.on("clientError", (error, socket) => onClientError(front, error, socket as Socket));
  return server;
}

/** Answers a head that has not come in time. */
export function refuseSlowHead(front: Front, { socket }: ClientConnection): void {
  const error = new TimeoutError(`no whole request head within ${front.settings.headTimeoutMs} ms`, {
    code: "UWSGI_HEADER_TIMEOUT",
  });
  refuse(front, socket, error, socket);
}

/** Node takes 0 for none. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

/** Runs `work` now, or when what came before it on the connection has been answered. */
function inTurn(connection: ClientConnection, work: () => Promise<void>): void {
  if (connection.running > 0) {
    if (connection.queue.length >= MOST_PIPELINED) connection.socket.destroy();
    else connection.queue.push(() => inTurn(connection, work));
    return;
  }
  connection.begin();
  void work().then(() => {
    connection.end(performance.now());
    // Nobody waits for the rest when the client has gone, and Node tells nothing more of it.
    if (connection.socket.destroyed) connection.queue.length = 0;
    else if (connection.isLast) endGently(connection.socket);
    else connection.queue.shift()?.();
  });
}

async function answer(
  front: Front,
  connection: ClientConnection,
  req: IncomingMessage,
  res: ServerResponse,
  expects: ExchangeInit["expects"],
): Promise<void> {
  const hasBody = mayHaveBody(req);
  const isLast = (): boolean => {
    const isEnough = connection.answered + 1 >= front.settings.maxRequestsPerConnection;
    connection.isLast ||= front.isClosing || isEnough || exchange.isRefused || (hasBody && exchange.isBodyUnasked);
    return connection.isLast;
  };
  const answered = new Http1Answer(res, connection.socket, isLast, front.settings.writeTimeoutMs);
  connection.current = { req, answer: answered };
  const exchange = new Exchange({
    settings: front.settings,
    server: front.identity,
    head: headOf(req),
    origin: connection,
    source: req,
    answer: answered,
    expects,
    refusesChunks: req.headers.upgrade !== undefined && /\bupgrade\b/i.test(req.headers.connection ?? ""),
  });
  if (hasBody) answered.holdClose();
  await exchange.run();
  if (!hasBody) return;
  // Until it is read there is no next request.
  const body = exchange.body ?? unread(req, front.settings, expects);
  answered.release(await body.drain(connection.socket));
}

function mayHaveBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}

/** The body of a request that was refused by its head. */
function unread(req: IncomingMessage, limits: BridgeSettings, expects: ExchangeInit["expects"]): RequestBody {
  return new RequestBody(req, { length: undefined, limits, onFirstRead: expects === "nothing" ? undefined : () => {} });
}

function headOf(req: IncomingMessage): RequestHead {
  const { method = "GET", url: target = "/", rawHeaders } = req;
  // Node's parser takes that in a request line, and it is not HTTP/2.
  const httpVersion = req.httpVersion === "2.0" ? "2" : req.httpVersion;
  return { method, target, httpVersion, rawHeaders, isOpenEnded: false };
}

/** Node's parser has let go of the connection: whatever comes of it, this request is its last. */
function upgrade(front: Front, req: IncomingMessage, socket: Socket, head: Buffer): void {
  const connection = front.connections.of(socket);
  if (connection === undefined) return;
  socket.on("error", () => {});
  if (connection.running > 0) {
    // Its answer would mix with those before it. It is not read at all: whoever wants it asks again.
    connection.isLast = true;
    socket.on("drain", () => connection.current?.answer.signal());
    return;
  }
  if (head.length > 0) socket.unshift(head);
  connection.begin();
  void answerUpgrade(front, connection, req, socket).then(() => {
    connection.end(performance.now());
    endGently(socket);
  });
}

async function answerUpgrade(
  front: Front,
  connection: ClientConnection,
  req: IncomingMessage,
  socket: Socket,
): Promise<void> {
  const { settings, identity } = front;
  const answered = new UpgradeAnswer(req, socket, settings.writeTimeoutMs);
  const protocol = protocolOf(req, settings);
  connection.isUpgraded = protocol !== undefined;
  await new Exchange({
    settings,
    server: identity,
    // The parser has read no chunks.
    head: headOf(req),
    origin: connection,
    source: socket,
    answer: answered,
    expects: req.headers.expect?.toLowerCase() === "100-continue" ? "continue" : "nothing",
    upgrade: protocol,
    refusesChunks: true,
  }).run();
}

/** The protocol that is passed on; undefined: the request is one like any other. */
function protocolOf(req: IncomingMessage, { upgrades }: BridgeSettings): string | undefined {
  const protocol = req.headers.upgrade?.trim().toLowerCase();
  const isPlain = req.method === "GET" && req.httpVersion === "1.1" && !mayHaveBody(req);
  return isPlain && protocol !== undefined && upgrades.has(protocol) ? protocol : undefined;
}

/** What the parser says of what it could not read. */
function onClientError(front: Front, error: Error, socket: Socket): void {
  const connection = front.connections.of(socket);
  const code = errorCode(error) ?? "";
  if (connection === undefined || connection.isLast) return;
  if (!code.startsWith("HPE_") && code !== "ERR_HTTP_REQUEST_TIMEOUT") {
    socket.destroy();
    return;
  }
  connection.isLast = true;
  const { current } = connection;
  // It came behind a request that is sound, and gets its answer.
  if (current?.req.complete === true) return;
  if (current !== undefined && current.answer.status !== 0) {
    socket.destroy();
    return;
  }
  current?.answer.markGone();
  refuse(front, socket, faultOf(code, error), socket);
}

function faultOf(code: string, error: Error): ProtocolError {
  const reason = { cause: error };
  if (code === "HPE_HEADER_OVERFLOW") {
    return new ProtocolError("the request head is too large", { code: "UWSGI_VARS_LIMIT", ...reason });
  }
  if (code === "HPE_CHUNK_EXTENSIONS_OVERFLOW") {
    return new ProtocolError("a chunk extension is too large", { code: "UWSGI_BODY_LIMIT", ...reason });
  }
  return new ProtocolError(`not valid HTTP: ${error.message}`, { code: "UWSGI_BAD_HTTP", ...reason });
}

/** Answers a connection that has no request, or none that can be read, and closes it. */
function refuse(front: Front, socket: Socket, error: ProtocolError | TimeoutError, writable: Duplex): void {
  const connection = front.connections.of(socket);
  if (connection === undefined) return;
  connection.isLast = true;
  const failure = failureOf(error);
  const { reason, headers, body } = failureAnswer(failure, undefined, undefined);
  reportConnection(front.identity, connection, error, failure.status);
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  if (!writable.writable) socket.destroy();
  else {
    endGently(
      socket,
      `HTTP/1.1 ${failure.status} ${reason}\r\n${lines}Connection: close\r\n\r\n${body.toString("latin1")}`,
    );
  }
}
