import { generateKeyPairSync } from "node:crypto";
import test from "ava";
import { parseAddress } from "../../../src/connection/index.ts";
import type { ConnectionError } from "../../../src/errors.ts";
import { announce } from "../../../src/upstream/subscription/announce.ts";
import { decodeSubscription } from "../../../src/upstream/subscription/decode-subscription.ts";
import { announcedAddress, ServerAnnouncer } from "../../../src/upstream/subscription/server-announcer.ts";
import { datagramSink } from "../../helpers/datagrams.ts";
import { faultOf } from "../../helpers/wire.ts";

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2_048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

const address = "127.0.0.1:3031";

test("announces at once, again at each interval, and unsubscribes at its end, to each router by each key", async (t) => {
  await using one = await datagramSink();
  await using other = await datagramSink();
  const announcer = announce({ to: [one.address, other.address], key: ["a", "b"], address, intervalMs: 1_000 });
  await Promise.all([one.at(3), other.at(3)]);
  await announcer.close();
  await Promise.all([one.at(5), other.at(5)]);
  for (const { all } of [one, other]) {
    const heard = all.map((bytes) => decodeSubscription(bytes));
    t.deepEqual(
      heard.map(({ key, isUnsubscribe }) => `${isUnsubscribe ? "-" : "+"}${key}`),
      ["+a", "+b", "+a", "+b", "-a", "-b"],
    );
    t.true(heard.every((read) => read.address === address));
  }
});

test("close answers the same promise twice, and nothing is sent behind it", async (t) => {
  await using sink = await datagramSink();
  const announcer = announce({ to: sink.address, key: "a", address, intervalMs: 1_000 });
  await sink.at(0);
  const closing = announcer.close();
  t.is(announcer.close(), closing);
  await closing;
  await sink.at(1);
  await using later = announce({ to: sink.address, key: "later", address });
  await sink.at(2);
  t.is(decodeSubscription(await sink.at(2)).key, "later");
  t.truthy(later);
});

test("who is closed before it has announced anything announces nothing", async (t) => {
  await using sink = await datagramSink();
  await announce({ to: sink.address, key: "a", address }).close();
  await using next = announce({ to: sink.address, key: "next", address });
  t.is(decodeSubscription(await sink.at(0)).key, "next");
  t.truthy(next);
});

test("each signed announcement is later than the one before, the end a second ahead", async (t) => {
  await using sink = await datagramSink();
  const sign = { digest: "SHA256", key: privateKey };
  const announcer = announce({ to: sink.address, key: "a", address, sign, intervalMs: 1_000 });
  await sink.at(1);
  await announcer.close();
  await sink.at(2);
  const [first = 0, second = 0, last = 0] = sink.all.map((bytes) => decodeSubscription(bytes).unix ?? 0);
  t.true(first < second && second < last, `${first} ${second} ${last}`);
  t.true(Math.abs(first - new Date().getTime() / 1_000) < 10);
});

test("names are resolved, that of a router and that of the instance", async (t) => {
  await using sink = await datagramSink();
  const to = sink.address.replace("127.0.0.1", "localhost");
  await using announcer = announce({ to, key: "a", address: "localhost:3031" });
  t.is(decodeSubscription(await sink.at(0)).address, address);
  t.truthy(announcer);
});

test("a router that cannot be resolved is reported, and the others are told", async (t) => {
  await using sink = await datagramSink();
  const failed = new Promise<ConnectionError>((resolve) => {
    const announcer = announce({ to: ["host.invalid:1", sink.address], key: "a", address, onError: resolve });
    t.teardown(() => announcer.close());
  });
  await sink.at(0);
  t.like(await failed, { code: "UWSGI_CONNECT_FAILED" });
  t.regex((await failed).message, /^cannot announce to host\.invalid:1: getaddrinfo/);
});

test("a network that cannot be reached is reported, and the others are told", async (t) => {
  await using sink = await datagramSink();
  const failed = new Promise<ConnectionError>((resolve) => {
    // Broadcast is not allowed to a socket that has not asked for it: an error on each system, at each send.
    const announcer = announce({ to: ["255.255.255.255:1", sink.address], key: "a", address, onError: resolve });
    t.teardown(() => announcer.close());
  });
  await sink.at(0);
  t.regex((await failed).message, /^cannot announce to 255\.255\.255\.255:1: send E/);
});

test("nothing is sent while it is paused", async (t) => {
  await using sink = await datagramSink();
  let asked = 0;
  await using announcer = announce({
    to: sink.address,
    key: "a",
    address,
    intervalMs: 1_000,
    isPaused: () => ++asked < 2,
  });
  await sink.at(0);
  t.is(asked, 2);
  t.truthy(announcer);
});

for (const [what, given, code, message] of [
  [
    "a path as router",
    { to: "/run/r.sock" },
    "UWSGI_INVALID_ADDRESS",
    /Node\.js has no datagrams on unix sockets, only on UDP/,
  ],
  ["no router", { to: [] }, "UWSGI_INVALID_ARGUMENT", /^to is needed/],
  ["no key", { key: [] }, "UWSGI_INVALID_ARGUMENT", /^key is needed/],
  [
    "all addresses",
    { address: "0.0.0.0:3031" },
    "UWSGI_INVALID_ADDRESS",
    /is 0\.0\.0\.0:3031: one that a router can connect/,
  ],
  ["all addresses of IPv6", { address: "[::]:3031" }, "UWSGI_INVALID_ADDRESS", /one that a router can connect/],
  ["no port", { address: "10.0.0.1:0" }, "UWSGI_INVALID_ADDRESS", /one that a router can connect/],
  ["a path of here", { address: "./a.sock" }, "UWSGI_INVALID_ADDRESS", /an absolute path/],
  ["TLS", { address: "suwsgi://10.0.0.1:1" }, "UWSGI_INVALID_ADDRESS", /one that a router can connect/],
  ["half a second", { intervalMs: 500 }, "UWSGI_INVALID_ARGUMENT", /^intervalMs is 500, allowed are .* from 1000/],
  ["too much to sign", { sign: "SHA1:/nowhere" }, "UWSGI_INVALID_ARGUMENT", /ENOENT/],
  ["a weight of a million", { weight: 1_000_000 }, "UWSGI_INVALID_ARGUMENT", /^weight of the announcement/],
] as const) {
  test(`refuses ${what} at once`, (t) => {
    const fault = faultOf(() => announce({ to: "127.0.0.1:9", key: "a", address, ...given }));
    t.is(fault?.code, code);
    t.regex(fault?.message ?? "", message);
  });
}

for (const [what, given, listening, expected] of [
  ["the first", {}, ["127.0.0.1:1", "127.0.0.1:2"], "127.0.0.1:1"],
  ["the one that is said", { socket: 1 }, ["127.0.0.1:1", "127.0.0.1:2"], "127.0.0.1:2"],
  [
    "the first that routers can reach",
    {},
    ["0.0.0.0:1", "@name", "suwsgi://127.0.0.1:2", "127.0.0.1:3"],
    "127.0.0.1:3",
  ],
  [
    "one of the network for a router there",
    { to: "10.0.0.9:4000" },
    ["127.0.0.1:1", "/run/a", "10.0.0.1:1"],
    "10.0.0.1:1",
  ],
  ["a path, absolute, for a router here", { to: "localhost:4000" }, ["./a.sock"], `${process.cwd()}/a.sock`],
  ["what is given, wherever it listens", { address: "app:1", to: "10.0.0.9:4000" }, ["0.0.0.0:1"], "app:1"],
] as const) {
  test(`a server announces ${what}`, (t) => {
    const subscription = { to: "127.0.0.1:4000", key: "a", ...given };
    t.is(announcedAddress(subscription, listening.map(parseAddress)), expected);
  });
}

for (const [what, given, listening, message] of [
  [
    "all addresses",
    {},
    ["0.0.0.0:1"],
    /^0\.0\.0\.0:1 cannot be announced: it means all addresses of this machine; say in address/,
  ],
  ["loopback to another machine", { to: "10.0.0.9:4000" }, ["127.0.0.1:1"], /it is of this machine alone/],
  ["loopback to a name", { to: "router:4000" }, ["localhost:1"], /it is of this machine alone/],
  ["a path to another machine", { to: ["127.0.0.1:1", "10.0.0.9:4000"] }, ["/run/a"], /a path is of this machine/],
  ["a socket that is not there", { socket: 1 }, ["127.0.0.1:1"], /there is no socket 1, only 0 to 0/],
  ["an abstract name", {}, ["@name"], /routers connect to IP:PORT or a path/],
] as const) {
  test(`a server does not announce ${what}`, (t) => {
    const subscription = { to: "127.0.0.1:4000", key: "a", ...given };
    const fault = faultOf(() => new ServerAnnouncer([subscription], listening.map(parseAddress)));
    t.regex(fault?.message ?? "", message);
  });
}

test("subscriptions that are no list are the caller's mistake", (t) => {
  t.is(faultOf(() => new ServerAnnouncer("127.0.0.1:4000:a" as never, []))?.code, "UWSGI_INVALID_ARGUMENT");
});
