import { execFile } from "node:child_process";
import { once } from "node:events";
import { connect as connectPlain, type Socket } from "node:net";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import test, { type ExecutionContext } from "ava";
import {
  dial,
  listen,
  type Listener,
  type ListenOptions,
  PeerStream,
  type Transport,
} from "../../src/connection/index.ts";
import type { Listening } from "../../src/connection/listen-options.ts";
import { errorCode, LimitError, type UwsgiError } from "../../src/errors.ts";
import { type Certificates, makeCertificates } from "../helpers/certificates.ts";
import { httpPlugin, Server } from "../../src/server/index.ts";
import { needs } from "../helpers/needs.ts";
import { tempFolder } from "../helpers/temp-folder.ts";
import { type Gate, gate } from "../helpers/test-server.ts";

const tlsTest = needs("openssl");

let made: Promise<Certificates> | undefined;

/** Made once for this file, by the first test that wants them. */
function certificates(): Promise<Certificates> {
  return (made ??= makeCertificates());
}

test.after.always(async () => (await made)?.[Symbol.dispose]());

/** A TLS listener of a test, and what it told. */
interface TlsSide extends Disposable {
  readonly listener: Listener;
  readonly port: number;
  readonly accepted: Gate<Transport>;
  readonly refused: Gate<UwsgiError>;
  /** How often a handshake ended. */
  readonly ends: () => number;
}

type Choose = (certificates: Certificates) => NonNullable<ListenOptions["tls"]>;

const plainTls: Choose = ({ server }) => server;
const clientsTls: Choose = ({ server, ca }) => ({ cert: server.cert, key: server.key, ca: ca.cert });

async function startTls(choose: Choose = plainTls, options: Listening = {}): Promise<TlsSide> {
  const tls = choose(await certificates());
  const accepted = gate<Transport>();
  const refused = gate<UwsgiError>();
  let ends = 0;
  const listener = await listen(
    { kind: "tls", over: { kind: "tcp", host: "127.0.0.1", port: 0 } },
    (transport) => accepted.open(transport),
    {
      onRefused: (_peer, error) => refused.open(error),
      onPendingEnd: () => ends++,
      ...options,
      tls,
    },
  );
  if (listener.address.kind !== "tls" || listener.address.over.kind !== "tcp") throw new Error("another address");
  const { port } = listener.address.over;
  return { listener, port, accepted, refused, ends: () => ends, [Symbol.dispose]: () => void listener.close() };
}

/** Connects as a client that trusts our authority. Errors are for whoever listens. */
async function client(port: number, options: Omit<ConnectionOptions, "port" | "host"> = {}): Promise<TLSSocket> {
  const { ca } = await certificates();
  const carrier = connectPlain({ port, host: "127.0.0.1", allowHalfOpen: true });
  const socket = connect({ host: "127.0.0.1", ca: ca.cert, ...options, socket: carrier });
  socket.on("error", () => {});
  return socket;
}

/** Settles when the socket is closed, whatever closed it. */
function closeOf(socket: Socket): Promise<void> {
  if (socket.closed) return Promise.resolve();
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

/** What comes until the peer closes its side, or the code of the error that came instead. */
function readAll(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (bytes: Buffer) => (text += bytes.toString("latin1")));
    socket.on("end", () => resolve(text));
    socket.on("error", (error) => resolve(errorCode(error) ?? error.message));
    socket.on("close", () => resolve(`${text}, closed`));
  });
}

const versions = ["TLSv1.2", "TLSv1.3"] as const;

for (const version of versions) {
  tlsTest(`bytes go both ways over ${version}, and a peer is named by its address`, async (t) => {
    using side = await startTls();
    const socket = await client(side.port, { maxVersion: version });
    const transport = await side.accepted.promise;
    t.is(socket.getProtocol(), version);
    t.regex(transport.peer, /^127\.0\.0\.1:\d+$/);
    t.is(transport.localPort, side.port);
    const stream = new PeerStream(transport);
    socket.write("ping");
    t.is(String(Buffer.from((await stream.read()) ?? [])), "ping");
    transport.write("pong");
    transport.end();
    t.is(await readAll(socket), "pong");
    socket.destroy();
  });

  tlsTest(`our end over ${version} closes our side only: what still comes is read`, async (t) => {
    using side = await startTls();
    const socket = await client(side.port, { maxVersion: version });
    const transport = await side.accepted.promise;
    const stream = new PeerStream(transport);
    transport.write("answer");
    transport.end();
    t.is(await readAll(socket), "answer");
    socket.end("the rest of the body");
    t.is(String(Buffer.from((await stream.read()) ?? [])), "the rest of the body");
    t.is(await stream.read(), undefined);
  });

  for (const [how, close] of [
    ["with a close_notify", (socket: TLSSocket) => socket.end()],
    ["without a close_notify", (_socket: TLSSocket, carrier: Socket) => carrier.end()],
  ] as const) {
    tlsTest(`a peer over ${version} that has closed its side ${how} still gets its answer`, async (t) => {
      using side = await startTls();
      const carrier = connectPlain({ port: side.port, host: "127.0.0.1", allowHalfOpen: true });
      const { ca } = await certificates();
      const socket = connect({ socket: carrier, host: "127.0.0.1", ca: ca.cert, maxVersion: version });
      await once(socket, "secureConnect");
      const transport = await side.accepted.promise;
      const stream = new PeerStream(transport);
      close(socket, carrier);
      t.is(await stream.read(), undefined);
      transport.write("a late answer");
      transport.end();
      t.is(await readAll(socket), "a late answer");
      socket.destroy();
    });
  }

  tlsTest(`a reset over ${version} is seen as an error, not as the end of the answer`, async (t) => {
    using side = await startTls();
    const socket = await client(side.port, { maxVersion: version });
    const transport = await side.accepted.promise;
    const stream = new PeerStream(transport);
    const half = once(socket, "data");
    transport.write("half an answer");
    await half;
    const seen = readAll(socket);
    t.true(transport.reset());
    t.regex(await seen, /^ERR_SSL_/);
    await t.throwsAsync(stream.read(), { code: "UWSGI_PEER_GONE" });
  });

  for (const [about, choose] of [
    ["", plainTls],
    [" with a client certificate", clientsTls],
  ] as const) {
    tlsTest(`a second connection over ${version}${about} resumes the session of the first`, async (t) => {
      const { client: mine } = await certificates();
      const certificate = choose === clientsTls ? { cert: mine.cert, key: mine.key } : {};
      const transports: Transport[] = [];
      using side = await startTls(choose);
      const first = await client(side.port, { maxVersion: version, ...certificate });
      const [session] = (await once(first, "session")) as [Buffer];
      transports.push(await side.accepted.promise);
      const second = await client(side.port, { maxVersion: version, ...certificate, session });
      await once(second, "secureConnect");
      t.true(second.isSessionReused());
      t.false(first.isSessionReused());
      first.destroy();
      second.destroy();
    });
  }
}

tlsTest("a session is not resumed without the certificate check at another listener", async (t) => {
  using open = await startTls(plainTls);
  using strict = await startTls(clientsTls);
  const first = await client(open.port, { maxVersion: "TLSv1.2" });
  const [session] = (await once(first, "session")) as [Buffer];
  const second = await client(strict.port, { maxVersion: "TLSv1.2", session });
  t.is((await strict.refused.promise).code, "UWSGI_TLS_FAILED");
  first.destroy();
  second.destroy();
});

tlsTest("a version below TLS 1.2 is refused", async (t) => {
  using side = await startTls();
  const socket = await client(side.port, { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" });
  await assertRefused(t, side, /no version that is allowed/);
  socket.destroy();
});

tlsTest("minVersion leaves out TLS 1.2", async (t) => {
  using side = await startTls((all) => ({ ...plainTls(all), minVersion: "TLSv1.3" }));
  const socket = await client(side.port, { maxVersion: "TLSv1.2" });
  await assertRefused(t, side, /no version that is allowed/);
  socket.destroy();
});

async function assertRefused(t: ExecutionContext, side: TlsSide, message: RegExp): Promise<void> {
  const error = await side.refused.promise;
  t.is(error.code, "UWSGI_TLS_FAILED");
  t.is(error.name, "ProtocolError");
  t.regex(error.message, message);
  t.true(error.cause instanceof Error);
  t.is(side.listener.pending, 0);
}

/** Bytes that are sent to a TLS socket as they are. */
for (const [about, bytes, message] of [
  ["a uwsgi packet", Buffer.from("\0\x10\0\0\x0e\0REQUEST_METHOD\x03\0GET", "latin1"), /not TLS: plain uwsgi/],
  ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), /HTTP was spoken/],
] as const) {
  tlsTest(`${about} in the clear is refused with its name`, async (t) => {
    using side = await startTls();
    const socket = connectPlain(side.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(bytes);
    await assertRefused(t, side, message);
    await closeOf(socket);
    t.true(socket.destroyed);
  });
}

for (const version of versions) {
  for (const [who, choose, message] of [
    ["without a certificate", () => ({}), /no client certificate/],
    ["with an expired certificate", ({ expired }) => expired, /client certificate is refused \(CERT_HAS_EXPIRED\)/],
    [
      "with a certificate of another authority",
      ({ stranger }) => stranger,
      /client certificate is refused \(DEPTH_ZERO/,
    ],
  ] as const satisfies readonly (readonly [string, (all: Certificates) => ConnectionOptions, RegExp])[]) {
    tlsTest(`a client ${who} is refused over ${version} where one is asked for`, async (t) => {
      using side = await startTls(clientsTls);
      const socket = await client(side.port, { maxVersion: version, ...choose(await certificates()) });
      const seen = readAll(socket);
      await assertRefused(t, side, message);
      t.regex(await seen, /^(?:|ECONNRESET|ERR_SSL_.+)$/, "more came than an end");
      socket.destroy();
    });
  }
}

tlsTest("a client with a certificate of the authority is accepted where one is asked for", async (t) => {
  using side = await startTls(clientsTls);
  const { client: mine } = await certificates();
  const socket = await client(side.port, { cert: mine.cert, key: mine.key });
  (await side.accepted.promise).destroy();
  socket.destroy();
  t.is(side.listener.pending, 0);
});

for (const version of ["-tls1_2", "-tls1_3"]) {
  tlsTest(`a peer that does not take our certificate is refused with that reason, ${version}`, async (t) => {
    using side = await startTls();
    const { stranger } = await certificates();
    // Node's own clients look at the certificate when the handshake is over.
    const check = ["-verify_return_error", "-CAfile", stranger.certFile, version];
    const child = execFile("openssl", ["s_client", "-connect", `127.0.0.1:${side.port}`, ...check]);
    await assertRefused(t, side, /does not take our certificate/);
    child.kill();
  });
}

tlsTest("a peer that sends nothing is cut after the handshake's time", async (t) => {
  using side = await startTls(plainTls, { handshakeTimeoutMs: 100 });
  const socket = connectPlain(side.port, "127.0.0.1");
  await assertRefused(t, side, /not finished in time, no handshake within 100 ms/);
  await closeOf(socket);
  t.is(side.ends(), 1);
});

tlsTest("a peer that sends a byte now and then has no more time for its handshake", async (t) => {
  using side = await startTls(plainTls, { handshakeTimeoutMs: 300 });
  const socket = connectPlain(side.port, "127.0.0.1");
  socket.on("error", () => {});
  // The beginning of a ClientHello of 512 bytes.
  socket.write(Buffer.from("1603010200010001fc0303", "hex"));
  const drip = setInterval(() => socket.write("x"), 50);
  await assertRefused(t, side, /not finished in time/);
  clearInterval(drip);
  socket.destroy();
});

for (const [how, leave] of [
  ["closes", (socket: Socket) => socket.end()],
  ["resets", (socket: Socket) => socket.resetAndDestroy()],
] as const) {
  tlsTest(`a peer that ${how} in the middle of its handshake is forgotten at once`, async (t) => {
    using side = await startTls(plainTls, { handshakeTimeoutMs: Infinity });
    const socket = connectPlain(side.port, "127.0.0.1");
    socket.on("error", () => {});
    await once(socket, "connect");
    while (side.listener.pending === 0) await new Promise(setImmediate);
    leave(socket);
    await assertRefused(t, side, /went away/);
    t.is(side.ends(), 1);
  });
}

tlsTest("a handshake is pending until it has ended, and cut closes those that are", async (t) => {
  using side = await startTls();
  const socket = connectPlain(side.port, "127.0.0.1");
  socket.on("error", () => {});
  while (side.listener.pending === 0) await new Promise(setImmediate);
  t.is(side.ends(), 0);
  side.listener.cut();
  t.is(side.listener.pending, 0);
  await closeOf(socket);
  t.is(side.ends(), 1);
});

tlsTest("who may not be accepted is closed before a handshake", async (t) => {
  const refusal = new LimitError("full", { code: "UWSGI_CONNECTIONS_LIMIT" });
  using side = await startTls(plainTls, { mayAccept: () => refusal });
  const socket = await client(side.port);
  t.is(await side.refused.promise, refusal);
  t.is(side.ends(), 0);
  await closeOf(socket);
  t.is(socket.getProtocol(), null);
});

tlsTest("what is no TLS behind a handshake closes the connection", async (t) => {
  using side = await startTls();
  const carrier = connectPlain({ port: side.port, host: "127.0.0.1", allowHalfOpen: true });
  const socket = connect({ socket: carrier, host: "127.0.0.1", ca: (await certificates()).ca.cert });
  socket.on("error", () => {});
  const stream = new PeerStream(await side.accepted.promise);
  carrier.write("no record at all");
  const error = await t.throwsAsync(stream.read(), { code: "UWSGI_PEER_GONE" });
  t.regex(errorCode(error.cause) ?? "", /^ERR_SSL_/);
  socket.destroy();
});

tlsTest("a unix socket speaks TLS too, and there a reset can be seen", async (t) => {
  using folder = tempFolder();
  const { ca, server } = await certificates();
  const accepted = gate<Transport>();
  const listener = await listen({ kind: "tls", over: { kind: "unix", path: folder.file("s") } }, accepted.open, {
    tls: server,
  });
  const stream = new PeerStream(await dial(listener.address, undefined, { ca: ca.cert }));
  const transport = await accepted.promise;
  t.is(transport.peer, `suwsgi://unix:${folder.file("s")}`);
  transport.write("over TLS");
  t.is(String(Buffer.from((await stream.read()) ?? [])), "over TLS");
  const other = new PeerStream(transport);
  t.true(transport.reset());
  await t.throwsAsync(stream.read(), { code: "UWSGI_PEER_GONE" });
  await t.throwsAsync(other.read(), { code: "UWSGI_PEER_GONE" });
  await listener.close();
});

for (const [about, choose, message] of [
  ["no certificate", () => ({}), /cert and key are needed/],
  [
    "a key of another certificate",
    ({ server, client: { key } }) => ({ cert: server.cert, key }),
    /key values mismatch/,
  ],
  ["a certificate that is none", ({ server: { key } }) => ({ cert: "certificate", key }), /no start line/i],
  ["ciphers that are none", ({ server }) => ({ ...server, ciphers: "NONSENSE" }), /no cipher match/],
] as const satisfies readonly (readonly [string, (all: Certificates) => object, RegExp])[]) {
  tlsTest(`${about} is said before anything listens`, async (t) => {
    const tls = choose(await certificates()) as NonNullable<ListenOptions["tls"]>;
    const listening = listen({ kind: "tls", over: { kind: "tcp", host: "127.0.0.1", port: 0 } }, () => {}, { tls });
    const error = await t.throwsAsync(listening, { instanceOf: TypeError, code: "UWSGI_INVALID_ARGUMENT" });
    t.regex(error.message, message);
  });
}

test("suwsgi:// without tls options says what is missing", async (t) => {
  const listening = listen({ kind: "tls", over: { kind: "tcp", host: "127.0.0.1", port: 0 } }, () => {});
  const error = await t.throwsAsync(listening, { code: "UWSGI_INVALID_ARGUMENT" });
  t.is(error.message, "suwsgi://127.0.0.1:0 needs a certificate and its key: tls: { cert, key }");
});

tlsTest("T4: TLS beyond loopback needs client certificates, which are enough", async (t) => {
  const all = await certificates();
  const over = { kind: "tcp", host: "0.0.0.0", port: 0 } as const;
  const refused = listen({ kind: "tls", over }, () => {}, { tls: plainTls(all) });
  await t.throwsAsync(refused, { code: "UWSGI_ADDRESS_EXPOSED" });
  await (await listen({ kind: "tls", over }, () => {}, { tls: clientsTls(all) })).close();
});

tlsTest("dialling checks the server's certificate and its name", async (t) => {
  using side = await startTls();
  const { ca } = await certificates();
  const address = side.listener.address;
  const unknown = await t.throwsAsync(dial(address), { code: "UWSGI_CONNECT_FAILED" });
  t.regex(unknown.message, /^cannot connect to suwsgi:\/\/127\.0\.0\.1:\d+: /);
  const misnamed = dial(address, undefined, { ca: ca.cert, serverName: "other.test" });
  t.regex((await t.throwsAsync(misnamed, { code: "UWSGI_CONNECT_FAILED" })).message, /other\.test/);
  (await dial(address, undefined, { ca: ca.cert, serverName: "uisge.test" })).destroy();
  (await dial(address, undefined, { ca: ca.cert })).destroy();
});

tlsTest("handshakes that have taken too long are cut, the oldest first, and no more than asked for", async (t) => {
  using side = await startTls();
  const silent = [];
  for (let i = 0; i < 3; i++) {
    silent.push(connectPlain({ port: side.port, host: "127.0.0.1" }).on("error", () => {}));
    while (side.listener.pending <= i) await new Promise(setImmediate);
  }
  t.is(side.listener.cutHandshakes(60_000), 0);
  t.is(side.listener.cutHandshakes(0, 2), 2);
  t.is(side.listener.pending, 1);
  side.listener.cut();
  t.is(side.listener.pending, 0);
  for (const socket of silent) socket.destroy();
});

tlsTest("a handshake that goes on when the server has closed is never served", async (t) => {
  const { server: tls } = await certificates();
  let calls = 0;
  const server = new Server({
    plugins: [httpPlugin(() => ({ status: 200, headers: [], body: String(calls++) }))],
    graceMs: 50,
    tls,
  });
  await server.listen("suwsgi://127.0.0.1:0");
  const [address] = server.addresses;
  if (address?.kind !== "tls" || address.over.kind !== "tcp") throw new Error("another address");
  const carrier = connectPlain({ port: address.over.port, host: "127.0.0.1" }).on("error", () => {});
  while (server.openConnections === 0) await new Promise(setImmediate);
  const closed = closeOf(carrier);
  await server.close();
  t.is(server.openConnections, 0);
  await closed;
  t.is(calls, 0);
});
