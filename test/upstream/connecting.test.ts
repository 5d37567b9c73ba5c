/** Raw connections of an upstream, as a router takes them. How nodes are chosen for both: upstream.test.ts, picker.test.ts. */
import { once } from "node:events";
import test from "ava";
import type { RawConnection } from "../../src/client/index.ts";
import { decodePacket, type Vars } from "../../src/codec/index.ts";
import { gone, TimeoutError } from "../../src/errors.ts";
import { Upstream } from "../../src/upstream/index.ts";
import { ScriptedPeer } from "../helpers/scripted-peer.ts";
import { packetOf, varsBlock } from "../helpers/wire.ts";

const idle = (): void => {};

/** So many nodes that accept and say nothing. */
async function nodes(count: number): Promise<ScriptedPeer[]> {
  return Promise.all(Array.from({ length: count }, () => ScriptedPeer.start(idle)));
}

async function end(all: readonly ScriptedPeer[]): Promise<void> {
  for (const one of all) await one[Symbol.asyncDispose]();
}

function varsOf(vars: Readonly<Record<string, string>>): Vars {
  const packet = decodePacket(packetOf(varsBlock(Object.entries(vars))));
  if (packet === undefined) throw new Error("no packet");
  return packet.vars;
}

/** How often each of the nodes has been connected to. */
function counts(upstream: Upstream): number[] {
  return upstream.nodes.map(({ requests }) => requests);
}

function over(connection: RawConnection, ...outcome: Parameters<RawConnection["release"]>): void {
  connection.release(...outcome);
  connection.transport.destroy();
}

test("connections go round the nodes by weight", async (t) => {
  const [a, b] = (await nodes(2)) as [ScriptedPeer, ScriptedPeer];
  await using upstream = new Upstream({ nodes: [`${a.address} weight=2`, b.address] });
  for (let i = 0; i < 6; i++) over(await upstream.connect(undefined), "answered");
  t.deepEqual(counts(upstream), [4, 2]);
  await end([a, b]);
});

test("a node that cannot be connected to is left alone, and the others share its turns", async (t) => {
  const [a, b] = (await nodes(2)) as [ScriptedPeer, ScriptedPeer];
  await using upstream = new Upstream({ nodes: [a.address, "/nowhere/x.sock", b.address] });
  for (let i = 0; i < 6; i++) over(await upstream.connect(undefined), "answered");
  t.deepEqual(counts(upstream), [3, 1, 3]);
  t.like(upstream.nodes[1], { state: "down", failures: 1, inFlight: 0 });
  await end([a, b]);
});

test("when no node can be connected to the error has all of them", async (t) => {
  await using upstream = new Upstream({ nodes: ["/nowhere/a.sock", "/nowhere/b.sock"] });
  const error = await t.throwsAsync(upstream.connect(undefined), { code: "UWSGI_CONNECT_FAILED" });
  t.regex(error?.message ?? "", /^2 nodes failed, no other can be asked: \/nowhere\/a\.sock: .*; \/nowhere\/b\.sock: /);
  t.is((error?.cause as AggregateError | undefined)?.errors.length, 2);
  await t.throwsAsync(upstream.connect(undefined), { code: "UWSGI_NO_NODE", message: /is asked again in/ });
});

test("at most so many nodes are tried as for requests", async (t) => {
  await using upstream = new Upstream({ nodes: ["/nowhere/a", "/nowhere/b", "/nowhere/c"], retry: { tries: 2 } });
  await t.throwsAsync(upstream.connect(undefined), { message: /^2 nodes failed, at most 2 are asked/ });
});

test("a node alone is tried again and again", async (t) => {
  await using upstream = new Upstream({ nodes: ["/nowhere/a.sock"] });
  for (let i = 0; i < 3; i++) await t.throwsAsync(upstream.connect(undefined), { code: "UWSGI_CONNECT_FAILED" });
});

test("a TLS handshake that nobody answers counts as connecting: it is too late, and the next node is tried", async (t) => {
  await using silent = await ScriptedPeer.start(idle, "tcp");
  await using well = await ScriptedPeer.start(idle);
  const timeouts = { connectMs: 50 };
  await using alone = new Upstream({ nodes: [`suwsgi://${silent.address}`], timeouts });
  await t.throwsAsync(alone.connect(undefined), { instanceOf: TimeoutError, code: "UWSGI_CONNECT_TIMEOUT" });
  await using both = new Upstream({ nodes: [`suwsgi://${silent.address}`, well.address], timeouts });
  over(await both.connect(undefined), "answered");
  t.deepEqual(counts(both), [1, 1]);
});

test("hash modes read their key from the vars of the packet", async (t) => {
  const all = await nodes(4);
  await using upstream = new Upstream({ nodes: all.map(({ address }) => address), balance: { hash: "HTTP_X_USER" } });
  for (let i = 0; i < 5; i++) over(await upstream.connect(varsOf({ HTTP_X_USER: "eve" })), "answered");
  t.is(Math.max(...counts(upstream)), 5);
  for (let i = 0; i < 4; i++) over(await upstream.connect(undefined), "answered");
  t.is(Math.min(...counts(upstream)), 1, "packets without vars go round");
  await end(all);
});

test("a connection is in flight until it is released, once", async (t) => {
  await using node = await ScriptedPeer.start(idle);
  await using upstream = new Upstream({ nodes: [`${node.address} max_conns=1`] });
  const connection = await upstream.connect(undefined);
  t.is(upstream.nodes[0]?.inFlight, 1);
  await t.throwsAsync(upstream.connect(undefined), { code: "UWSGI_NO_NODE", message: /1 requests in flight/ });
  over(connection, "abandoned");
  connection.release("answered");
  t.is(upstream.nodes[0]?.inFlight, 0);
});

test("a failure behind the connection counts against its node, a client that has gone does not", async (t) => {
  const [a, b] = (await nodes(2)) as [ScriptedPeer, ScriptedPeer];
  await using upstream = new Upstream({ nodes: [a.address, b.address] });
  over(await upstream.connect(undefined), "abandoned");
  over(await upstream.connect(undefined), "failed", gone("no answer"));
  t.deepEqual(
    upstream.nodes.map(({ state }) => state),
    ["up", "down"],
  );
  await end([a, b]);
});

test("who tries a node that had failed brings it back by an answer, not by going away", async (t) => {
  const [a, b] = (await nodes(2)) as [ScriptedPeer, ScriptedPeer];
  await using upstream = new Upstream({ nodes: [`${a.address} fail_timeout=1ms`, `${b.address} backup`] });
  over(await upstream.connect(undefined), "failed", gone("no answer"));
  const state = async (outcome: "answered" | "abandoned"): Promise<string | undefined> => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    over(await upstream.connect(undefined), outcome);
    return upstream.nodes[0]?.state;
  };
  t.is(await state("abandoned"), "down");
  t.is(await state("answered"), "up");
  await end([a, b]);
});

test("a connection says what modifiers its node wants", async (t) => {
  await using node = await ScriptedPeer.start(idle);
  await using upstream = new Upstream({ nodes: [`${node.address} modifier1=5 modifier2=2`] });
  const connection = await upstream.connect(undefined);
  t.like(connection, { modifier1: 5, modifier2: 2 });
  over(connection, "answered");
});

test("names are resolved before the first connection", async (t) => {
  await using node = await ScriptedPeer.start(idle, "tcp");
  const port = node.address.split(":")[1] ?? "";
  const lookup = (): Promise<string[]> => Promise.resolve(["127.0.0.1"]);
  await using upstream = new Upstream({ nodes: [`app.test:${port}`], resolve: { lookup } });
  over(await upstream.connect(undefined), "answered");
  t.is(upstream.nodes[0]?.address, node.address);
});

test("a signal ends connecting with its reason, and nobody is to blame", async (t) => {
  await using silent = await ScriptedPeer.start(idle, "tcp");
  await using upstream = new Upstream({ nodes: [`suwsgi://${silent.address}`] });
  const cut = new AbortController();
  const connecting = upstream.connect(undefined, cut.signal);
  const socket = await silent.at();
  const ended = once(socket.resume(), "end");
  cut.abort(new Error("gone home"));
  await t.throwsAsync(connecting, { message: "gone home" });
  await ended;
  t.like(upstream.nodes[0], { inFlight: 0, failures: 0 });
});

test("an upstream that closes connects no more, and waits for what is not released", async (t) => {
  await using node = await ScriptedPeer.start(idle);
  const upstream = new Upstream({ nodes: [node.address] });
  const connection = await upstream.connect(undefined);
  let isClosed = false;
  const closing = upstream.close().then(() => (isClosed = true));
  await t.throwsAsync(upstream.connect(undefined), { code: "UWSGI_NO_NODE", message: "the upstream is closed" });
  t.false(isClosed);
  over(connection, "answered");
  t.true(await closing);
});
