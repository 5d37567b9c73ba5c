/** An upstream and servers that fail in the ways servers do, over real sockets. */
import { once } from "node:events";
import { createServer, type Server as NetServer, type Socket } from "node:net";
import test, { type ExecutionContext } from "ava";
import { Server, httpPlugin } from "../../src/server/index.ts";
import { formatAddress } from "../../src/connection/index.ts";
import { TimeoutError, UpstreamError } from "../../src/errors.ts";
import { Upstream } from "../../src/upstream/index.ts";
import { makeCertificates } from "../helpers/certificates.ts";
import { needs } from "../helpers/needs.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { gate, respond, startServer } from "../helpers/test-server.ts";
import { bodyOf, request, textOf } from "../helpers/upstream-nodes.ts";

interface Fake {
  readonly path: string;
  /** Bytes that came on each connection. */
  readonly got: number[];
}

/** A server that does with its connections what `serve` does; gone with the test. */
async function fake(t: ExecutionContext, serve: (socket: Socket) => void): Promise<Fake> {
  const path = `${folderOf(t)}/fake`;
  const got: number[] = [];
  const sockets = new Set<Socket>();
  const server: NetServer = createServer((socket) => {
    const at = got.push(0) - 1;
    sockets.add(socket.on("error", () => {}).on("data", (bytes) => (got[at] = (got[at] ?? 0) + bytes.length)));
    serve(socket);
  }).listen(path);
  await once(server, "listening");
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { path, got };
}

const hang = (t: ExecutionContext): Promise<Fake> => fake(t, () => {});

test("nodes that hang: a TimeoutError within the time that was said, and then they are skipped", async (t) => {
  const [one, two] = [await hang(t), await hang(t)];
  await using upstream = new Upstream({ nodes: [one.path, two.path], timeouts: { responseMs: 50 } });
  await t.throwsAsync(upstream.send(request()), { instanceOf: TimeoutError, code: "UWSGI_RESPONSE_TIMEOUT" });
  const error = await t.throwsAsync(upstream.send(request()), { instanceOf: UpstreamError, code: "UWSGI_NO_NODE" });
  t.regex(
    error?.message ?? "",
    /asked again in \d+ ms: the head .* 50 ms .*; .*asked again in \d+ ms: the head .* 50 ms /,
  );
  t.deepEqual([one.got.length, two.got.length], [1, 1]);
});

test("a node that hangs is asked once, and the request is answered by the next, as are those behind it", async (t) => {
  const stuck = await hang(t);
  await using well = await startServer(() => respond("well"));
  await using upstream = new Upstream({
    nodes: [stuck.path, formatAddress(well.address)],
    timeouts: { responseMs: 1_000 },
  });
  for (let i = 0; i < 5; i++) t.is(await textOf(await upstream.send(request())), "well");
  t.is(stuck.got.length, 1);
});

test("a POST that a node has got is sent nowhere else, with and without a body", async (t) => {
  for (const more of [{}, { body: { [Symbol.asyncIterator]: () => bodyOf("x")[Symbol.asyncIterator]() } }]) {
    const rude = await fake(t, (socket) => socket.once("data", () => socket.destroy()));
    await using well = await startServer(() => respond("well"));
    await using upstream = new Upstream({ nodes: [rude.path, formatAddress(well.address)] });
    const asked = request({ REQUEST_METHOD: "POST", CONTENT_LENGTH: "body" in more ? "1" : "" }, more);
    await t.throwsAsync(upstream.send({ ...asked, isBodyReplayable: true }), { code: "UWSGI_PEER_GONE" });
    t.is(well.seen.ends.all.length, 0);
  }
});

test("a POST that no node has got goes to the next with its whole body, which was not touched before", async (t) => {
  let reads = 0;
  const body = {
    [Symbol.asyncIterator]: () => {
      reads++;
      return bodyOf("12", "345")[Symbol.asyncIterator]();
    },
  };
  await using well = await startServer(async (asked) => {
    let bytes = 0;
    for await (const chunk of asked.body) bytes += chunk.length;
    return respond(`${bytes} bytes`);
  });
  await using upstream = new Upstream({ nodes: [`${folderOf(t)}/missing`, formatAddress(well.address)] });
  const asked = request({ REQUEST_METHOD: "POST", CONTENT_LENGTH: "5" }, { body });
  t.is(await textOf(await upstream.send(asked)), "5 bytes");
  t.is(reads, 1);
});

const head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";

test("F36: a node that breaks off at any byte of its answer never gives a whole 200: the next answers, or the body rejects", async (t) => {
  const answer = Buffer.from(`${head}hello`);
  let cutAt = 0;
  const broken = await fake(t, (socket) => socket.once("data", () => socket.end(answer.subarray(0, cutAt))));
  await using well = await startServer(() => respond("well"));
  for (cutAt = 0; cutAt < answer.length; cutAt++) {
    await using upstream = new Upstream({ nodes: [broken.path, formatAddress(well.address)] });
    const response = await upstream.send(request());
    if (cutAt < head.length) t.is(await textOf(response), "well", String(cutAt));
    else await t.throwsAsync(textOf(response), { code: "UWSGI_RESPONSE_TRUNCATED" }, String(cutAt));
    t.deepEqual(
      upstream.nodes.map(({ state, inFlight }) => [state, inFlight]),
      [
        ["down", 0],
        ["up", 0],
      ],
      String(cutAt),
    );
  }
});

test("F36: a node that answers garbage, or a head without end, is passed over", async (t) => {
  for (const serve of [
    (socket: Socket): void => void socket.once("data", () => socket.end("SSH-2.0-OpenSSH\r\n\r\n")),
    (socket: Socket): void =>
      void socket.once("data", () => socket.write(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(200_000)}`)),
  ]) {
    const bad = await fake(t, serve);
    await using well = await startServer(() => respond("well"));
    await using upstream = new Upstream({ nodes: [bad.path, formatAddress(well.address)] });
    t.is(await textOf(await upstream.send(request())), "well");
    t.is(upstream.nodes[0]?.state, "down");
  }
});

test("F31: nodes that restart one after the other under load lose no idempotent request, when each is drained first", async (t) => {
  const folder = folderOf(t);
  const start = async (name: string): Promise<Server> => {
    const server = new Server({ plugins: [httpPlugin(() => respond(name))] });
    await server.listen(`${folder}/${name}`);
    return server;
  };
  const names = ["a", "b", "c"];
  const servers = new Map(await Promise.all(names.map(async (name) => [name, await start(name)] as const)));
  await using upstream = new Upstream({ nodes: names.map((name) => `${folder}/${name}`), slowStartMs: 20 });
  let isOver = false;
  let answers = 0;
  const lane = async (): Promise<void> => {
    while (!isOver) {
      t.true(names.includes(await textOf(await upstream.send(request({ REQUEST_METHOD: "POST" })))));
      answers++;
    }
  };
  const loading = Promise.all([lane(), lane(), lane(), lane()]);
  for (const name of names) {
    t.true(await upstream.remove(`${folder}/${name}`));
    await servers.get(name)?.close();
    servers.set(name, await start(name));
    upstream.add(`${folder}/${name}`);
    const goal = answers + 50;
    while (answers < goal) await new Promise(setImmediate);
  }
  isOver = true;
  await loading;
  t.true(upstream.nodes.every(({ failures, inFlight }) => failures === 0 && inFlight === 0));
  await Promise.all([...servers.values()].map((server) => server.close()));
});

test("an answer that is aborted while it comes is over, on the node and here", async (t) => {
  const stopped = gate();
  async function* endless(): AsyncGenerator<string> {
    try {
      for (;;) {
        yield "x".repeat(1_000);
        await new Promise(setImmediate);
      }
    } finally {
      stopped.open();
    }
  }
  await using server = await startServer(() => respond(endless()));
  await using upstream = new Upstream({ nodes: [formatAddress(server.address)] });
  const controller = new AbortController();
  const { body } = await upstream.send(request({}, { signal: controller.signal }));
  const reading = async (): Promise<void> => {
    for await (const chunk of body) if (chunk.length > 0) controller.abort(new Error("enough"));
  };
  await t.throwsAsync(reading());
  await stopped.promise;
  const [node] = upstream.nodes;
  t.deepEqual([node?.inFlight, node?.failures, node?.state], [0, 0, "up"]);
});

needs("openssl")("a node behind a name and TLS is checked by the name, whatever address it has", async (t) => {
  using certificates = await makeCertificates();
  const { cert, key } = certificates.server;
  const server = new Server({ plugins: [httpPlugin(() => respond("secret"))], tls: { cert, key } });
  await server.listen("suwsgi://127.0.0.1:0");
  const [address = ""] = server.addresses.map(formatAddress);
  const port = address.split(":").at(-1) ?? "";
  const { cert: ca } = certificates.ca;
  const lookup = async (): Promise<readonly string[]> => ["127.0.0.1"];
  await using upstream = new Upstream({ nodes: [`suwsgi://uisge.test:${port}`], tls: { ca }, resolve: { lookup } });
  t.is(await textOf(await upstream.send(request())), "secret");
  await using wrong = new Upstream({ nodes: [`suwsgi://other.test:${port}`], tls: { ca }, resolve: { lookup } });
  await t.throwsAsync(wrong.send(request()), { code: "UWSGI_CONNECT_FAILED", message: /other\.test/ });
  await server.close();
});
