import test from "ava";
import type { PacketRequest, Response } from "../../src/client/index.ts";
import { ConnectionError, gone, LimitError, ProtocolError, TimeoutError, UpstreamError } from "../../src/errors.ts";
import { Upstream, type UpstreamOptions } from "../../src/upstream/index.ts";
import { collectGarbage } from "../helpers/collect-garbage.ts";
import { gate } from "../helpers/test-server.ts";
import { type Answering, bodyOf, Changes, request, responseOf, Scripted, textOf } from "../helpers/upstream-nodes.ts";

const refuse: Answering = () => {
  throw new ConnectionError("refused", { code: "UWSGI_CONNECT_FAILED" });
};
const vanish: Answering = () => {
  throw gone("the server closed the connection without an answer");
};
const late: Answering = () => {
  throw new TimeoutError("no head within 10 ms", { code: "UWSGI_RESPONSE_TIMEOUT" });
};
const garbage: Answering = () => {
  throw new ProtocolError("no status line", { code: "UWSGI_BAD_RESPONSE_HEAD", offset: 3 });
};

interface Bench {
  readonly upstream: Upstream;
  readonly script: Scripted;
}

/** Nodes, as text for `parseNode`, that answer as they are told. */
function bench(answers: Readonly<Record<string, Answering>>, options: UpstreamOptions = {}): Bench {
  const nodes = Object.keys(answers);
  const script = new Scripted(
    Object.fromEntries(Object.entries(answers).map(([node, of]) => [node.split(" ")[0], of])),
  );
  return { script, upstream: new Upstream({ nodes, resolve: false, connect: script.connect, ...options }) };
}

const ok: Answering = () => responseOf("ok");
const post = request({ REQUEST_METHOD: "POST" });

function stateOf({ upstream }: Bench, address: string): string | undefined {
  return upstream.nodes.find((node) => node.address === address)?.state;
}

test("requests go round the nodes by weight", async (t) => {
  const { upstream, script } = bench({}, { nodes: ["a:1 weight=2", { address: "b:1" }] });
  for (let i = 0; i < 6; i++) t.is(await textOf(await upstream.send(request())), "ok");
  t.deepEqual(script.sent, ["a:1", "b:1", "a:1", "a:1", "b:1", "a:1"]);
});

test("no connection: whatever the request, the next node is asked, and the first is down", async (t) => {
  const one = bench({ "a:1": refuse, "b:1": ok });
  t.is(await textOf(await one.upstream.send(post)), "ok");
  t.deepEqual(one.script.sent, ["a:1", "b:1"]);
  t.is(stateOf(one, "a:1"), "down");
  await one.upstream.send(post);
  t.deepEqual(one.script.sent, ["a:1", "b:1", "b:1"]);
});

test("no byte of a body is asked for by who chooses the nodes", async (t) => {
  let asked = 0;
  const body = {
    [Symbol.asyncIterator]: () => {
      asked++;
      return bodyOf("x")[Symbol.asyncIterator]();
    },
  };
  const { upstream } = bench({ "a:1": refuse, "b:1": refuse, "c:1": ok });
  await upstream.send({ ...post, body });
  t.is(asked, 0);
});

for (const [what, answer] of [
  ["gone without an answer", vanish],
  ["too late", late],
  ["answered garbage", garbage],
] as const) {
  test(`a node that is ${what}: an idempotent request goes to the next, a POST does not`, async (t) => {
    const get = bench({ "a:1": answer, "b:1": ok });
    t.is(await textOf(await get.upstream.send(request())), "ok");
    t.is(stateOf(get, "a:1"), "down");
    const other = bench({ "a:1": answer, "b:1": ok });
    const error = await t.throwsAsync(other.upstream.send(post));
    t.throws(() => answer(post), { message: error?.message });
    t.deepEqual(other.script.sent, ["a:1"]);
    t.is(stateOf(other, "a:1"), "down");
  });
}

test("a PUT goes to the next node with its whole body, when that can be read again", async (t) => {
  const seen: string[] = [];
  const read: Answering = async ({ body }) => {
    seen.push(await textOf({ body } as Response));
    return seen.length === 1 ? vanish(post) : responseOf("ok");
  };
  const { upstream } = bench({ "a:1": read, "b:1": read });
  const body = { [Symbol.asyncIterator]: () => bodyOf("12", "34")[Symbol.asyncIterator]() };
  await upstream.send(request({ REQUEST_METHOD: "PUT" }, { body, isBodyReplayable: true }));
  t.deepEqual(seen, ["1234", "1234"]);
});

test("a PUT whose body cannot be read again is sent once", async (t) => {
  const { upstream, script } = bench({ "a:1": vanish, "b:1": ok });
  const asked = request({ REQUEST_METHOD: "PUT" }, { body: bodyOf("x") });
  await t.throwsAsync(upstream.send(asked), { code: "UWSGI_PEER_GONE" });
  t.deepEqual(script.sent, ["a:1"]);
});

test("at most three nodes are asked, unless more is said", async (t) => {
  const answers = { "a:1": refuse, "b:1": refuse, "c:1": refuse, "d:1": ok };
  const error = await t.throwsAsync(bench(answers).upstream.send(request()), { code: "UWSGI_CONNECT_FAILED" });
  t.is(error?.message, "3 nodes failed, at most 3 are asked: a:1: refused; b:1: refused; c:1: refused");
  const { script, upstream } = bench(answers, { retry: { tries: 4 } });
  await upstream.send(request());
  t.is(script.sent.length, 4);
});

test("tries of 1 is no retry", async (t) => {
  const { upstream, script } = bench({ "a:1": refuse, "b:1": ok }, { retry: { tries: 1 } });
  await t.throwsAsync(upstream.send(request()), { message: "refused" });
  t.is(script.sent.length, 1);
});

test("no node is asked twice for one request, and backups come last", async (t) => {
  const script = new Scripted({}, vanish);
  const nodes = ["a:1 max_fails=9", "b:1 backup", "c:1 max_fails=9"];
  const upstream = new Upstream({ nodes, resolve: false, connect: script.connect, retry: { tries: 9 } });
  await t.throwsAsync(upstream.send(request()), { message: /^3 nodes failed, no other can be asked/ });
  t.deepEqual(script.sent, ["a:1", "c:1", "b:1"]);
});

test("when all nodes were too slow it is a TimeoutError, with all errors in its cause", async (t) => {
  const { upstream } = bench({ "a:1": late, "b:1": late });
  const error = await t.throwsAsync(upstream.send(request()), {
    instanceOf: TimeoutError,
    code: "UWSGI_RESPONSE_TIMEOUT",
  });
  const cause = error?.cause as AggregateError;
  t.true(cause instanceof AggregateError);
  t.deepEqual(cause.errors.map(String), Array(2).fill("TimeoutError: no head within 10 ms"));
});

for (const [what, second, kind, code] of [
  ["a ConnectionError", vanish, ConnectionError, "UWSGI_PEER_GONE"],
  ["a ProtocolError", garbage, ProtocolError, "UWSGI_BAD_RESPONSE_HEAD"],
  [
    "a LimitError",
    () => {
      throw new LimitError("head too long", { code: "UWSGI_RESPONSE_HEAD_LIMIT" });
    },
    LimitError,
    "UWSGI_RESPONSE_HEAD_LIMIT",
  ],
] as const) {
  test(`when one node was too slow and another failed otherwise it is ${what}, as that other`, async (t) => {
    const { upstream } = bench({ "a:1": second, "b:1": late });
    const error = await t.throwsAsync(upstream.send(request()), { instanceOf: kind, code });
    t.regex(error?.message ?? "", /^2 nodes failed, no other can be asked: a:1: .*; b:1: no head within 10 ms$/);
  });
}

test("when no node can be asked it is an UpstreamError, UWSGI_NO_NODE, that lists each and why", async (t) => {
  const { upstream } = bench({ "a:1 fail_timeout=60": refuse, "b:1 fail_timeout=60 max_conns=1": refuse });
  upstream.add("c:1 max_conns=1");
  await upstream.send(request());
  upstream.add("d:1");
  upstream.markDead("d:1", "no announcement for 17 s");
  const error = (await t.throwsAsync(upstream.send(request()), {
    instanceOf: UpstreamError,
    code: "UWSGI_NO_NODE",
  })) as Error;
  t.regex(
    error.message,
    /^no node can be asked: a:1 failed, is asked again in \d+ ms: refused; b:1 failed, is asked again in \d+ ms: refused; c:1 has 1 requests in flight, at most 1 are allowed; d:1 was marked dead: no announcement for 17 s$/,
  );
  t.is((error.cause as AggregateError).errors.length, 2);
});

test("an upstream without nodes says that", async (t) => {
  await t.throwsAsync(new Upstream().send(request()), { code: "UWSGI_NO_NODE", message: /none was added/ });
});

test("when all are down one request at a time tries a node whose time is over, and brings it back", async (t) => {
  let isWell = false;
  const held = gate<Response>();
  const answer: Answering = () => (isWell ? held.promise : refuse(post));
  const { upstream, script } = bench({ "a:1 fail_timeout=1ms": answer, "b:1 fail_timeout=60s": refuse });
  await t.throwsAsync(upstream.send(request()), { code: "UWSGI_CONNECT_FAILED" });
  isWell = true;
  script.sent.length = 0;
  // The time is over when a millisecond has passed.
  const begin = performance.now();
  while (performance.now() < begin + 2);
  const first = upstream.send(request());
  await t.throwsAsync(upstream.send(request()), { code: "UWSGI_NO_NODE", message: /a request is trying it/ });
  held.open(responseOf("back"));
  t.is(await textOf(await first), "back");
  t.is(stateOf({ upstream, script }, "a:1"), "up");
  t.deepEqual(script.sent, ["a:1"]);
});

test("a request that its caller aborts rejects with the reason, and is no failure of the node", async (t) => {
  const controller = new AbortController();
  const one = bench({
    "a:1": () => {
      controller.abort(new Error("enough"));
      throw gone("the connection was closed here");
    },
    "b:1": ok,
  });
  await t.throwsAsync(one.upstream.send(request({}, { signal: controller.signal })), { message: "enough" });
  t.is(one.upstream.nodes[0]?.failures, 0);
  t.is(one.script.sent.length, 1);
  await t.throwsAsync(one.upstream.send(request({}, { signal: controller.signal })), { message: "enough" });
  t.is(one.script.sent.length, 1);
});

test("a caller's own mistake is thrown as it is, and is no failure of the node", async (t) => {
  const mistake = new RangeError("packet too large");
  const one = bench({
    "a:1": () => {
      throw mistake;
    },
    "b:1": ok,
  });
  t.is(await t.throwsAsync(one.upstream.send(request())), mistake);
  t.deepEqual([one.upstream.nodes[0]?.failures, stateOf(one, "a:1")], [0, "up"]);
});

test("a mistake on the second node is thrown as it is too", async (t) => {
  const mistake = new RangeError("packet too large");
  const one = bench({
    "a:1": refuse,
    "b:1": () => {
      throw mistake;
    },
  });
  t.is(await t.throwsAsync(one.upstream.send(request())), mistake);
});

/** Takes the body as a client does, and says that the connection broke when the body breaks. */
const takes: Answering = async ({ body }) => {
  try {
    await textOf({ body } as Response);
  } catch {
    throw gone("the connection was closed here");
  }
  return responseOf("ok");
};

test("an upload that is broken off is no failure of the node, and is not sent again", async (t) => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(5);
    throw new Error("the client is gone");
  }
  const one = bench({ "a:1": takes, "b:1": takes });
  const asked = request({ REQUEST_METHOD: "PUT" }, { body: broken(), isBodyReplayable: true });
  await t.throwsAsync(one.upstream.send(asked), { code: "UWSGI_PEER_GONE" });
  t.deepEqual([one.upstream.nodes[0]?.failures, one.script.sent.length], [0, 1]);
});

test("a node that goes away while it waits for the rest of a slow upload has not failed", async (t) => {
  const one = bench({
    "a:1": ({ body }) => {
      const iterator = body?.[Symbol.asyncIterator]();
      void iterator?.next();
      throw gone("the server closed the connection without an answer");
    },
    "b:1": ok,
  });
  const stalled = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
  await t.throwsAsync(one.upstream.send({ ...post, body: stalled }), { code: "UWSGI_PEER_GONE" });
  t.is(stateOf(one, "a:1"), "up");
});

test("time for the whole request that is up is no failure of the node", async (t) => {
  const one = bench({
    "a:1": () => {
      throw new TimeoutError("total", { code: "UWSGI_TOTAL_TIMEOUT" });
    },
    "b:1": ok,
  });
  await t.throwsAsync(one.upstream.send(request()), { message: "total" });
  t.deepEqual([one.upstream.nodes[0]?.failures, one.script.sent.length], [0, 1]);
});

test("totalMs is for all nodes together: the second gets what is left", async (t) => {
  const slow: Answering = async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return refuse(post);
  };
  const { upstream, script } = bench({ "a:1": slow, "b:1": ok }, { timeouts: { totalMs: 5_000 } });
  await upstream.send(request());
  const [first = 0, second = 0] = script.requests.map(({ timeouts }) => timeouts?.totalMs ?? 0);
  t.true(first <= 5_000 && first > 4_000);
  t.true(second <= first - 15, `${first} then ${second}`);
});

test("behind retry.timeoutMs no further node is asked", async (t) => {
  const { upstream, script } = bench({ "a:1": refuse, "b:1": ok }, { retry: { timeoutMs: 0 } });
  await t.throwsAsync(upstream.send(request()), { message: "refused" });
  t.is(script.sent.length, 1);
});

test("the budget bounds requests that are sent again, and not those of which nothing was sent", async (t) => {
  const retry = { budget: { ratio: 0, minPerSecond: 0 } };
  const sent = bench({ "a:1": vanish, "b:1": ok }, { retry });
  await t.throwsAsync(sent.upstream.send(request()), { code: "UWSGI_PEER_GONE" });
  t.is(sent.script.sent.length, 1);
  const unsent = bench({ "a:1": refuse, "b:1": ok }, { retry });
  await t.notThrowsAsync(unsent.upstream.send(request()));
});

test("in an outage the budget keeps the load to a fifth more", async (t) => {
  const script = new Scripted({}, vanish);
  const nodes = ["a:1 max_fails=0", "b:1 max_fails=0", "c:1 max_fails=0"];
  const upstream = new Upstream({
    nodes,
    resolve: false,
    connect: script.connect,
    retry: { budget: { minPerSecond: 0 } },
  });
  for (let i = 0; i < 1_000; i++) await t.throwsAsync(upstream.send(request()));
  t.is(script.sent.length, 1_200);
});

const unavailable: Answering = () => responseOf("busy", 503);

test("a status that is a failure sends an idempotent request to the next node", async (t) => {
  const one = bench({ "a:1": unavailable, "b:1": ok }, { retry: { statuses: [503] } });
  t.is(await textOf(await one.upstream.send(request())), "ok");
  t.deepEqual([stateOf(one, "a:1"), one.upstream.nodes[0]?.inFlight], ["down", 0]);
  t.is(String(one.upstream.nodes[0]?.lastFailure?.error), "Error: answered 503");
});

test("a status that is a failure is the answer when the request may not be sent again, and when no other node answers", async (t) => {
  for (const [answers, asked] of [
    [{ "a:1": unavailable, "b:1": ok }, post],
    [{ "a:1": unavailable, "b:1": unavailable }, request()],
  ] as const) {
    const { upstream } = bench(answers, { retry: { statuses: [503] } });
    const response = await upstream.send(asked);
    t.deepEqual([response.status, await textOf(response)], [503, "busy"]);
    t.deepEqual(
      upstream.nodes.map(({ inFlight }) => inFlight),
      [0, 0],
    );
  }
});

test("statuses are answers like others unless they are said to be failures", async (t) => {
  const one = bench({ "a:1": unavailable, "b:1": ok });
  t.is((await one.upstream.send(request())).status, 503);
  t.is(stateOf(one, "a:1"), "up");
});

test("a body that breaks behind the head is the node's failure, and is never asked for again elsewhere", async (t) => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(5);
    throw gone("cut");
  }
  const one = bench({ "a:1": () => ({ ...responseOf(""), body: broken() }), "b:1": ok });
  const response = await one.upstream.send(request());
  await t.throwsAsync(textOf(response), { message: "cut" });
  t.deepEqual([stateOf(one, "a:1"), one.script.sent.length, one.upstream.nodes[0]?.inFlight], ["down", 1, 0]);
});

const inFlight = ({ upstream }: Bench): number | undefined => upstream.nodes[0]?.inFlight;

test("a request is in flight until its body has ended", async (t) => {
  const one = bench({ "a:1": ok });
  const response = await one.upstream.send(request());
  t.is(inFlight(one), 1);
  const iterator = response.body[Symbol.asyncIterator]();
  await iterator.next();
  t.is(inFlight(one), 1);
  t.true((await iterator.next()).done);
  t.is(inFlight(one), 0);
});

test("a request is in flight until its body is closed, which closes that of the node, also before the first chunk", async (t) => {
  for (const reads of [0, 1]) {
    let closed = 0;
    const body = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: new Uint8Array(1) }) as const,
        return: async () => {
          closed++;
          return { done: true, value: undefined } as const;
        },
      }),
    };
    const one = bench({ "a:1": () => ({ ...responseOf(""), body }) });
    const iterator = (await one.upstream.send(request())).body[Symbol.asyncIterator]();
    for (let i = 0; i < reads; i++) await iterator.next();
    await iterator.return?.();
    t.deepEqual([inFlight(one), closed], [0, 1]);
  }
});

test("a request is in flight until its signal fires", async (t) => {
  const controller = new AbortController();
  const one = bench({ "a:1": ok });
  await one.upstream.send(request({}, { signal: controller.signal }));
  t.is(inFlight(one), 1);
  controller.abort();
  t.is(inFlight(one), 0);
});

test("an answer without a body is over at once", async (t) => {
  for (const [answer, more] of [
    [() => responseOf("", 204), {}],
    [() => responseOf("", 304), {}],
    [ok, { isHead: true }],
  ] as const) {
    const one = bench({ "a:1": answer });
    await one.upstream.send(request({}, more));
    t.is(inFlight(one), 0);
  }
});

test("a response that was forgotten is over when it has been collected, and its connection closed", async (t) => {
  let closed = 0;
  const body = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<never>(() => {}),
      return: async () => {
        closed++;
        return { done: true, value: undefined } as const;
      },
    }),
  };
  const one = bench({ "a:1": () => ({ ...responseOf(""), body }) });
  const take = async (): Promise<number> => (await one.upstream.send(request())).status;
  t.is(await take(), 200);
  t.is(inFlight(one), 1);
  for (let round = 0; round < 20 && inFlight(one) !== 0; round++) await collectGarbage();
  t.deepEqual([inFlight(one), closed], [0, 1]);
});

test("what a response says later of its body is passed on", async (t) => {
  let excessBytes = 0;
  const answer = {
    ...responseOf("ok"),
    get excessBytes() {
      return excessBytes;
    },
  };
  const { upstream } = bench({
    "a:1": () => Object.defineProperties({}, Object.getOwnPropertyDescriptors(answer)) as Response,
  });
  const response = await upstream.send(request());
  excessBytes = 7;
  t.is(response.excessBytes, 7);
});

test("a node gets the modifiers that it asks for, others those of the request", async (t) => {
  const { upstream, script } = bench({}, { nodes: ["a:1 modifier1=5 modifier2=1", "b:1"] });
  await upstream.send(request({}, { modifier1: 9 }));
  await upstream.send(request({}, { modifier1: 9 }));
  t.deepEqual(
    script.requests.map(({ modifier1, modifier2 }) => [modifier1, modifier2]),
    [
      [5, 1],
      [9, undefined],
    ],
  );
});

for (const [what, balance, one, other] of [
  [
    "ip-hash",
    "ip-hash",
    { REMOTE_ADDR: "10.0.0.1", REQUEST_URI: "/a" },
    { REMOTE_ADDR: "10.0.0.1", REQUEST_URI: "/b" },
  ],
  ["uri-hash, without the query", "uri-hash", { REQUEST_URI: "/a?1" }, { REQUEST_URI: "/a?2" }],
  ["the hash of a var", { hash: "HTTP_X_USER" }, { HTTP_X_USER: "ada", A: "1" }, { HTTP_X_USER: "ada", A: "2" }],
  ["the hash of a function", { hash: (asked: PacketRequest) => String(asked.isHead) }, { A: "1" }, { A: "2" }],
] as const) {
  test(`by ${what} requests that are alike go to the same node, also beside others`, async (t) => {
    const nodes = Array.from({ length: 20 }, (_, i) => `n${i}:1`);
    const { upstream, script } = bench({}, { nodes, balance });
    await upstream.send(request(one));
    await upstream.send(request(other));
    t.is(script.sent[0], script.sent[1]);
  });
}

test("by hash, requests that are not alike are spread", async (t) => {
  const nodes = Array.from({ length: 20 }, (_, i) => `n${i}:1`);
  const { upstream, script } = bench({}, { nodes, balance: "uri-hash" });
  for (let i = 0; i < 200; i++) await upstream.send(request({ REQUEST_URI: `/${i}` }));
  t.is(new Set(script.sent).size, 20);
});

test("hash mode keeps at least 95 % of its keys when one of 20 nodes is removed, and all when a request fails once", async (t) => {
  const nodes = Array.from({ length: 20 }, (_, i) => `n${i}:1`);
  const { upstream, script } = bench({}, { nodes, balance: "uri-hash" });
  const ask = async (): Promise<string[]> => {
    script.sent.length = 0;
    for (let i = 0; i < 1_000; i++) await textOf(await upstream.send(request({ REQUEST_URI: `/key/${i}` })));
    return [...script.sent];
  };
  const before = await ask();
  t.true(await upstream.remove("n7:1"));
  const after = await ask();
  const kept = before.filter((node, i) => node === after[i]).length;
  const own = before.filter((node) => node === "n7:1").length;
  t.is(kept, 1_000 - own);
  t.true(own <= 65, `${own} keys of 1000`);
  upstream.add("n7:1");
  t.deepEqual(await ask(), before);
});

test("removing a node resolves when its last request has ended; until then it is draining, and gets no more", async (t) => {
  const one = bench({ "a:1": ok, "b:1": ok });
  const response = await one.upstream.send(request());
  let isGone = false;
  const removing = one.upstream.remove("a:1").then((was) => {
    isGone = true;
    return was;
  });
  await one.upstream.send(request());
  t.deepEqual([stateOf(one, "a:1"), isGone, one.script.sent[1]], ["draining", false, "b:1"]);
  await textOf(response);
  t.true(await removing);
  t.is(stateOf(one, "a:1"), undefined);
  t.false(await one.upstream.remove("a:1"));
});

test("a node is known by its address in whatever form it is written", async (t) => {
  const { upstream } = bench({}, { nodes: ["unix:/run/a.sock"] });
  t.true(upstream.markDead("/run/a.sock", "x"));
  t.true(upstream.markAlive("unix:/run/a.sock"));
  t.true(await upstream.remove("/run/a.sock"));
});

test("close waits for running requests, takes no more, and is the same promise twice", async (t) => {
  const { upstream } = bench({ "a:1": ok });
  const response = await upstream.send(request());
  const closing = upstream.close();
  t.is(closing, upstream.close());
  t.is(closing, upstream[Symbol.asyncDispose]());
  await t.throwsAsync(upstream.send(request()), { code: "UWSGI_NO_NODE", message: "the upstream is closed" });
  t.throws(() => upstream.add("c:1"), { instanceOf: UpstreamError, code: "UWSGI_NO_NODE" });
  await textOf(response);
  await closing;
  t.deepEqual(upstream.nodes, []);
});

test("what happens to nodes is reported, with why", async (t) => {
  const changes = new Changes(t);
  const { upstream } = bench({ "a:1": refuse, "b:1": ok });
  await textOf(await upstream.send(request()));
  await upstream.remove("b:1");
  t.deepEqual(changes.of(upstream), ["a:1 added", "b:1 added", "a:1 down", "b:1 draining", "b:1 removed"]);
  t.is(changes.all.find(({ state, upstream: of }) => state === "down" && of === upstream)?.why, "refused");
});

test("nodes are shown with what is known of them", async (t) => {
  const { upstream } = bench({ "a:1 weight=3 backup id=x": ok, "b:1": vanish, "c:1": ok });
  await upstream.send(request());
  const [a, b, c] = upstream.nodes;
  t.deepEqual(a, {
    address: "a:1",
    host: undefined,
    id: "x",
    state: "up",
    weight: 3,
    isBackup: true,
    inFlight: 0,
    requests: 0,
    failures: 0,
    lastFailure: undefined,
    warning: "",
  });
  t.deepEqual([b?.state, b?.requests, b?.failures, b?.inFlight], ["down", 1, 1, 0]);
  t.true((b?.lastFailure?.agoMs ?? -1) >= 0);
  t.deepEqual([c?.requests, c?.inFlight], [1, 1]);
});

for (const [what, options] of [
  ["an option that is none", { node: [] }],
  ["a way of balancing that is none", { balance: "toString" }],
  ["a hash of nothing", { balance: { hash: "" } }],
  ["the same node twice", { nodes: ["/run/a", "unix:/run/a"] }],
  ["tries of 0", { retry: { tries: 0 } }],
  ["tries that are text", { retry: { tries: "3" } }],
  ["a retry option that is none", { retry: { times: 3 } }],
  ["a status that is none", { retry: { statuses: [99] } }],
  ["statuses that are no list", { retry: { statuses: 503 } }],
  ["a budget above all requests", { retry: { budget: { ratio: 2 } } }],
  ["a health check that is none", { health: { active: { accept: "http" } } }],
  ["a rise of 0", { health: { active: { rise: 0 } } }],
  ["a health option that is none", { health: { passive: false } }],
  ["a negative slow start", { slowStartMs: -1 }],
  ["a lookup that is no function", { resolve: { lookup: "dns" } }],
  ["an interval of lookups of 0", { resolve: { intervalMs: 0 } }],
  ["no options object", null],
] as const) {
  test(`an upstream with ${what} is refused`, (t) => {
    const error = t.throws(() => new Upstream(options as never), { any: true });
    t.is((error as Error & { code?: string }).code, "UWSGI_INVALID_ARGUMENT");
  });
}

test("an upstream with a node that is no address is refused", (t) => {
  t.throws(() => new Upstream({ nodes: ["nowhere"] }), { code: "UWSGI_INVALID_ADDRESS" });
});
