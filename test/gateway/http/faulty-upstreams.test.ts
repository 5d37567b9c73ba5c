/** F36: upstreams that are down, refuse, reset, hang, or answer what is no answer. */
import { createServer, type Socket } from "node:net";
import { once } from "node:events";
import test, { type ExecutionContext } from "ava";
import type { BridgeOptions } from "../../../src/gateway/index.ts";
import { Upstream } from "../../../src/upstream/index.ts";
import { startBridge } from "../../helpers/bridge.ts";
import { type HttpAnswer, send } from "../../helpers/http-client.ts";
import { until } from "../../helpers/measure.ts";
import { packetReadingUpstream } from "../../helpers/packet-reading-upstream.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

/** What a client gets: an answer, or a connection that breaks. */
async function outcome(port: number): Promise<HttpAnswer | "broken"> {
  try {
    return await send({ port });
  } catch {
    return "broken";
  }
}

async function statusOf(t: ExecutionContext, act: (peer: Socket) => void, options: Partial<BridgeOptions> = {}) {
  const upstream = await packetReadingUpstream(t, act);
  const { port } = await startBridge(t, { to: upstream.socket, ...options });
  const answer = await outcome(port);
  return answer === "broken" ? answer : answer.status;
}

/** A TCP upstream that accepts, and lets `act` do the rest. */
async function tcpUpstream(t: ExecutionContext, act: (peer: Socket) => void): Promise<string> {
  const server = createServer((peer) => {
    peer.on("error", () => {});
    act(peer);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `127.0.0.1:${address.port}`;
}

test("F36: an upstream that is not there is a 502", async (t) => {
  const { port } = await startBridge(t, { to: `${folderOf(t)}/nobody` });
  t.like(await outcome(port), { status: 502 });
});

test("F36: a port that refuses is a 502", async (t) => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const to = typeof address === "object" && address !== null ? `127.0.0.1:${address.port}` : "";
  server.close();
  await once(server, "close");
  t.like(await outcome((await startBridge(t, { to })).port), { status: 502 });
});

const ANSWER = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n0123456789";

test("F36: an upstream that resets at each byte of its answer is a 502 or a broken answer, never a whole one", async (t) => {
  let bytes = 0;
  const to = await tcpUpstream(t, (peer) => {
    peer.once("data", () => {
      const end = (): void => void peer.resetAndDestroy();
      if (bytes === 0) end();
      else peer.write(ANSWER.slice(0, bytes), end);
    });
  });
  const { port } = await startBridge(t, { to });
  for (; bytes < ANSWER.length; bytes++) {
    const answer = await outcome(port);
    if (answer !== "broken") t.is(answer.status, 502, `${bytes} bytes`);
  }
});

test("F36: an upstream that ends at each byte of its answer, too", async (t) => {
  let bytes = 0;
  const upstream = await packetReadingUpstream(t, (peer) => peer.end(ANSWER.slice(0, bytes)));
  const { port, errors } = await startBridge(t, { to: upstream.socket });
  for (; bytes < ANSWER.length; bytes++) {
    const answer = await outcome(port);
    if (answer !== "broken") t.is(answer.status, 502, `${bytes} bytes`);
  }
  t.is(errors.length, ANSWER.length);
  t.is(upstream.connections, ANSWER.length);
});

for (const [about, bytes] of [
  ["bytes that are no head", "\x00\x01\x02garbage"],
  ["a head without end in sight", "X-A: 1\r\n"],
  ["a status that is none", "HTTP/1.1 99 Low\r\n\r\n"],
  ["HTTP/3", "HTTP/3 200 OK\r\n\r\n"],
  ["a line without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"],
  ["a NUL in a value", "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n"],
  ["a name with a blank", "HTTP/1.1 200 OK\r\nX A: b\r\n\r\n"],
  ["a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nabc"],
  ["two lengths that differ", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"],
  ["100 Continue alone", "HTTP/1.1 100 Continue\r\n\r\n"],
  ["101, which nobody has asked for", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nraw"],
] as const) {
  test(`F36: ${about} for an answer is a 502, or breaks off`, async (t) => {
    const seen = await statusOf(t, (peer) => peer.end(bytes, "latin1"));
    t.true(seen === 502 || seen === "broken", String(seen));
  });
}

test("F36: a head of 100 MiB is a 502, and is not read to its end", async (t) => {
  let written = 0;
  const line = `X-Long: ${"a".repeat(65_000)}\r\n`;
  const seen = await statusOf(t, (peer) => {
    peer.write("HTTP/1.1 200 OK\r\n");
    const more = (): void => {
      while (written < 100 * 1_048_576 && !peer.destroyed) {
        written += line.length;
        if (!peer.write(line)) break;
      }
    };
    peer.on("drain", more);
    more();
  });
  t.is(seen, 502);
  t.true(written < 8 * 1_048_576, `${written} bytes were taken`);
});

test("F36: a body longer than its length is cut there", async (t) => {
  const upstream = await packetReadingUpstream(t, (peer) => peer.end(`${ANSWER}HTTP/1.1 200 OK\r\n\r\nsecond`));
  const { port } = await startBridge(t, { to: upstream.socket });
  const answer = await outcome(port);
  t.is(answer === "broken" ? answer : answer.body.toString(), "0123456789");
});

test("F36: who waits for an upstream that hangs may leave, and the upstream is let go of", async (t) => {
  const upstream = await packetReadingUpstream(t, () => {});
  const { port, seen } = await startBridge(t, { to: upstream.socket });
  const controller = new AbortController();
  const asked = fetch(`http://127.0.0.1:${port}/`, { signal: controller.signal });
  await until(() => upstream.packets.length === 1, 5_000, "it is asked");
  controller.abort();
  await t.throwsAsync(asked, { any: true });
  await until(() => upstream.peers.size === 0, 5_000, "it is let go of");
  t.like(await seen.ends.at(), { status: 0, ending: "peer-gone" });
});

test("F36: whatever its upstream does, the bridge serves the next request", async (t) => {
  let count = 0;
  const upstream = await packetReadingUpstream(t, (peer) => {
    const acts = [
      () => peer.destroy(),
      () => peer.end("\0"),
      () => peer.end(ANSWER.slice(0, 70)),
      () => peer.end(ANSWER),
    ];
    acts[count++ % acts.length]?.();
  });
  const { port } = await startBridge(t, { to: upstream.socket });
  for (let i = 0; i < 40; i++) {
    const answer = await outcome(port);
    t.is(answer === "broken" ? answer : answer.status, ([502, 502, "broken", 200] as const)[i % 4] ?? 0, String(i));
  }
});

for (const [phase, act] of [
  ["before its answer", () => {}],
  ["inside its head", (peer: Socket) => peer.write("HTTP/1.1 200 OK\r\nX-Half")],
] as const) {
  test(`F36: an upstream that hangs ${phase} is a 504 when its time is over, and is let go of`, async (t) => {
    const upstream = await packetReadingUpstream(t, (peer) => void act(peer));
    const timeouts = { responseMs: 200 };
    const { port } = await startBridge(t, { to: upstream.socket, timeouts });
    t.like(await outcome(port), { status: 504 });
    await until(() => upstream.peers.size === 0, 5_000, "it is let go of");
  });
}

test("F36: an upstream that hangs inside its body breaks the answer off, never a whole one", async (t) => {
  const upstream = await packetReadingUpstream(t, (peer) => void peer.write("HTTP/1.1 200 OK\r\n\r\nhalf"));
  const { port } = await startBridge(t, { to: upstream.socket, timeouts: { bodyMs: 200 } });
  t.is(await outcome(port), "broken");
});

test("an upload that was kept whole goes to the next node when the first breaks off; one that streams does not", async (t) => {
  const bad = await packetReadingUpstream(t, (peer) => peer.destroy());
  const good = await packetReadingUpstream(t, (peer) => peer.end(ANSWER));
  const nodes = [`${bad.socket} max_fails=0`, `${good.socket} backup`];
  await using upstream = new Upstream({ nodes });
  const { port } = await startBridge(t, { to: upstream });
  const put = { port, method: "PUT", path: "/" } as const;
  const spooled = await send({ ...put, body: [Buffer.from("in "), Buffer.from("pieces")] });
  t.is(spooled.body.toString(), "0123456789");
  t.is((await send({ ...put, body: Buffer.from("with a length") })).status, 502);
});
