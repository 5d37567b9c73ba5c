/** What the router does with connections. Which rule is for which packet: test/router. With real servers: test/interop. */
import { once } from "node:events";
import type { Socket } from "node:net";
import test from "ava";
import type { Dialer } from "../../src/client/index.ts";
import { formatAddress } from "../../src/connection/index.ts";
import { type NodeChanged, nodeChanged } from "../../src/diagnostics.ts";
import { ConnectionError } from "../../src/errors.ts";
import { PacketRouter } from "../../src/gateway/index.ts";
import { until } from "../helpers/measure.ts";
import { deliveries } from "../helpers/deliveries.ts";
import { noise } from "../helpers/noise.ts";
import { ask, exchange, get, parseAnswer, post, RawClient, requestOf } from "../helpers/raw-client.ts";
import { startRouter } from "../helpers/routing-server.ts";
import { readBytes, ScriptedPeer } from "../helpers/scripted-peer.ts";
import { bothKinds } from "../helpers/target.ts";
import { respond, startServer } from "../helpers/test-server.ts";
import { concat, faultOf, hex, latin1, packetOf, varsBlock } from "../helpers/wire.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntea";

/** An upstream's way to answer what comes first, and close. */
const answerWith =
  (text: string) =>
  (socket: Socket): void => {
    socket.once("data", () => socket.end(text, "latin1"));
    socket.on("data", () => {});
  };

for (const kind of bothKinds) {
  test(`packet and body go out, and the answer comes back, byte for byte, ${kind}`, async (t) => {
    const request = post(noise(100_000), { HTTP_X: "\u00e9" });
    const answer = concat([latin1("Status: 201 Made\nX: \u00e9\n\n"), noise(100_000)]);
    await using upstream = await ScriptedPeer.start((socket) => void respondTo(socket), kind);
    async function respondTo(socket: Socket): Promise<void> {
      t.is(hex(await readBytes(socket, request.length)), hex(request));
      socket.end(answer);
    }
    await using router = await startRouter({ rules: [`-> ${upstream.address}`] }, { kind });
    const { bytes, how } = await exchange(router.address, request);
    t.is(how, "end");
    t.is(hex(bytes), hex(answer));
    t.like(await router.seen.ends.at(), { status: 201, bodyBytes: 100_000, ending: "complete" });
    t.deepEqual(router.seen.errors.all, []);
  });
}

test("however the network cuts packet and body, the same goes out", async (t) => {
  const request = post("body", { HTTP_X: "1" });
  await using upstream = await ScriptedPeer.start((socket) => {
    void readBytes(socket, request.length).then((bytes) =>
      socket.end(concat([latin1("HTTP/1.1 200 OK\r\n\r\n"), bytes])),
    );
  });
  await using router = await startRouter({ rules: [`-> ${upstream.address}`] });
  for (const [how, chunks] of [...deliveries(request)].filter((_, i) => i % 7 === 0)) {
    using client = await RawClient.connect(router.address);
    for (const chunk of chunks) await client.send(chunk);
    t.is(parseAnswer((await client.ending).bytes).body, Buffer.from(request).toString("latin1"), how);
  }
});

test("a modifier is replaced on the wire, and the body behind it is not looked at", async (t) => {
  const vars = varsBlock([["CONTENT_LENGTH", "4"]]);
  await using upstream = await ScriptedPeer.start((socket) => {
    void readBytes(socket, vars.length + 8).then((bytes) => socket.end(bytes));
  });
  await using router = await startRouter({ rules: [`-> ${upstream.address} modifier1=0 modifier2=3`] });
  const { bytes } = await exchange(router.address, concat([packetOf(vars, 5, 9), latin1("\x05\x00\x00\x09")]));
  t.is(hex(bytes), hex(concat([packetOf(vars, 0, 3), latin1("\x05\x00\x00\x09")])));
});

test("50 MB go up and come back, and what a slow side does not take is not kept here", async (t) => {
  const size = 50 * 1_048_576;
  await using upstream = await ScriptedPeer.start((socket) => socket.pipe(socket));
  await using router = await startRouter({ rules: [`modifier1=101 -> ${upstream.address}`] });
  using client = await RawClient.connect(router.address, { reads: false });
  const chunk = noise(1_048_576);
  client.socket.write(packetOf(latin1("head"), 101));
  for (let i = 0; i < 50; i++) client.socket.write(chunk);
  const echo = await upstream.at();
  // Nobody reads the answer: all comes to rest once the buffers on the way are full.
  await settled(() => echo.bytesRead);
  t.true(echo.bytesRead < 8 * 1_048_576, `${echo.bytesRead} bytes were taken`);
  let received = 0;
  client.socket.on("data", (bytes: Buffer) => {
    received += bytes.length;
    if (received >= size + 8) client.socket.emit("all");
  });
  await once(client.socket, "all");
  t.is(received, size + 8);
});

/** Settles when a number stays the same for a while. */
async function settled(read: () => number): Promise<void> {
  for (let last = -1, same = 0; same < 20;) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    const now = read();
    same = now === last ? same + 1 : 0;
    last = now;
  }
}

test("servers are used in turn, and one that cannot be connected to is passed over", async (t) => {
  await using a = await ScriptedPeer.start(answerWith("HTTP/1.1 201 A\r\n\r\n"));
  await using b = await ScriptedPeer.start(answerWith("HTTP/1.1 202 B\r\n\r\n"));
  await using router = await startRouter({ rules: [`-> ${a.address},/nowhere/x.sock,${b.address}`] });
  const statuses: number[] = [];
  for (let i = 0; i < 5; i++) statuses.push((await ask(router.address)).status);
  const counts = [201, 202].map((status) => statuses.filter((one) => one === status).length);
  t.deepEqual(
    counts.toSorted((one, other) => one - other),
    [2, 3],
  );
  t.deepEqual(router.seen.errors.all, []);
});

test("rules that name one upstream share its turns", async (t) => {
  await using a = await ScriptedPeer.start(answerWith("HTTP/1.1 201 A\r\n\r\n"));
  await using b = await ScriptedPeer.start(answerWith("HTTP/1.1 202 B\r\n\r\n"));
  const upstreams = { app: [a.address, b.address] };
  await using router = await startRouter({ rules: ["path=/x -> app", "-> app"], upstreams });
  t.is((await ask(router.address, get({ PATH_INFO: "/x" }))).status, 201);
  t.is((await ask(router.address, get({ PATH_INFO: "/y" }))).status, 202);
});

test("a node has a weight, and a backup is asked when no other can be", async (t) => {
  await using a = await ScriptedPeer.start(answerWith("HTTP/1.1 201 A\r\n\r\n"));
  await using b = await ScriptedPeer.start(answerWith("HTTP/1.1 202 B\r\n\r\n"));
  await using c = await ScriptedPeer.start(answerWith("HTTP/1.1 203 C\r\n\r\n"));
  const rules = [`path=/w -> "${a.address} weight=2",${b.address}`, `path=/b -> "${c.address} backup",/nowhere/x.sock`];
  await using router = await startRouter({ rules });
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) statuses.push((await ask(router.address, get({ PATH_INFO: "/w" }))).status);
  t.deepEqual(statuses, [201, 202, 201]);
  t.is((await ask(router.address, get({ PATH_INFO: "/b" }))).status, 203);
});

test("an upstream that is an object balances as it says", async (t) => {
  await using a = await ScriptedPeer.start(answerWith("HTTP/1.1 201 A\r\n\r\n"));
  await using b = await ScriptedPeer.start(answerWith("HTTP/1.1 202 B\r\n\r\n"));
  const upstreams = { app: { nodes: [a.address, { address: b.address }], balance: { hash: "HTTP_X_USER" } } };
  await using router = await startRouter({ rules: ["-> app"], upstreams });
  const user = async (name: string) => (await ask(router.address, get({ HTTP_X_USER: name }))).status;
  for (let i = 0; i < 20; i++) t.is(await user(`u${i}`), await user(`u${i}`));
  t.true(a.sockets.length > 0 && b.sockets.length > 0);
});

test("a request goes out with the modifiers that its node wants, unless its rule says which", async (t) => {
  const echo = (socket: Socket): void =>
    void socket.once("data", (bytes: Buffer) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${bytes[0]} ${bytes[3]}`));
  await using upstream = await ScriptedPeer.start(echo);
  const upstreams = { app: `${upstream.address} modifier1=5 modifier2=2` };
  const rules = ["modifier1=101 -> app", "path=/own -> app modifier2=9", "-> app"];
  await using router = await startRouter({ rules, upstreams });
  t.is((await ask(router.address, get({ PATH_INFO: "/" }))).body, "5 2");
  t.is((await ask(router.address, get({ PATH_INFO: "/own" }))).body, "0 9");
  // What is no request could otherwise be sent as one, with vars that nobody has looked at.
  t.regex(Buffer.from((await exchange(router.address, packetOf(latin1("x"), 101))).bytes).toString(), /101 0$/);
});

test("a node that does not answer is left alone; a cache that has nothing is well", async (t) => {
  await using a = await ScriptedPeer.start((socket) => void socket.once("data", () => socket.end()));
  await using b = await ScriptedPeer.start(answerWith(OK));
  const rules = ["modifier1=111 -> one", "-> two"];
  await using router = await startRouter({
    rules,
    upstreams: { one: [a.address, b.address], two: [a.address, b.address] },
  });
  const cached: string[] = [];
  for (let i = 0; i < 3; i++) {
    cached.push(Buffer.from((await exchange(router.address, packetOf(varsBlock([]), 111))).bytes).toString());
  }
  t.deepEqual(cached, ["", OK, ""]);
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) statuses.push((await ask(router.address)).status);
  t.deepEqual(statuses, [502, 200, 200]);
});

test("nodes are pinged where that is said, and one that answers no ping gets no packet", async (t) => {
  const pong = (status: number) => (socket: Socket) =>
    void socket.once("data", (bytes: Buffer) =>
      socket.end(bytes[0] === 100 ? Uint8Array.of(100, 0, 0, 1) : `HTTP/1.1 ${status} A\r\n\r\n`),
    );
  await using well = await ScriptedPeer.start(pong(201));
  await using ill = await ScriptedPeer.start((socket) => void socket.once("data", () => socket.destroy()));
  const down = new Promise((resolve) => {
    const hear = ({ node, state }: NodeChanged): void => {
      if (node !== ill.address || state !== "down") return;
      nodeChanged.unsubscribe(hear);
      resolve(undefined);
    };
    nodeChanged.subscribe(hear);
  });
  const health = { active: { intervalMs: 10, fall: 1 } };
  await using router = await startRouter({ rules: [`-> ${ill.address},${well.address}`], health });
  await down;
  for (let i = 0; i < 3; i++) t.is((await ask(router.address)).status, 201);
});

test("a router that is closed pings no more", async (t) => {
  await using node = await ScriptedPeer.start((socket) => void socket.once("data", () => socket.destroy()));
  const router = new PacketRouter({ rules: [`-> ${node.address}`], health: { active: { intervalMs: 10 } } });
  await node.at(1);
  await router.close();
  const { length } = node.sockets;
  await new Promise((resolve) => setTimeout(resolve, 60));
  t.true(node.sockets.length <= length + 1, `${node.sockets.length} pings, ${length} before`);
});

test("once something was sent no other server is asked", async (t) => {
  await using a = await ScriptedPeer.start((socket) => void socket.once("data", () => socket.destroy()));
  await using b = await ScriptedPeer.start(answerWith(OK));
  await using router = await startRouter({ rules: [`-> ${a.address},${b.address}`] });
  t.is((await ask(router.address)).status, 502);
  t.is(b.sockets.length, 0);
  t.like(await router.seen.errors.at(), { status: 502, outcome: "answered", error: { code: "UWSGI_PEER_GONE" } });
  t.like(await router.seen.ends.at(), { status: 502, bodyBytes: 16, ending: "complete" });
});

test("a server that is not there is a 502, which is logged with its address", async (t) => {
  await using router = await startRouter({ rules: ["-> /nowhere/x.sock"] });
  const answer = await ask(router.address);
  t.is(answer.status, 502);
  t.is(answer.body, "502 Bad Gateway\n");
  const { error } = await router.seen.errors.at();
  t.like(error, { code: "UWSGI_CONNECT_FAILED" });
  t.regex((error as Error).message, /\/nowhere\/x\.sock/);
});

test("an answer to HEAD has no body", async (t) => {
  await using router = await startRouter({ rules: ["path=/no -> answer=404", "-> /nowhere/x.sock"] });
  t.like(await ask(router.address, get({ REQUEST_METHOD: "HEAD" })), { status: 502, body: "" });
  t.like(await ask(router.address, get({ REQUEST_METHOD: "HEAD", PATH_INFO: "/no" })), { status: 404, body: "" });
});

test("a server that does not become connected in time is a 504", async (t) => {
  // TLS is never answered there.
  await using upstream = await ScriptedPeer.start(() => {}, "tcp");
  await using router = await startRouter({ rules: [`-> suwsgi://${upstream.address}`], connectMs: 50 });
  t.is((await ask(router.address)).status, 504);
  t.like(await router.seen.errors.at(), { error: { name: "TimeoutError", code: "UWSGI_CONNECT_TIMEOUT" } });
});

test("an upstream without a server left is a 503", async (t) => {
  const none: Dialer = {
    connect: () => Promise.reject(Object.assign(new Error("no node is left"), { code: "UWSGI_NO_NODE" })),
  };
  await using router = await startRouter({ rules: ["-> app"], upstreams: { app: none } });
  t.is((await ask(router.address)).status, 503);
});

test("a server that is silent is a 504", async (t) => {
  await using upstream = await ScriptedPeer.start(() => {});
  await using router = await startRouter({ rules: [`-> ${upstream.address}`], idleMs: 500 });
  t.is((await ask(router.address)).status, 504);
  t.like(await router.seen.errors.at(), { status: 504, error: { code: "UWSGI_RESPONSE_TIMEOUT" } });
  const [socket] = upstream.sockets;
  t.truthy(socket);
});

test("a server that stops in the middle breaks the answer off", async (t) => {
  await using upstream = await ScriptedPeer.start((socket) => socket.write("HTTP/1.1 200 OK\r\n\r\nhalf"));
  await using router = await startRouter({ rules: [`-> ${upstream.address}`], idleMs: 500 }, { kind: "tcp" });
  t.is((await exchange(router.address, get())).how, "ECONNRESET");
  t.like(await router.seen.errors.at(), { outcome: "broken-off", error: { code: "UWSGI_RESPONSE_BODY_TIMEOUT" } });
  t.like(await router.seen.ends.at(), { status: 200, bodyBytes: 4, ending: "broken-off" });
});

test("a client that does not send its body is a 408, and its own fault", async (t) => {
  await using upstream = await ScriptedPeer.start(() => {});
  await using router = await startRouter({ rules: [`-> ${upstream.address}`], idleMs: 500 });
  t.is((await ask(router.address, requestOf({ CONTENT_LENGTH: "10" }, "half"))).status, 408);
  t.like(await router.seen.refused.at(), { status: 408, error: { code: "UWSGI_BODY_TIMEOUT" } });
  t.deepEqual(router.seen.errors.all, []);
});

test("a client that does not take its answer is cut", async (t) => {
  const answer = concat([latin1("HTTP/1.1 200 OK\r\n\r\n"), noise(20_000_000)]);
  await using upstream = await ScriptedPeer.start((socket) => socket.write(answer));
  await using router = await startRouter({ rules: [`-> ${upstream.address}`], idleMs: 1_000 }, { kind: "tcp" });
  using client = await RawClient.connect(router.address, { reads: false });
  await client.send(get());
  t.like(await router.seen.refused.at(), { status: 200, error: { code: "UWSGI_WRITE_TIMEOUT" } });
  t.like(await router.seen.ends.at(), { status: 200, ending: "peer-gone" });
});

test("a client that takes a little now and then is not cut", async (t) => {
  const size = 3_000_000;
  const answer = concat([latin1("HTTP/1.1 200 OK\r\n\r\n"), noise(size)]);
  await using upstream = await ScriptedPeer.start((socket) => socket.end(answer));
  await using router = await startRouter({ rules: [`-> ${upstream.address}`], idleMs: 1_000 });
  using client = await RawClient.connect(router.address, { reads: false });
  await client.send(get());
  let received = 0;
  for (const startedAt = performance.now(); performance.now() - startedAt < 1_800;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    received += ((client.socket.read(40_000) as Buffer | null) ?? "").length;
  }
  t.true(received < size);
  t.deepEqual(router.seen.refused.all, []);
  client.read();
  await client.ending;
  t.like(await router.seen.ends.at(), { ending: "complete", bodyBytes: size });
});

for (const kind of bothKinds) {
  test(`a client that goes away closes the server's connection at once, ${kind}`, async (t) => {
    await using upstream = await ScriptedPeer.start(() => {}, kind);
    await using router = await startRouter({ rules: [`-> ${upstream.address}`] }, { kind });
    using client = await RawClient.connect(router.address);
    await client.send(get());
    const socket = await upstream.at();
    socket.resume();
    client.destroy();
    await once(socket, "end");
    t.like(await router.seen.ends.at(), { status: 0, ending: "peer-gone" });
    t.deepEqual(router.seen.errors.all, []);
  });

  test(`a client that goes away in the middle of a long answer closes the server's connection, ${kind}`, async (t) => {
    await using upstream = await ScriptedPeer.start(
      (socket) => socket.write(concat([latin1("HTTP/1.1 200 OK\r\n\r\n"), noise(5_000_000)])),
      kind,
    );
    await using router = await startRouter({ rules: [`-> ${upstream.address}`] }, { kind });
    using client = await RawClient.connect(router.address);
    await client.send(get());
    await client.until("200 OK");
    const socket = await upstream.at();
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.resume();
    client.destroy();
    await closed;
    t.like(await router.seen.ends.at(), { status: 200, ending: "peer-gone" });
  });
}

test("a client that goes away while the server is being connected to ends that", async (t) => {
  let fired: unknown;
  const slow: Dialer = {
    connect: (_, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => {
          fired = signal.reason;
          reject(signal.reason as Error);
        });
      }),
  };
  await using router = await startRouter({ rules: ["-> app"], upstreams: { app: slow } });
  using client = await RawClient.connect(router.address);
  await client.send(get());
  client.destroy();
  t.like(await router.seen.ends.at(), { status: 0, ending: "peer-gone" });
  t.like(fired, { code: "UWSGI_PEER_GONE" });
  t.deepEqual(router.seen.errors.all, []);
});

test("a server that is reset in the middle resets the client", async (t) => {
  await using upstream = await ScriptedPeer.start((socket) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    socket.once("data", () => {});
  }, "tcp");
  await using router = await startRouter({ rules: [`-> ${upstream.address}`] }, { kind: "tcp" });
  using client = await RawClient.connect(router.address);
  await client.send(get());
  await client.until("half");
  (await upstream.at()).resetAndDestroy();
  t.is((await client.ending).how, "ECONNRESET");
  t.like(await router.seen.errors.at(), { outcome: "broken-off", status: 200, error: { code: "UWSGI_PEER_GONE" } });
});

test("over a unix socket a broken answer is unsignalled, unless its length was announced", async (t) => {
  for (const [head, ending] of [
    ["HTTP/1.1 200 OK\r\n\r\n", "unsignalled"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", "broken-off"],
  ] as const) {
    await using upstream = await ScriptedPeer.start((socket) => socket.write(`${head}half`), "tcp");
    await using router = await startRouter({ rules: [`-> ${upstream.address}`] });
    using client = await RawClient.connect(router.address);
    await client.send(get());
    await client.until("half");
    (await upstream.at()).resetAndDestroy();
    t.is((await router.seen.ends.at()).ending, ending);
    t.is(router.server.counts.unsignalled, ending === "unsignalled" ? 1 : 0);
  }
});

test("with plain closes a failed server is an end without an answer", async (t) => {
  await using upstream = await ScriptedPeer.start((socket) => void socket.once("data", () => socket.destroy()));
  const rules = ["path=/dead -> /nowhere/x.sock", `-> ${upstream.address}`];
  await using router = await startRouter({ rules, answersFailures: false });
  for (const path of ["/dead", "/silent"]) {
    const { bytes, how } = await exchange(router.address, get({ PATH_INFO: path }));
    t.deepEqual([bytes.length, how], [0, "end"]);
  }
  await router.seen.errors.at(1);
  t.deepEqual(
    router.seen.errors.all.map(({ outcome }) => outcome),
    ["broken-off", "broken-off"],
  );
});

test("of other families than requests an end without a byte is an answer, and a failure is an end", async (t) => {
  await using upstream = await ScriptedPeer.start((socket) => void socket.once("data", () => socket.end()));
  const rules = [`modifier1=111 -> ${upstream.address}`, "modifier1=101 -> /nowhere/x.sock"];
  await using router = await startRouter({ rules });
  t.like(await exchange(router.address, packetOf(latin1("key"), 111)), { how: "end", bytes: new Uint8Array(0) });
  t.deepEqual(router.seen.errors.all, []);
  t.like(await exchange(router.address, packetOf(latin1("key"), 101)), { how: "end", bytes: new Uint8Array(0) });
  t.like(await router.seen.errors.at(), { requestId: "-", environ: {}, outcome: "broken-off" });
});

test("what rules answer, close and refuse has a line in the access log, and an answer where it is a request", async (t) => {
  const rules = [
    "path=/gone -> answer=410",
    "path=/shut -> close",
    "modifier1=101 -> answer=404",
    "path=/x host=a -> close",
  ];
  await using router = await startRouter({ rules });
  t.like(await ask(router.address, get({ PATH_INFO: "/gone" })), { status: 410, body: "410 Gone\n" });
  t.like(await exchange(router.address, get({ PATH_INFO: "/shut" })), { bytes: new Uint8Array(0), how: "end" });
  t.like(await ask(router.address, get({ PATH_INFO: "/none" })), { status: 404 });
  t.like(await ask(router.address, get({ PATH_INFO: "/a/../b" })), { status: 400 });
  t.like(await exchange(router.address, packetOf(latin1("x"), 101)), { bytes: new Uint8Array(0), how: "end" });
  await router.seen.ends.at(3);
  t.deepEqual(
    router.seen.ends.all.map(({ status, bodyBytes, ending }) => [status, bodyBytes, ending]),
    [
      [410, 9, "complete"],
      [0, 0, "broken-off"],
      [404, 14, "complete"],
      [400, 16, "complete"],
    ],
  );
  t.deepEqual(
    router.seen.refused.all.map(({ status, error }) => [status, error.code]),
    [
      [404, "UWSGI_NO_ROUTE"],
      [400, "UWSGI_BAD_TARGET"],
    ],
  );
});

test("an answer of our own is whole also for a client that still sends", async (t) => {
  await using router = await startRouter({ rules: ["-> answer=403"] }, { kind: "tcp" });
  t.like(await ask(router.address, post(noise(3_000_000))), { status: 403, body: "403 Forbidden\n", how: "end" });
});

test("a server's early answer is whole also for a client that still sends", async (t) => {
  await using behind = await startServer(() => respond("no", { status: 413 }), { kind: "tcp" });
  await using router = await startRouter({ rules: [`-> ${formatAddress(behind.address)}`] }, { kind: "tcp" });
  t.like(await ask(router.address, post(noise(3_000_000))), { status: 413, body: "no" });
});

for (const kind of bothKinds) {
  test(`an answer of a server that closes with the body unread arrives whole, ${kind}`, async (t) => {
    for (let i = 0; i < 10; i++) {
      // Without a word for what it has not read: a reset, as uWSGI's.
      await using upstream = await ScriptedPeer.start((socket) => {
        socket.once("readable", () => {
          socket.read(1);
          socket.end("HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno", () => socket.destroy());
        });
      }, kind);
      await using router = await startRouter({ rules: [`-> ${upstream.address}`] }, { kind });
      t.like(await ask(router.address, post(noise(3_000_000))), { status: 413, body: "no", how: "end" });
      t.like(await router.seen.ends.at(), { status: 413, ending: "complete" });
      t.deepEqual(router.seen.errors.all, []);
    }
  });
}

test("the same of a long answer to a client that does not read at first", async (t) => {
  const body = noise(400_000);
  await using upstream = await ScriptedPeer.start((socket) => {
    socket.once("readable", () => {
      socket.read(1);
      socket.write("HTTP/1.1 413 No\r\nContent-Length: 400000\r\n\r\n");
      socket.end(body, () => socket.destroy());
    });
  });
  await using router = await startRouter({ rules: [`-> ${upstream.address}`] });
  using client = await RawClient.connect(router.address, { reads: false });
  // More than the server's socket takes, and no more than lies on the way: a client that has to write on would be told of
  // the break itself.
  client.socket.write(post(noise(300_000)));
  const socket = await upstream.at();
  await settled(() => socket.bytesWritten - socket.writableLength);
  client.read();
  const { bytes, how } = await client.ending;
  t.is(how, "end");
  t.is(hex(bytes.subarray(-400_000)), hex(body));
});

test("an answer without a length, of a server that closes with the body unread, arrives whole and ends", async (t) => {
  // As uWSGI's early answers mostly are.
  const body = noise(100_000);
  await using upstream = await ScriptedPeer.start((socket) => {
    socket.once("readable", () => {
      socket.read(1);
      socket.write("HTTP/1.1 413 No\r\n\r\n");
      socket.end(body, () => socket.destroy());
    });
  });
  await using router = await startRouter({ rules: [`-> ${upstream.address}`] });
  const { bytes, how } = await exchange(router.address, post(noise(3_000_000)));
  t.is(how, "end");
  t.is(hex(bytes.subarray(-100_000)), hex(body));
  t.like(await router.seen.ends.at(), { status: 413, bodyBytes: 100_000, ending: "complete" });
  t.deepEqual(router.seen.errors.all, []);
});

test("what a modifier1 is not routed for is refused at once", async (t) => {
  await using router = await startRouter({ rules: ["-> /nowhere/x.sock"] }, { kind: "tcp" });
  await exchange(router.address, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  t.like(await router.seen.refused.at(), { error: { code: "UWSGI_MODIFIER_REFUSED" } });
});

test("a malformed packet is a 400 and no server is asked", async (t) => {
  await using upstream = await ScriptedPeer.start(answerWith(OK));
  await using router = await startRouter({ rules: [`-> ${upstream.address}`] });
  t.is((await ask(router.address, packetOf(latin1("\x60\xeaREQUEST_METHOD\x03\x00PWN")))).status, 400);
  t.is(upstream.sockets.length, 0);
});

test("a loader variable is taken out and reported", async (t) => {
  await using behind = await startServer(({ environ }) => respond(Object.keys(environ).join()));
  await using router = await startRouter({ rules: [`-> ${formatAddress(behind.address)}`] });
  const { body } = await ask(router.address, get({ UWSGI_FILE: "exec://id", HTTP_X_REQUEST_ID: "r1" }));
  t.false(body.includes("UWSGI_FILE"));
  t.like(await router.seen.loaderVars.at(), { name: "UWSGI_FILE", requestId: "r1" });
  t.deepEqual(behind.seen.loaderVars.all, []);
});

test("what names a request, and its trace, reaches the server as it came, and is in the router's log", async (t) => {
  await using behind = await startServer(({ id, environ }) => respond(`${id} ${String(environ["HTTP_TRACEPARENT"])}`));
  await using router = await startRouter({ rules: [`-> ${formatAddress(behind.address)}`] });
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const asked = get({ HTTP_X_REQUEST_ID: "r1", HTTP_TRACEPARENT: traceparent });
  t.is((await ask(router.address, asked)).body, `r1 ${traceparent}`);
  const end = await router.seen.ends.at();
  t.like(end, { requestId: "r1", environ: { HTTP_TRACEPARENT: traceparent }, packet: { modifier1: 0, modifier2: 0 } });
});

test("a server that closes waits for what it routes", async (t) => {
  await using upstream = await ScriptedPeer.start(() => {});
  await using router = await startRouter({ rules: [`-> ${upstream.address}`] }, { graceMs: 10_000 });
  using client = await RawClient.connect(router.address);
  await client.send(get());
  const socket = await upstream.at();
  const closing = router.server.close();
  socket.end(OK);
  await closing;
  t.is(parseAnswer((await client.ending).bytes).body, "tea");
  t.like(await router.seen.ends.at(), { status: 200, ending: "complete" });
});

test("a server that closes breaks off what is not over in time, so that the client sees it", async (t) => {
  await using upstream = await ScriptedPeer.start((socket) => socket.write("HTTP/1.1 200 OK\r\n\r\nhalf"));
  await using router = await startRouter({ rules: [`-> ${upstream.address}`] }, { kind: "tcp", graceMs: 50 });
  using client = await RawClient.connect(router.address);
  await client.send(get());
  await client.until("half");
  await router.server.close();
  t.is((await client.ending).how, "ECONNRESET");
  t.like(await router.seen.errors.at(), { outcome: "broken-off", error: { code: "UWSGI_SERVER_CLOSED" } });
  // By net a socket that is destroyed closes a turn later.
  await until(() => router.server.openConnections === 0, 5_000, "the connection is closed");
});

test("headers that nginx obeys are taken out where a rule says so, all other bytes pass", async (t) => {
  const head = (lines: string): string => `HTTP/1.1 200 OK\r\n${lines}Content-Length: 3\r\n\r\ntea`;
  const bad = "X-Accel-Redirect: /secret\r\nx-sendfile: /etc/passwd\r\nX-Accel-Buffering: no\r\n";
  await using upstream = await ScriptedPeer.start(answerWith(head(bad)));
  const rules = [`path=/raw -> ${upstream.address} strip-accel=false`, `-> ${upstream.address}`];
  await using router = await startRouter({ rules, stripAccel: true });
  const raw = await exchange(router.address, get({ PATH_INFO: "/raw" }));
  t.is(Buffer.from(raw.bytes).toString("latin1"), head(bad));
  const stripped = await exchange(router.address, get());
  t.is(Buffer.from(stripped.bytes).toString("latin1"), head("X-Accel-Buffering: no\r\n"));
});

test("where headers are taken out what is no head is a 502", async (t) => {
  await using upstream = await ScriptedPeer.start(answerWith("\x01garbage"));
  await using router = await startRouter({ rules: [`-> ${upstream.address}`], stripAccel: true });
  t.is((await ask(router.address)).status, 502);
  t.like(await router.seen.errors.at(), { error: { code: "UWSGI_BAD_RESPONSE_HEAD" } });
});

for (const [what, options, code, message] of [
  ["an address that is none", { rules: ["-> foo"] }, "UWSGI_BAD_RULE", /^rule 1, to: address "foo": allowed/],
  [
    "an upstream that is not there",
    { rules: ["-> ap"], upstreams: { app: "/a" } },
    "UWSGI_BAD_RULE",
    /upstreams are app$/,
  ],
  ["an inherited socket", { rules: ["-> fd://3"] }, "UWSGI_BAD_RULE", /listened on, not connected to/],
  [
    "an upstream with a bad address",
    { rules: ["-> app"], upstreams: { app: ["x"] } },
    "UWSGI_BAD_RULE",
    /^upstream app: address "x"/,
  ],
  [
    "an upstream without addresses",
    { rules: ["-> app"], upstreams: { app: [] } },
    "UWSGI_BAD_RULE",
    /^upstream app: no address/,
  ],
  [
    "an upstream of an unknown balance",
    { rules: ["-> app"], upstreams: { app: { nodes: ["/a"], balance: "fair" as "ip-hash" } } },
    "UWSGI_BAD_RULE",
    /^upstream app: balance is fair, there are/,
  ],
  ["no time to be left alone", { rules: ["-> /a"], graceMs: 0 }, "UWSGI_INVALID_ARGUMENT", /^graceMs is 0/],
  ["a timeout of nothing", { rules: ["-> /a"], idleMs: 0 }, "UWSGI_INVALID_ARGUMENT", /^idleMs is 0, allowed are/],
  [
    "a timeout that is no number",
    { rules: ["-> /a"], connectMs: Number.NaN },
    "UWSGI_INVALID_ARGUMENT",
    /^connectMs is NaN/,
  ],
] as const) {
  test(`a router with ${what} is refused`, (t) => {
    const fault = faultOf(() => new PacketRouter(options));
    t.is(fault?.code, code);
    t.regex(fault?.message ?? "", message);
  });
}

test("a server's connection that breaks with its own error keeps it as the cause", async (t) => {
  const failing: Dialer = {
    connect: () =>
      Promise.reject(new ConnectionError("broken", { code: "UWSGI_CONNECT_FAILED", cause: new Error("why") })),
  };
  await using router = await startRouter({ rules: ["-> app"], upstreams: { app: failing } });
  await ask(router.address);
  t.like((await router.seen.errors.at()).error, { message: "broken" });
});
