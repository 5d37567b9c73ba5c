/** T38: headers by which an application has its front end send a file, from a server that is not trusted. */
import test from "ava";
import { rawAnswer, startBridge } from "../helpers/bridge.ts";
import { packetReadingUpstream } from "../helpers/packet-reading-upstream.ts";
import { Client, request } from "../../src/client/index.ts";
import type { Header } from "../../src/codec/index.ts";
import { answerWith, ScriptedPeer } from "../helpers/scripted-peer.ts";
import { respond, startServer } from "../helpers/test-server.ts";

const obeyed: readonly Header[] = [
  ["X-Accel-Redirect", "/private/secret"],
  ["x-accel-buffering", "no"],
  ["X-ACCEL-EXPIRES", "0"],
  ["X-Sendfile", "/etc/passwd"],
  ["x-sendfile2", "/etc/passwd 0-"],
  ["X-LIGHTTPD-send-file", "/etc/passwd"],
  ["X-Reproxy-URL", "http://internal/"],
];
const harmless: readonly Header[] = [
  ["Content-Type", "text/plain"],
  ["X-Accelerator", "a"],
  ["Content-Length", "2"],
];
const lines = [...obeyed, ...harmless].map(([name, value]) => `${name}: ${value}\r\n`).join("");

for (const [form, line] of [
  ["a status line", "HTTP/1.1 200 OK"],
  ["a Status header", "Status: 200 OK"],
] as const) {
  test(`T38: a client drops headers that a front end would obey, below ${form}`, async (t) => {
    await using peer = await ScriptedPeer.start(answerWith(`${line}\r\n${lines}\r\nok`));
    const response = await request(peer.address);
    t.deepEqual(response.headers, harmless);
    t.is(await response.text(), "ok");
  });
}

test("T38: from a server that is trusted they come through, all of them", async (t) => {
  await using peer = await ScriptedPeer.start(answerWith(`HTTP/1.1 200 OK\r\n${lines}\r\nok`));
  const response = await request(peer.address, { trustAccel: true });
  t.deepEqual(response.headers, [...obeyed, ...harmless]);
  const { headers } = await new Client(peer.address, { trustAccel: true }).send({ vars: { REQUEST_METHOD: "GET" } });
  t.is(headers.length, obeyed.length + harmless.length);
});

test("T38: interim heads tell of no such header either", async (t) => {
  const told: (readonly Header[])[] = [];
  await using peer = await ScriptedPeer.start(answerWith(`HTTP/1.1 103 Early\r\n${lines}\r\nHTTP/1.1 200 OK\r\n\r\n`));
  await request(peer.address, { onInterim: (_, headers) => told.push(headers) });
  t.deepEqual(told, [harmless]);
});

test("T38: an application of ours sets what it likes: our server passes it to its own front end", async (t) => {
  const headers: Header[] = [["X-Accel-Redirect", "/files/a"]];
  await using server = await startServer(() => respond("", { headers }));
  const response = await request(server.address, { trustAccel: true });
  t.is(response.header("X-Accel-Redirect"), "/files/a");
});

test("T38: an upgrade by the bridge carries no orders to front ends, and no length", async (t) => {
  const head =
    "HTTP/1.1 101 S\r\nContent-Length: 1\r\nX-Accel-Redirect: /x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
  const upstream = await packetReadingUpstream(t, (peer) => peer.end(`${head}raw`));
  const { port } = await startBridge(t, { to: upstream.socket });
  const ask = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  t.is(await rawAnswer(port, ask), "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nraw");
});
