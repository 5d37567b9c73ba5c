import { EventEmitter, once } from "node:events";
import { createServer, type Server as NetServer, type Socket } from "node:net";
import test from "ava";
import { pingPlugin } from "../../src/plugins/index.ts";
import { formatAddress } from "../../src/connection/index.ts";
import { type ActiveHealth, Upstream } from "../../src/upstream/index.ts";
import { respond, startServer } from "../helpers/test-server.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { Changes, request, Scripted } from "../helpers/upstream-nodes.ts";

const quick: Partial<ActiveHealth> = { intervalMs: 5, timeoutMs: 2_000, rise: 2, fall: 2 };

/** A socket at `path`, and what is done with its connections. */
async function listen(path: string, serve: (socket: Socket) => void): Promise<NetServer> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    serve(socket);
  }).listen(path);
  await once(server, "listening");
  return server;
}

test("a node that answers pings is up, one that is not there goes down and comes back when it is", async (t) => {
  await using one = await startServer(() => respond("hello"), {
    plugins: [pingPlugin({ warning: () => "disk is full" })],
  });
  const missing = `${folderOf(t)}/missing`;
  const changes = new Changes(t);
  await using upstream = new Upstream({ nodes: [formatAddress(one.address), missing], health: { active: quick } });
  const down = await changes.until(upstream, `${missing} down`);
  t.regex(down.why, /^failed 2 health checks: cannot connect to /);
  const [well] = upstream.nodes;
  t.is(well?.state, "up");
  const server = await listen(missing, (socket) => socket.once("data", () => socket.end(Buffer.from([100, 0, 0, 1]))));
  const up = await changes.until(upstream, `${missing} up`);
  t.is(up.why, "passed 2 health checks");
  while (upstream.nodes[0]?.warning === "") await new Promise(setImmediate);
  t.deepEqual(
    upstream.nodes.map(({ state, warning }) => [state, warning]),
    [
      ["up", "disk is full"],
      ["up", ""],
    ],
  );
  server.close();
});

for (const [what, serve, why] of [
  [
    "closes without an answer",
    (socket: Socket) => void socket.resume().end(),
    /closed the connection without a reply: does it know packet 100/,
  ],
  ["answers another packet", (socket: Socket) => void socket.end(Buffer.from([0, 0, 0, 0])), /health checks: /],
  ["never answers", (socket: Socket) => void socket.resume(), /within 20 ms|20 ms/],
] as const) {
  test(`a node that ${what} is down by pings, and up where accepting a connection is enough`, async (t) => {
    const path = `${folderOf(t)}/s`;
    const sockets = new Set<Socket>();
    const server = await listen(path, (socket) => {
      sockets.add(socket);
      serve(socket);
    });
    const changes = new Changes(t);
    const active = { ...quick, timeoutMs: what === "never answers" ? 20 : 2_000 };
    const pinging = new Upstream({ nodes: [path], health: { active } });
    const connecting = new Upstream({ nodes: [path], health: { active: { ...active, accept: "connect" } } });
    const down = await changes.until(pinging, `${path} down`);
    t.regex(down.why, why);
    await t.throwsAsync(pinging.send(request()), { code: "UWSGI_NO_NODE", message: /fails its health checks/ });
    t.is(connecting.nodes[0]?.state, "up");
    await Promise.all([pinging.close(), connecting.close()]);
    for (const socket of sockets) socket.destroy();
    server.close();
  });
}

test("where accepting a connection is enough, a node that does not accept is down", async (t) => {
  const path = `${folderOf(t)}/missing`;
  const changes = new Changes(t);
  await using upstream = new Upstream({ nodes: [path], health: { active: { ...quick, accept: "connect" } } });
  const { why } = await changes.until(upstream, `${path} down`);
  t.regex(why, /cannot connect to .*ENOENT/);
});

test("no ping begins when the upstream is closed, and one that runs is cut", async (t) => {
  const path = `${folderOf(t)}/s`;
  let pings = 0;
  const closed: Promise<unknown>[] = [];
  let come: () => void = () => {};
  const first = new Promise<void>((resolve) => (come = resolve));
  const server = await listen(path, (socket) => {
    pings++;
    closed.push(once(socket.resume(), "close"));
    come();
  });
  const upstream = new Upstream({ nodes: [path], health: { active: { ...quick, timeoutMs: 60_000 } } });
  await first;
  await upstream.close();
  await Promise.all(closed);
  // Another that goes on shows that there was time for more.
  const otherPath = `${folderOf(t)}/other`;
  let otherPings = 0;
  const otherServer = await listen(otherPath, (socket) => {
    otherPings++;
    socket.end();
  });
  await using other = new Upstream({ nodes: [otherPath], health: { active: quick } });
  while (otherPings < 10) await new Promise(setImmediate);
  t.deepEqual([pings, other.nodes.length], [1, 1]);
  server.close();
  otherServer.close();
});

test("a node that is removed is no longer pinged, one that is added is", async (t) => {
  const folder = folderOf(t);
  const pings = new Map<string, number>();
  const servers = await Promise.all(
    ["a", "b"].map((name) =>
      listen(`${folder}/${name}`, (socket) => {
        pings.set(name, (pings.get(name) ?? 0) + 1);
        socket.once("data", () => socket.end(Buffer.from([100, 0, 0, 1])));
      }),
    ),
  );
  const until = async (name: string, count: number): Promise<void> => {
    while ((pings.get(name) ?? 0) < count) await new Promise(setImmediate);
  };
  await using upstream = new Upstream({ nodes: [`${folder}/a`], health: { active: quick } });
  await until("a", 2);
  await upstream.remove(`${folder}/a`);
  upstream.add(`${folder}/b`);
  await until("b", 1);
  const before = pings.get("a") ?? 0;
  await until("b", 10);
  t.true((pings.get("a") ?? 0) <= before + 1);
  for (const server of servers) server.close();
});

test("the times of pings are spread: the first comes within the interval, the others a tenth around it", async (t) => {
  // With a random number of 0 all is as early as it can be.
  const path = `${folderOf(t)}/s`;
  const times: number[] = [];
  const seen = new EventEmitter();
  const server = await listen(path, (socket) => {
    times.push(performance.now());
    seen.emit("ping");
    socket.once("data", () => socket.end(Buffer.from([100, 0, 0, 1])));
  });
  const startedAt = performance.now();
  await using upstream = new Upstream({
    nodes: [path],
    random: () => 0,
    health: { active: { ...quick, intervalMs: 2_000 } },
  });
  while (times.length < 2) await once(seen, "ping");
  const [first = 0, second = 0] = times;
  t.true(first - startedAt < 1_800, String(first - startedAt));
  t.true(second - first >= 1_750, String(second - first));
  t.is(upstream.nodes.length, 1);
  server.close();
});

test("without active checks nothing is pinged", async (t) => {
  const path = `${folderOf(t)}/s`;
  await using upstream = new Upstream({ nodes: [`${path}/missing`], connect: new Scripted({}).connect });
  let pings = 0;
  const server = await listen(path, (socket) => {
    pings++;
    socket.end();
  });
  await using other = new Upstream({ nodes: [path], health: { active: quick } });
  while (pings < 5) await new Promise(setImmediate);
  t.is(other.nodes.length, 1);
  t.is(upstream.nodes[0]?.lastFailure, undefined);
  server.close();
});
