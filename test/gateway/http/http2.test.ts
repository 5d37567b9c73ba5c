/** HTTPS, and HTTP/2 on it: the same exchanges by another framing. */
import { once } from "node:events";
import {
  type ClientHttp2Session,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";
import { request as httpsRequest } from "node:https";
import { connect as connectTls, type TLSSocket } from "node:tls";
import ava, { type ExecutionContext } from "ava";
import type { Sender } from "../../../src/client/index.ts";
import { gone } from "../../../src/errors.ts";
import type { AppRequest, AppResponse } from "../../../src/handler/index.ts";
import type { BridgeOptions } from "../../../src/gateway/index.ts";
import { type Bridged, startBridge, startBridged } from "../../helpers/bridge.ts";
import { type Certificates, makeCertificates } from "../../helpers/certificates.ts";
import { until } from "../../helpers/measure.ts";
import { needs } from "../../helpers/needs.ts";
import { packetReadingUpstream } from "../../helpers/packet-reading-upstream.ts";
import { gate, respond } from "../../helpers/test-server.ts";

const test = needs("openssl");

let certificates: Certificates;
ava.before(async () => {
  certificates = await makeCertificates();
});
ava.after.always(() => {
  certificates[Symbol.dispose]();
});

async function secured(
  t: ExecutionContext,
  options: Partial<BridgeOptions> = {},
  answer: (request: AppRequest) => AppResponse | Promise<AppResponse> = say,
): Promise<Bridged> {
  const { cert, key } = certificates.server;
  return startBridged(t, { tls: { cert, key }, ...options }, answer);
}

async function say({ environ, body }: AppRequest): Promise<AppResponse> {
  let bytes = 0;
  for await (const chunk of body) bytes += chunk.length;
  return respond(`${environ.REQUEST_METHOD} ${environ.PATH_INFO} ${bytes}`);
}

function session(t: ExecutionContext, port: number): ClientHttp2Session {
  const client = connect(`https://localhost:${port}`, { ca: certificates.ca.cert });
  client.on("error", () => {});
  t.teardown(() => client.destroy());
  return client;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly code: number;
}

/** One request; rejects never: `code` says how its stream ended. */
async function ask(
  client: ClientHttp2Session,
  headers: OutgoingHttpHeaders = {},
  body?: Uint8Array | string,
  onData: () => void = () => {},
): Promise<Answer> {
  const stream = client.request({ ":path": "/", ...headers }, { endStream: body === undefined });
  stream.on("error", () => {});
  let answered: IncomingHttpHeaders = {};
  stream.on("response", (head) => {
    answered = head;
  });
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    onData();
  });
  if (body !== undefined) stream.end(body);
  await closeOf(stream);
  return {
    status: Number(answered[":status"]),
    headers: answered,
    body: Buffer.concat(chunks).toString("latin1"),
    code: stream.rstCode,
  };
}

/** Settles when it is closed, whatever comes before. */
function closeOf(emitter: { once(event: "close", listener: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => emitter.once("close", resolve));
}

test("HTTP/1.1 over TLS is https", async (t) => {
  const { port, calls, bridge } = await secured(t);
  const request = httpsRequest({ host: "localhost", port, ca: certificates.ca.cert, agent: false });
  request.end();
  const [message] = await once(request, "response");
  t.is((await message.toArray()).join(""), "GET / 0");
  t.like(calls[0], { HTTPS: "on", REQUEST_SCHEME: "https", SERVER_PROTOCOL: "HTTP/1.1", SERVER_PORT: String(port) });
  t.is(bridge.listeners[0]?.url, `https://127.0.0.1:${port}`);
});

test("a request by HTTP/2 makes the vars that nginx makes of it", async (t) => {
  const { port, calls } = await secured(t);
  const { status, body } = await ask(session(t, port), {
    ":path": "/a%20b?c=d",
    cookie: ["a=1", "b=2"],
    "x-tag": "t",
  });
  t.is(status, 200);
  t.is(body, "GET /a b 0");
  t.like(calls[0], {
    SERVER_PROTOCOL: "HTTP/2.0",
    REQUEST_METHOD: "GET",
    REQUEST_URI: "/a%20b?c=d",
    QUERY_STRING: "c=d",
    REQUEST_SCHEME: "https",
    HTTPS: "on",
    HTTP_HOST: `localhost:${port}`,
    HTTP_COOKIE: "a=1; b=2",
    HTTP_X_TAG: "t",
    HTTP_X_FORWARDED_PROTO: "https",
  });
  t.deepEqual(
    Object.keys(calls[0] ?? {}).filter((name) => name.includes(":")),
    [],
  );
});

for (const [about, headers] of [
  ["with a length", { "content-length": "3000000" }],
  ["without one", {}],
] as const) {
  test(`a body ${about} arrives whole`, async (t) => {
    const { port, calls } = await secured(t);
    const { body } = await ask(session(t, port), { ":method": "POST", ...headers }, Buffer.alloc(3_000_000));
    t.is(body, "POST / 3000000");
    t.is(calls[0]?.CONTENT_LENGTH, "3000000");
  });
}

test("streams are answered beside each other, however slow one is", async (t) => {
  const held = gate();
  const { port, calls } = await secured(t, {}, async (request) => {
    if (request.environ.PATH_INFO === "/slow") await held.promise;
    return say(request);
  });
  const client = session(t, port);
  const slow = ask(client, { ":path": "/slow" });
  await until(() => calls.length === 1, 5_000, "the slow one is asked");
  t.is((await ask(client, { ":path": "/fast" })).body, "GET /fast 0");
  held.open();
  t.is((await slow).body, "GET /slow 0");
});

test("an upload waits for us each 256 KiB, and one that stalls holds up no other", async (t) => {
  const held = gate();
  const { port } = await secured(t, {}, async (request) => {
    if (request.environ.PATH_INFO === "/stalled") await held.promise;
    return say(request);
  });
  const client = session(t, port);
  await until(() => client.state.remoteWindowSize === 1_048_576, 5_000, "the window of the connection is open");
  t.is(client.remoteSettings.initialWindowSize, 262_144);
  const stalled = ask(client, { ":path": "/stalled", ":method": "POST" }, Buffer.alloc(3_000_000));
  for (let i = 0; i < 3; i++) {
    const { body } = await ask(client, { ":path": "/", ":method": "POST" }, Buffer.alloc(1_000_000));
    t.is(body, "POST / 1000000");
  }
  held.open();
  t.is((await stalled).body, "POST /stalled 3000000");
});

test("repeated headers come through, headers of the connection do not", async (t) => {
  const upstream = await packetReadingUpstream(t, (peer) =>
    peer.end(
      "HTTP/1.1 201 Made\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nConnection: close\r\nKeep-Alive: x\r\nX-A: \xe4\r\n\r\nmade",
    ),
  );
  const { cert, key } = certificates.server;
  const { port } = await startBridge(t, { to: upstream.socket, tls: { cert, key } });
  const { status, headers, body } = await ask(session(t, port));
  t.is(status, 201);
  t.deepEqual(headers["set-cookie"], ["a=1", "b=2"]);
  t.is(headers.connection, undefined);
  t.is(body, "made");
});

test("HEAD, 204 and 304 have no body", async (t) => {
  const { port } = await secured(t, {}, ({ environ }) =>
    environ.PATH_INFO === "/" ? respond("twelve bytes") : respond("", { status: Number(environ.PATH_INFO.slice(1)) }),
  );
  const client = session(t, port);
  const head = await ask(client, { ":method": "HEAD" });
  t.deepEqual([head.status, head.headers["content-length"], head.body], [200, "12", ""]);
  t.is((await ask(client, { ":path": "/204" })).status, 204);
  t.is((await ask(client, { ":path": "/304" })).status, 304);
});

for (const [about, headers] of [
  ["with a length", [["Content-Length", "10"]]],
  ["without one", []],
] as const) {
  test(`an answer ${about} that is cut off is a reset stream, never a whole one, and the connection goes on`, async (t) => {
    const seenByClient = gate();
    const { port, seen } = await secured(t, { to: brokenOff(headers, seenByClient.promise) });
    const client = session(t, port);
    const answer = ask(client, {}, undefined, seenByClient.open);
    t.is((await answer).code, constants.NGHTTP2_INTERNAL_ERROR);
    t.is((await seen.ends.at()).ending, "broken-off");
    t.is((await ask(client)).status, 200);
  });
}

/** Whose answers break off behind their first piece, when `seen`. */
function brokenOff(headers: readonly (readonly [string, string])[], seen: Promise<void>): Sender {
  async function* body(): AsyncGenerator<Uint8Array, void> {
    yield Buffer.from("five!");
    await seen;
    throw gone("reset");
  }
  return { send: () => Promise.resolve({ status: 200, reason: "OK", headers, body: body() }) };
}

test("a client's reset lets the upstream go at once", async (t) => {
  const asked = gate<AbortSignal>();
  const { port } = await secured(t, {}, async ({ signal }) => {
    asked.open(signal);
    await once(signal, "abort");
    return respond("");
  });
  const stream = session(t, port).request({ ":path": "/" });
  stream.on("error", () => {});
  const signal = await asked.promise;
  const aborted = once(signal, "abort");
  stream.close(constants.NGHTTP2_CANCEL);
  await aborted;
  t.like(signal.reason, { code: "UWSGI_PEER_GONE" });
});

test("an early answer ends the stream, whatever of the request is still to come", async (t) => {
  const upstream = await packetReadingUpstream(t, (peer) =>
    peer.end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly"),
  );
  const { cert, key } = certificates.server;
  const { port } = await startBridge(t, { to: upstream.socket, tls: { cert, key } });
  const client = session(t, port);
  const { body, code } = await ask(client, { ":method": "POST", "content-length": "8000000" }, Buffer.alloc(8_000_000));
  t.is(body, "early");
  t.is(code, constants.NGHTTP2_NO_ERROR);
  t.is((await ask(client)).body, "early");
});

test("100 Continue comes when the body is wanted", async (t) => {
  const { port } = await secured(t);
  const stream = session(t, port).request({ ":method": "POST", expect: "100-continue", "content-length": "5" });
  await once(stream, "continue");
  stream.end("hello");
  t.is((await stream.toArray()).join(""), "POST / 5");
});

for (const [about, headers, status] of [
  ["CONNECT", { ":method": "CONNECT", ":path": undefined, ":authority": "a.test:80" }, 405],
  ["TRACE", { ":method": "TRACE" }, 405],
  ["an Expect that nobody can meet", { expect: "tea" }, 417],
  ["a Host that is not the authority", { ":authority": "a.test", host: "evil.test" }, 400],
  ["a name that could be taken for another", { x_real_ip: "203.0.113.66" }, 400],
  ["a path above the root", { ":path": "/../x" }, 400],
] as const) {
  test(`refused is ${about}`, async (t) => {
    const { port, calls } = await secured(t);
    const stream = ask(session(t, port), headers);
    t.is((await stream).status, status);
    t.is(calls.length, 0);
  });
}

test("a length above the limit is refused unread", async (t) => {
  const { port, calls } = await secured(t);
  const stream = session(t, port).request({ ":method": "POST", "content-length": "2000000000" });
  const [head] = (await once(stream, "response")) as [IncomingHttpHeaders];
  t.is(Number(head[":status"]), 413);
  await closeOf(stream.resume());
  t.is(calls.length, 0);
});

test("Upgrade, and all else of a connection, is refused by the framing itself", async (t) => {
  const { port, calls } = await secured(t);
  for (const name of ["connection", "upgrade", "transfer-encoding", "keep-alive", "te"]) {
    const client = session(t, port);
    try {
      t.is((await ask(client, { [name]: "x" })).status, Number.NaN, name);
    } catch (error) {
      // Node's client does not even send them.
      t.is((error as { code?: string }).code, "ERR_HTTP2_INVALID_CONNECTION_HEADERS", name);
    }
  }
  t.is(calls.length, 0);
});

test("no more streams run at a time than may", async (t) => {
  const held = gate();
  let running = 0;
  let most = 0;
  const { port, calls } = await secured(t, { maxStreams: 3 }, async (request) => {
    most = Math.max(most, ++running);
    await held.promise;
    running--;
    return say(request);
  });
  const client = session(t, port);
  await once(client, "remoteSettings");
  const all = Array.from({ length: 6 }, () => ask(client));
  await until(() => calls.length === 3, 5_000, "three are asked");
  held.open();
  await Promise.all(all);
  t.is(most, 3);
});

test("streams that are opened to be reset do not pile up: the upstream is let go of each, and at some number of them Node listens no more", async (t) => {
  let running = 0;
  let most = 0;
  let asked = 0;
  const { port, bridge } = await secured(t, { maxStreams: 10, keepAliveTimeoutMs: 500 }, async ({ signal }) => {
    asked++;
    most = Math.max(most, ++running);
    if (!signal.aborted) await once(signal, "abort");
    running--;
    return respond("");
  });
  const client = session(t, port);
  await once(client, "remoteSettings");
  for (let i = 0; i < 5_000 && !client.closed && !client.destroyed; i++) {
    const stream = client.request({ ":path": "/" });
    stream.on("error", () => {});
    stream.close(constants.NGHTTP2_CANCEL);
    if (i % 50 === 0) await new Promise(setImmediate);
  }
  await until(() => running === 0 && bridge.openConnections === 0, 10_000, "nothing is left");
  // The bridge asks for ten at most; the server behind it may still be with those that were reset.
  t.true(most <= 100, `${most} at a time`);
  t.true(asked < 2_000, `${asked} of 5 000`);
});

test("a session without requests is closed in time, pings do not keep it", async (t) => {
  const { port } = await secured(t, { keepAliveTimeoutMs: 400 });
  const client = session(t, port);
  t.is((await ask(client)).body, "GET / 0");
  const pings = setInterval(() => {
    if (!client.destroyed && !client.closed) client.ping(() => {});
  }, 50);
  await closeOf(client);
  clearInterval(pings);
  t.pass();
});

test("one that never asks is closed when the time for a head is over", async (t) => {
  const { port } = await secured(t, { headTimeoutMs: 300 });
  await closeOf(session(t, port));
  t.pass();
});

test("close() lets streams end, and takes no new ones", async (t) => {
  const held = gate();
  const { port, bridge, calls } = await secured(t, { graceMs: 10_000 }, async (request) => {
    await held.promise;
    return say(request);
  });
  const client = session(t, port);
  const answer = ask(client);
  await until(() => calls.length === 1, 5_000, "it is asked");
  const goaway = once(client, "goaway");
  const closing = bridge.close();
  await goaway;
  held.open();
  t.is((await answer).body, "GET / 0");
  await closing;
});

test("HTTP/2 is not offered where it is switched off", async (t) => {
  const { port } = await secured(t, { http2: false });
  const socket = connectTls({
    port,
    host: "127.0.0.1",
    ca: certificates.ca.cert,
    servername: "localhost",
    ALPNProtocols: ["h2", "http/1.1"],
  });
  await once(socket, "secureConnect");
  t.is(socket.alpnProtocol, "http/1.1");
  socket.destroy();
});

test("who speaks HTTP without TLS, or shows no certificate where one is asked for, is refused and reported", async (t) => {
  const { cert, key } = certificates.server;
  const { port, seen, calls } = await secured(t, { tls: { cert, key, ca: certificates.ca.cert } });
  session(t, port);
  t.like((await seen.refused.at()).error, { code: "UWSGI_TLS_FAILED" });
  t.is(calls.length, 0);
  const known = connect(`https://localhost:${port}`, {
    ca: certificates.ca.cert,
    cert: certificates.client.cert,
    key: certificates.client.key,
  });
  t.teardown(() => known.destroy());
  t.is((await ask(known)).body, "GET / 0");
});

test("plain and TLS addresses may be listened on at once", async (t) => {
  const { bridge } = await secured(t, { listen: ["http://127.0.0.1:0", "https://127.0.0.1:0"] });
  const [plain, tls] = bridge.listeners;
  t.regex(plain?.url ?? "", /^http:/);
  t.regex(tls?.url ?? "", /^https:/);
  t.is(await (await fetch(plain?.url ?? "")).text(), "GET / 0");
  t.is((await ask(session(t, Number(new URL(tls?.url ?? "").port)))).body, "GET / 0");
});

/** A frame of HTTP/2, written by hand. */
function frame(type: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A request without a body on stream 1, its headers as they are. */
function bodiless(headers: readonly (readonly [name: string, value: string])[]): Buffer {
  const text = (value: string): Buffer => Buffer.concat([Buffer.of(value.length), Buffer.from(value, "latin1")]);
  return frame(1, 5, 1, Buffer.concat(headers.flatMap(([name, value]) => [Buffer.of(0), text(name), text(value)])));
}

const opening = Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(4, 0, 0)]);

/** A client that speaks HTTP/2 by hand, once the bridge has said its settings. */
async function byHand(t: ExecutionContext, port: number, ...frames: readonly Buffer[]): Promise<TLSSocket> {
  const client = connectTls({ port, host: "localhost", ca: certificates.ca.cert, ALPNProtocols: ["h2"] });
  client.on("error", () => {});
  t.teardown(() => client.destroy());
  await once(client, "secureConnect");
  client.write(Buffer.concat([opening, ...frames]));
  await once(client, "data");
  client.resume();
  return client;
}

for (const how of ["end", "destroy"] as const) {
  test(`a client that closes its connection without a word (${how}) leaves none behind`, async (t) => {
    const { bridge, port } = await secured(t);
    const client = await byHand(t, port);
    t.is(bridge.openConnections, 1);
    client[how]();
    await until(() => bridge.openConnections === 0, 5_000, "the connection is closed");
    t.is(bridge.openConnections, 0);
  });

  test(`a client that closes its connection (${how}) ends the request that runs on it`, async (t) => {
    const { cert, key } = certificates.server;
    const upstream = await packetReadingUpstream(t, () => {});
    const { bridge, port } = await startBridge(t, { tls: { cert, key }, to: upstream.socket });
    const client = await byHand(
      t,
      port,
      bodiless([
        [":method", "GET"],
        [":scheme", "https"],
        [":authority", "a.test"],
        [":path", "/"],
      ]),
    );
    await until(() => upstream.packets.length === 1, 5_000, "the upstream has the request");
    client[how]();
    await until(() => upstream.peers.size === 0 && bridge.openConnections === 0, 5_000, "both connections are closed");
    t.deepEqual([upstream.peers.size, bridge.openConnections], [0, 0]);
  });
}

test("an absolute :path, which only a scheme that is not HTTP's lets through, is no second host", async (t) => {
  const { port, calls, seen } = await secured(t);
  await byHand(
    t,
    port,
    bodiless([
      [":method", "GET"],
      [":scheme", "other"],
      [":authority", "a.test"],
      [":path", "http://evil.test/x"],
    ]),
  );
  t.like((await seen.refused.at()).error, { code: "UWSGI_BAD_TARGET" });
  t.deepEqual(calls, []);
});
