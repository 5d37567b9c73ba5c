import test from "ava";
import { decodePacket } from "../../../src/codec/index.ts";
import { errorCode, UpstreamError } from "../../../src/errors.ts";
import { SubscribedUpstreams, subscribedTo } from "../../../src/upstream/subscription/subscribed-upstreams.ts";
import type { SubscribedNode, SubscriptionChange } from "../../../src/upstream/subscription/subscription-table.ts";
import { PlainNodes } from "../../helpers/plain-nodes.ts";
import { get } from "../../helpers/raw-client.ts";
import { ScriptedPeer } from "../../helpers/scripted-peer.ts";
import { respond, startServer } from "../../helpers/test-server.ts";
import { faultOf } from "../../helpers/wire.ts";

function nodeOf(given: Partial<SubscribedNode> = {}): SubscribedNode {
  return {
    key: "a.example",
    address: "127.0.0.1:1",
    modifier1: 0,
    modifier2: 0,
    cores: 1,
    load: 0,
    weight: 1,
    backup: 0,
    ...given,
  };
}

const added = (given?: Partial<SubscribedNode>): SubscriptionChange => ({ change: "added", node: nodeOf(given) });
const removed = (given?: Partial<SubscribedNode>): SubscriptionChange => ({
  change: "removed",
  node: nodeOf(given),
  because: "silent",
});

function upstreams() {
  const made: { readonly key: string; readonly algorithm: string | undefined; readonly nodes: PlainNodes }[] = [];
  const subscribed = new SubscribedUpstreams({
    nodesFor: (key, algorithm) => {
      const nodes = new PlainNodes();
      made.push({ key, algorithm, nodes });
      return nodes;
    },
  });
  return { subscribed, made };
}

test("each key has nodes of its own, by what they have announced", (t) => {
  const { subscribed, made } = upstreams();
  subscribed.apply(added({ algo: "lrc", weight: 3, modifier1: 5, modifier2: 1 }));
  subscribed.apply(added({ address: "127.0.0.1:2", backup: 2 }));
  subscribed.apply(added({ key: "b.example" }));
  t.deepEqual(
    made.map(({ key, algorithm, nodes }) => [key, algorithm, nodes.nodes]),
    [
      [
        "a.example",
        "lrc",
        [
          { address: "127.0.0.1:1", weight: 3, backupLevel: 0, modifier1: 5, modifier2: 1 },
          { address: "127.0.0.1:2", weight: 1, backupLevel: 2, modifier1: 0, modifier2: 0 },
        ],
      ],
      ["b.example", undefined, [{ address: "127.0.0.1:1", weight: 1, backupLevel: 0, modifier1: 0, modifier2: 0 }]],
    ],
  );
});

test("a node that changes takes its own place, without an end of its set", (t) => {
  const { subscribed, made } = upstreams();
  subscribed.apply(added());
  subscribed.apply({ change: "changed", node: nodeOf({ weight: 9 }) });
  t.deepEqual(
    made.map(({ nodes }) => [nodes.isClosed, nodes.nodes.map(({ weight }) => weight)]),
    [[false, [9]]],
  );
});

test("each announcement is handed on: a node that was marked dead is asked again", (t) => {
  const { subscribed, made } = upstreams();
  subscribed.apply(added());
  const nodes = made[0]?.nodes as PlainNodes;
  const given: unknown[] = [];
  nodes.add = (node) => void given.push(node);
  subscribed.apply({ change: "refreshed", node: nodeOf() });
  t.deepEqual(given, [{ address: "127.0.0.1:1", weight: 1, backupLevel: 0, modifier1: 0, modifier2: 0 }]);
});

test("when the last node of a key goes its set is closed, and the next gets a new one", async (t) => {
  const { subscribed, made } = upstreams();
  subscribed.apply(added());
  subscribed.apply(removed());
  t.true(made[0]?.nodes.isClosed);
  const error = await t.throwsAsync(subscribed.send({ vars: { HTTP_HOST: "a.example:80" } }));
  t.true(error instanceof UpstreamError);
  t.is(errorCode(error), "UWSGI_NO_NODE");
  t.is(error?.message, 'nobody has announced itself for "a.example:80", "a.example"');
  subscribed.apply(added());
  t.is(made.length, 2);
});

test("a request that names no host has no node", async (t) => {
  const error = await t.throwsAsync(upstreams().subscribed.send({ vars: {} }));
  t.like(error, { code: "UWSGI_NO_NODE", message: "the request names no host" });
});

test("a host cannot put control characters into the message", async (t) => {
  const error = await t.throwsAsync(upstreams().subscribed.send({ vars: { HTTP_HOST: "a\r\nb" } }));
  t.is(error?.message, 'nobody has announced itself for "a\\r\\nb"');
});

test("raw connections go to the nodes of the vars' key, and say what modifiers these want", async (t) => {
  await using node = await ScriptedPeer.start(() => {});
  const { subscribed } = upstreams();
  const own = new SubscribedUpstreams();
  const vars = decodePacket(get({ HTTP_HOST: "a.example:80" }))?.vars;
  for (const one of [subscribed, own]) {
    one.apply(added({ address: node.address, modifier1: 5, modifier2: 1 }));
    const connection = await one.connect(vars);
    t.like(connection, { modifier1: 5, modifier2: 1 });
    connection.release("answered");
    connection.transport.destroy();
    await t.throwsAsync(one.connect(undefined), { code: "UWSGI_NO_NODE", message: "the request names no host" });
  }
  await own.close();
});

test("closed it takes neither requests nor nodes, and closes its sets", async (t) => {
  const { subscribed, made } = upstreams();
  subscribed.apply(added());
  await subscribed.close();
  t.true(made[0]?.nodes.isClosed);
  subscribed.apply(added());
  t.is(made.length, 1);
  const closed = { code: "UWSGI_NO_NODE", message: "the upstream is closed" };
  await t.throwsAsync(subscribed.send({ vars: { HTTP_HOST: "a.example" } }), closed);
});

test("options that cannot be right are the caller's mistake", (t) => {
  t.is(faultOf(() => new SubscribedUpstreams({ nodesFor: 5 } as never))?.code, "UWSGI_INVALID_ARGUMENT");
  t.is(faultOf(() => new SubscribedUpstreams({ upstream: { slowStartMs: -1 } }))?.code, "UWSGI_INVALID_ARGUMENT");
  t.is(
    faultOf(() => new SubscribedUpstreams({ nodesFor: () => new PlainNodes(), mountpoints: -1 }))?.code,
    "UWSGI_INVALID_ARGUMENT",
  );
});

test("requests go by weight, to backups only when nobody else is there, and to the modifiers that are announced", async (t) => {
  const { announce } = await import("../../../src/upstream/subscription/announce.ts");
  const names = ["light", "heavy", "backup"];
  const servers = await Promise.all(
    names.map((name) =>
      startServer(() => respond(name, { headers: [["Content-Type", "text/plain"]] }), { kind: "tcp" }),
    ),
  );
  const seen: SubscriptionChange[] = [];
  const waiting: (() => void)[] = [];
  await using to = await subscribedTo("127.0.0.1:0", {
    onChange: (change) => {
      seen.push(change);
      for (const wake of waiting.splice(0)) wake();
    },
  });
  const until = async (count: number): Promise<void> => {
    while (seen.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const announcers = servers.map(({ address }, i) =>
    announce({
      to: to.server.address,
      key: "a.example",
      address: address.kind === "tcp" ? `127.0.0.1:${address.port}` : "",
      weight: [1, 3, 1][i] as number,
      backup: [0, 0, 1][i] as number,
    }),
  );
  await until(3);
  const ask = async (): Promise<string> => {
    const { body } = await to.send({ vars: { REQUEST_METHOD: "GET", PATH_INFO: "/", HTTP_HOST: "a.example" } });
    let text = "";
    for await (const chunk of body) text += Buffer.from(chunk).toString();
    return text;
  };
  const answers: string[] = [];
  for (let i = 0; i < 8; i++) answers.push(await ask());
  t.deepEqual(
    names.map((name) => answers.filter((answer) => answer === name).length),
    [2, 6, 0],
  );
  await Promise.all([announcers[0]?.close(), announcers[1]?.close()]);
  await until(5);
  t.is(await ask(), "backup");
  await announcers[2]?.close();
  await until(6);
  await t.throwsAsync(ask(), { code: "UWSGI_NO_NODE" });
  for (const server of servers) await server[Symbol.asyncDispose]();
});
