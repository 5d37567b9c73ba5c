import test from "ava";
import { Client, exchange, ping, sendRequest } from "../../src/client/index.ts";
import { formatAddress } from "../../src/connection/index.ts";
import { ConnectionError, LimitError, ProtocolError, TimeoutError } from "../../src/errors.ts";
import { pingPlugin } from "../../src/plugins/index.ts";
import { httpPlugin, Server } from "../../src/server/index.ts";
import { deliveries } from "../helpers/deliveries.ts";
import { type Certificates, makeCertificates } from "../helpers/certificates.ts";
import { needs } from "../helpers/needs.ts";
import { answerWith, ScriptedPeer } from "../helpers/scripted-peer.ts";
import { respond, startServer } from "../helpers/test-server.ts";
import { concat, packetOf } from "../helpers/wire.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A peer that answers in these pieces, each when the last has left. */
const inPieces = (pieces: readonly Uint8Array[]): Promise<ScriptedPeer> => ScriptedPeer.start(answerWith(...pieces));

test("a packet is read in every delivery, and what lies behind it stays", async (t) => {
  const wire = concat([packetOf(bytes("payload"), 173, 5), bytes("rest")]);
  for (const [how, pieces] of deliveries(wire)) {
    await using peer = await inPieces(pieces);
    const reply = await exchange(peer.address, { modifier1: 173, items: ["f"] });
    const { modifier1, modifier2, payload } = await reply.readPacket();
    t.deepEqual([modifier1, modifier2, Buffer.from(payload).toString()], [173, 5, "payload"], how);
    t.is(Buffer.from(await reply.bytes()).toString(), "rest", how);
  }
});

test("a packet that is cut anywhere is refused", async (t) => {
  const wire = packetOf(bytes("payload"), 173, 5);
  for (let end = 0; end < wire.length; end++) {
    await using peer = await inPieces(end === 0 ? [] : [wire.slice(0, end)]);
    const reply = await exchange(peer.address, {});
    await t.throwsAsync(
      reply.readPacket(),
      { code: end === 0 ? "UWSGI_PEER_GONE" : "UWSGI_TRUNCATED_PACKET" },
      String(end),
    );
  }
});

test("packets, bytes of a length and the rest are read one after the other", async (t) => {
  await using peer = await inPieces([concat([packetOf(bytes("a"), 1), packetOf(bytes("b"), 2), bytes("12345")])]);
  await using reply = await exchange(peer.address, {});
  t.is((await reply.readPacket()).modifier1, 1);
  t.is((await reply.readPacket()).modifier1, 2);
  t.is(Buffer.from(await reply.read(2)).toString(), "12");
  await t.throwsAsync(reply.read(-1), { instanceOf: RangeError, code: "UWSGI_INVALID_ARGUMENT" });
  await t.throwsAsync(reply.read(4), {
    instanceOf: ProtocolError,
    code: "UWSGI_TRUNCATED_PACKET",
    message: "the reply ended after 3 of 4 bytes",
  });
});

test("a close without a byte is a reply of nothing: several families answer so", async (t) => {
  await using peer = await inPieces([]);
  t.is((await (await exchange(peer.address, { modifier1: 111, modifier2: 1, items: ["k", "v"] })).bytes()).length, 0);
});

test("a payload over maxDatasize is refused by its header", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => {
    socket.once("data", () => socket.write(Uint8Array.of(1, 0xff, 0xff, 0)));
  });
  const reply = await exchange(peer.address, {});
  await t.throwsAsync(reply.readPacket({ maxDatasize: 10 }), {
    instanceOf: LimitError,
    code: "UWSGI_DATASIZE_LIMIT",
    message: "reply with a payload of 65535 bytes, at most 10 are allowed",
  });
  await peer.allClosed();
});

test("a packet of other modifiers than asked for is refused before its payload is waited for", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => {
    socket.once("data", () => socket.write("HTTP/1.1 400 Bad Request\r\n"));
  });
  const reply = await exchange(peer.address, {});
  await t.throwsAsync(reply.readPacket({ modifier1: 255 }), {
    instanceOf: ProtocolError,
    code: "UWSGI_BAD_REPLY",
    message: /modifier1 255 and modifier2 of any kind: it begins with 48 54 54 50/,
  });
  await peer.allClosed();
});

test("the packet and the body behind it are what was given", async (t) => {
  const received: Buffer[] = [];
  await using peer = await ScriptedPeer.start((socket) => {
    socket.on("data", (piece: Buffer) => {
      received.push(piece);
      if (Buffer.concat(received).toString().endsWith("value")) socket.end("ok");
    });
  });
  async function* value(): AsyncGenerator<Uint8Array> {
    yield bytes("va");
    yield bytes("lue");
  }
  const reply = await exchange(peer.address, { modifier1: 111, modifier2: 17, vars: { key: "k" } }, { body: value() });
  t.is(Buffer.from(await reply.bytes()).toString(), "ok");
  t.is(Buffer.concat(received).toString("latin1"), "o\x08\0\x11\x03\0key\x01\0kvalue");
});

test("a reply has a limit where all of it is asked for", async (t) => {
  await using peer = await inPieces([bytes("abcdef")]);
  const reply = await exchange(peer.address, {});
  await t.throwsAsync(reply.bytes({ maxBytes: 5 }), { code: "UWSGI_RESPONSE_LIMIT" });
});

test("a packet that cannot be is refused before anybody is connected to", async (t) => {
  await using peer = await ScriptedPeer.start(() => {});
  await t.throwsAsync(exchange(peer.address, { payload: "x".repeat(65_536) }), { code: "UWSGI_PACKET_TOO_LARGE" });
  await t.throwsAsync(exchange(peer.address, { modifier1: 256 }), { code: "UWSGI_INVALID_ARGUMENT" });
  await t.throwsAsync(exchange(peer.address, {}, { timeouts: { totalMs: 0 } }), { code: "UWSGI_INVALID_ARGUMENT" });
  t.is(peer.sockets.length, 0);
});

test("an exchange ends by its signal and by its timeouts", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => void socket.resume());
  await t.throwsAsync(exchange(peer.address, {}, { timeouts: { responseMs: 20 } }), { code: "UWSGI_RESPONSE_TIMEOUT" });
  const stop = new AbortController();
  const asking = exchange(peer.address, {}, { signal: stop.signal });
  stop.abort(new Error("enough"));
  await t.throwsAsync(asking, { message: "enough" });
  await peer.allClosed();
});

// Ping

const nothing = (): ReturnType<typeof respond> => respond("");

test("our server answers a ping", async (t) => {
  await using server = await startServer(nothing, { plugins: [pingPlugin()] });
  const { warning, roundTripMs } = await ping(formatAddress(server.address));
  t.is(warning, "");
  t.true(roundTripMs > 0 && roundTripMs < 3_000);
});

test("a ping answers what the server complains of", async (t) => {
  await using peer = await inPieces([packetOf(bytes("disk is nearly full \u00e9"), 100, 1)]);
  t.is((await ping(new Client(peer.address))).warning, "disk is nearly full \u00e9");
  await peer.allClosed();
});

test("a server that closes without an answer is gone: it has no plugin for pings, or is none", async (t) => {
  await using server = await startServer(nothing);
  await t.throwsAsync(ping(server.address), { instanceOf: ConnectionError, code: "UWSGI_PEER_GONE" });
});

for (const [what, wire] of [
  ["HTTP", bytes("HTTP/1.1 400 Bad Request\r\n\r\n")],
  ["another packet", packetOf(new Uint8Array(0), 255, 1)],
  ["the ping itself", packetOf(new Uint8Array(0), 100, 0)],
] as const) {
  test(`an answer of ${what} is none to a ping`, async (t) => {
    await using peer = await inPieces([wire]);
    await t.throwsAsync(ping(peer.address), { instanceOf: ProtocolError, code: "UWSGI_BAD_REPLY" });
  });
}

test("half an answer to a ping is none", async (t) => {
  await using peer = await inPieces([Uint8Array.of(100, 5, 0, 1, 65)]);
  await t.throwsAsync(ping(peer.address), { code: "UWSGI_TRUNCATED_PACKET" });
});

test("a ping has 3 seconds or what it is given, and ends by its signal", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => void socket.resume());
  await t.throwsAsync(ping(peer.address, { timeoutMs: 30 }), { instanceOf: TimeoutError, message: /30 ms/ });
  await t.throwsAsync(ping(peer.address, { timeoutMs: 0 }), { code: "UWSGI_INVALID_ARGUMENT" });
  await t.throwsAsync(ping(peer.address, { signal: AbortSignal.abort(new Error("enough")) }), { message: "enough" });
});

test("where nobody is, a ping cannot connect", async (t) => {
  await t.throwsAsync(ping("/nowhere/s"), { code: "UWSGI_CONNECT_FAILED" });
});

// TLS

const opensslTest = needs("openssl");
let certificates: Certificates | undefined;

test.before(async () => {
  certificates = await makeCertificates().catch(() => undefined);
});

test.after.always(() => certificates?.[Symbol.dispose]());

opensslTest("a request and a ping go by TLS to a server with the right certificate", async (t) => {
  if (certificates === undefined) throw new Error("there are no certificates");
  const { server: own, ca } = certificates;
  await using server = new Server({
    plugins: [httpPlugin(() => respond("safe")), pingPlugin()],
    graceMs: 200,
    tls: { cert: own.cert, key: own.key },
  });
  await server.listen("suwsgi://127.0.0.1:0");
  const [address] = server.addresses;
  if (address === undefined) throw new Error("the server has no address");
  const tls = { ca: ca.cert };
  for (let round = 0; round < 2; round++) {
    const { body } = await sendRequest(address, { vars: { REQUEST_METHOD: "GET", PATH_INFO: "/" } }, tls);
    for await (const piece of body) t.is(Buffer.from(piece).toString(), "safe");
  }
  t.is((await ping(address, { tls })).warning, "");
  for (const wrong of [{}, { ca: certificates.stranger.cert }, { ca: ca.cert, serverName: "other.test" }]) {
    const error = await t.throwsAsync(ping(address, { tls: wrong }), { code: "UWSGI_CONNECT_FAILED" });
    t.regex(error?.message ?? "", /certificate|altnames/i);
  }
});

opensslTest("TLS to a server that speaks plain uwsgi cannot connect", async (t) => {
  await using peer = await ScriptedPeer.start(answerWith("HTTP/1.1 200 OK\r\n\r\n"));
  const over = { kind: "unix", path: peer.address } as const;
  await t.throwsAsync(ping({ kind: "tls", over }), { code: "UWSGI_CONNECT_FAILED" });
});

opensslTest("a server that closes in the middle of a TLS handshake cannot be connected to", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => socket.once("data", () => socket.end()));
  const over = { kind: "unix", path: peer.address } as const;
  await t.throwsAsync(ping({ kind: "tls", over }), { code: "UWSGI_CONNECT_FAILED" });
});
