import { once } from "node:events";
import { createServer, type Server as NetServer } from "node:net";
import test from "ava";
import { Upstream, type Lookup, type UpstreamOptions } from "../../src/upstream/index.ts";
import { ConnectionError } from "../../src/errors.ts";
import { type Answering, Changes, request, responseOf, Scripted, textOf } from "../helpers/upstream-nodes.ts";

/** A resolver whose answers are written by hand; each lookup is counted. */
class Names {
  lookups = 0;
  answer: readonly string[] | Error | Promise<readonly string[]>;
  private wake: () => void = () => {};

  constructor(answer: Names["answer"]) {
    this.answer = answer;
  }

  readonly lookup: Lookup = async () => {
    this.lookups++;
    this.wake();
    const { answer } = this;
    if (answer instanceof Error) throw answer;
    return answer;
  };

  async looked(times: number): Promise<void> {
    while (this.lookups < times) await new Promise<void>((resolve) => (this.wake = resolve));
  }
}

function upstreamOf(names: Names, script: Scripted, options: UpstreamOptions = {}): Upstream {
  return new Upstream({
    nodes: ["app:3031 weight=2"],
    connect: script.connect,
    resolve: { lookup: names.lookup, intervalMs: Number.POSITIVE_INFINITY },
    ...options,
  });
}

test("a name stands for all its addresses, and the first request waits for them", async (t) => {
  const names = new Names(["10.0.0.1", "::1"]);
  const script = new Scripted({});
  await using upstream = upstreamOf(names, script);
  for (let i = 0; i < 4; i++) await textOf(await upstream.send(request()));
  t.deepEqual(script.sent, ["10.0.0.1:3031", "[::1]:3031", "10.0.0.1:3031", "[::1]:3031"]);
  t.deepEqual(
    upstream.nodes.map(({ address, host, weight }) => [address, host, weight]),
    [
      ["10.0.0.1:3031", "app", 2],
      ["[::1]:3031", "app", 2],
    ],
  );
});

test("IP addresses and unix sockets are not resolved", async (t) => {
  const names = new Names(new Error("asked"));
  const script = new Scripted({});
  const nodes = ["127.0.0.1:1", "[::1]:1", "/run/a", "@b", "suwsgi://10.0.0.1:1"];
  await using upstream = upstreamOf(names, script, { nodes });
  t.deepEqual(
    upstream.nodes.map(({ address }) => address),
    nodes,
  );
  t.is(names.lookups, 0);
});

test("with resolve false a name is one node", async (t) => {
  const script = new Scripted({});
  await using upstream = new Upstream({ nodes: ["app:1"], resolve: false, connect: script.connect });
  await textOf(await upstream.send(request()));
  t.deepEqual(script.sent, ["app:1"]);
});

test("names are looked up again: an address that has vanished drains, one that has come is asked", async (t) => {
  const changes = new Changes(t);
  const names = new Names(["10.0.0.1", "10.0.0.2"]);
  const script = new Scripted({});
  await using upstream = upstreamOf(names, script, { resolve: { lookup: names.lookup, intervalMs: 5 } });
  await changes.until(upstream, "10.0.0.2:3031 added");
  names.answer = ["10.0.0.2", "10.0.0.3"];
  await changes.until(upstream, "10.0.0.3:3031 added");
  t.deepEqual(changes.of(upstream).slice(2), [
    "10.0.0.1:3031 draining",
    "10.0.0.1:3031 removed",
    "10.0.0.3:3031 added",
  ]);
  for (let i = 0; i < 2; i++) await textOf(await upstream.send(request()));
  t.deepEqual(script.sent.toSorted(), ["10.0.0.2:3031", "10.0.0.3:3031"]);
});

for (const [what, answer] of [
  ["fails", new Error("EAI_AGAIN")],
  ["finds nothing", []],
  ["finds what is no address", ["elsewhere"]],
] as const) {
  test(`a lookup that ${what} keeps the addresses that were known`, async (t) => {
    const names = new Names(["10.0.0.1"]);
    const script = new Scripted({});
    await using upstream = upstreamOf(names, script, { resolve: { lookup: names.lookup, intervalMs: 2 } });
    await textOf(await upstream.send(request()));
    names.answer = answer;
    const begin = names.lookups;
    await names.looked(begin + 3);
    t.is(await textOf(await upstream.send(request())), "ok");
    t.deepEqual(
      upstream.nodes.map(({ address, state }) => [address, state]),
      [["10.0.0.1:3031", "up"]],
    );
  });
}

test("a name that cannot be resolved is named, with why, and is found when it can be later", async (t) => {
  const names = new Names(new Error("getaddrinfo ENOTFOUND app"));
  const script = new Scripted({});
  await using upstream = upstreamOf(names, script, { resolve: { lookup: names.lookup, intervalMs: 5 } });
  const changes = new Changes(t);
  await t.throwsAsync(upstream.send(request()), {
    code: "UWSGI_NO_NODE",
    message: "no node can be asked: app:3031 cannot be resolved: getaddrinfo ENOTFOUND app",
  });
  names.answer = ["10.0.0.1"];
  await changes.until(upstream, "10.0.0.1:3031 added");
  t.is(await textOf(await upstream.send(request())), "ok");
});

test("a request waits no longer for a name than for a connection", async (t) => {
  const names = new Names(new Promise<never>(() => {}));
  const script = new Scripted({});
  const upstream = upstreamOf(names, script, { timeouts: { connectMs: 20 } });
  t.teardown(() => upstream.close());
  await t.throwsAsync(upstream.send(request()), {
    code: "UWSGI_NO_NODE",
    message: /app:3031 has not been resolved yet/,
  });
  const controller = new AbortController();
  const waiting = upstream.send(request({}, { signal: controller.signal, timeouts: { connectMs: 60_000 } }));
  controller.abort(new Error("enough"));
  await t.throwsAsync(waiting, { message: "enough" });
});

test("a lookup that takes too long is given up, and says so", async (t) => {
  const names = new Names(new Promise<never>(() => {}));
  const script = new Scripted({});
  await using upstream = upstreamOf(names, script, {
    resolve: { lookup: names.lookup, timeoutMs: 10, intervalMs: Number.POSITIVE_INFINITY },
  });
  await t.throwsAsync(upstream.send(request()), {
    message: /app:3031 cannot be resolved: app was not resolved within 10 ms/,
  });
});

test("while another node can be asked nobody waits for a name", async (t) => {
  const names = new Names(new Promise<never>(() => {}));
  const script = new Scripted({});
  const upstream = upstreamOf(names, script, { nodes: ["app:1", "10.0.0.9:1"] });
  t.teardown(() => upstream.close());
  await textOf(await upstream.send(request()));
  t.deepEqual(script.sent, ["10.0.0.9:1"]);
});

test("a failed connection makes names be looked up anew", async (t) => {
  const refuse: Answering = () => {
    throw new ConnectionError("refused", { code: "UWSGI_CONNECT_FAILED" });
  };
  const names = new Names(["10.0.0.1"]);
  const script = new Scripted({ "10.0.0.1:3031": refuse });
  const changes = new Changes(t);
  await using upstream = upstreamOf(names, script);
  await changes.until(upstream, "10.0.0.1:3031 added");
  names.answer = ["10.0.0.2"];
  // Not more often than once a second: so long it fails without a lookup.
  for (let failures = 0; names.lookups === 1; failures++) {
    await t.throwsAsync(upstream.send(request()), { code: "UWSGI_CONNECT_FAILED" });
    if (failures === 0) t.is(names.lookups, 1);
    await new Promise(setImmediate);
  }
  await changes.until(upstream, "10.0.0.2:3031 added");
  t.is(await textOf(await upstream.send(request())), "ok");
});

test("names are no longer looked up when their node is removed, and when the upstream is closed", async (t) => {
  const names = new Names(["10.0.0.1"]);
  const script = new Scripted({}, () => responseOf("", 204));
  const upstream = upstreamOf(names, script, { resolve: { lookup: names.lookup, intervalMs: 1 } });
  // Another that goes on shows that there was time for more.
  const metronome = new Names(["10.0.0.1"]);
  await using other = upstreamOf(metronome, script, { resolve: { lookup: metronome.lookup, intervalMs: 1 } });
  await names.looked(3);
  t.true(await upstream.remove("app:3031"));
  const after = names.lookups;
  upstream.add("10.0.0.5:1");
  await upstream.send(request());
  await metronome.looked(metronome.lookups + 5);
  t.is(names.lookups, after);
  upstream.add("app:3031");
  await names.looked(after + 1);
  await upstream.close();
  const atClose = names.lookups;
  await metronome.looked(metronome.lookups + 5);
  t.is(names.lookups, atClose);
  t.deepEqual([upstream.nodes.length, other.nodes.length], [0, 1]);
});

test("an answer that comes when the node was removed is not used", async (t) => {
  let answer: (ips: readonly string[]) => void = () => {};
  const names = new Names(new Promise<readonly string[]>((resolve) => (answer = resolve)));
  await using upstream = upstreamOf(names, new Scripted({}));
  await upstream.remove("app:3031");
  answer(["10.0.0.1"]);
  await new Promise(setImmediate);
  t.deepEqual(upstream.nodes, []);
});

test("localhost is found by the system's own lookup", async (t) => {
  const server: NetServer = createServer((socket) => {
    socket.on("error", () => {}).once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await using upstream = new Upstream({ nodes: [`localhost:${port}`] });
  t.is(await textOf(await upstream.send(request())), "hi");
  t.true(upstream.nodes.some(({ address }) => address === `127.0.0.1:${port}`));
  server.close();
});

test("over TLS the certificate is asked for by the name, not by the address, unless a name was given", async (t) => {
  for (const [tls, serverName] of [
    [undefined, "app"],
    [{ ca: "x" }, "app"],
    [{ serverName: "other" }, "other"],
  ] as const) {
    const seen: unknown[] = [];
    await using upstream = new Upstream({
      nodes: ["suwsgi://app:1"],
      resolve: { lookup: async () => ["10.0.0.1", "10.0.0.2"] },
      ...(tls === undefined ? {} : { tls }),
      connect: (address, options) => {
        seen.push([address.kind, options.tls]);
        return new Scripted({}).connect(address);
      },
    });
    for (let i = 0; i < 2; i++) await textOf(await upstream.send(request()));
    const expected = serverName === "app" ? { ...tls, serverName } : tls;
    t.deepEqual(seen, [
      ["tls", expected],
      ["tls", expected],
    ]);
  }
});
