import { generateKeyPairSync } from "node:crypto";
import test from "ava";
import { subscriptionChanged, subscriptionRefused, type SubscriptionRefused } from "../../../src/diagnostics.ts";
import { errorCode } from "../../../src/errors.ts";
import { logServer } from "../../../src/log/index.ts";
import {
  encodeSubscription,
  type EncodeSubscriptionOptions,
} from "../../../src/upstream/subscription/encode-subscription.ts";
import { signerOf } from "../../../src/upstream/subscription/signature.ts";
import { SubscriptionServer } from "../../../src/upstream/subscription/subscription-server.ts";
import type { SubscriptionServerOptions } from "../../../src/upstream/subscription/subscription-options.ts";
import { datagramSink, sendDatagrams } from "../../helpers/datagrams.ts";
import { Recorded } from "../../helpers/test-server.ts";
import { bytesOf, signed as signedByUwsgi, publicKey as uwsgiPublicKey } from "./vectors.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2_048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const signer = signerOf({ digest: "SHA256", key: privateKey });
const signCheck = { digest: "SHA256", keys: new Map([["a.example", publicKey]]) };

/** Seconds since 1970. */
const nowSeconds = (): number => Math.floor(new Date().getTime() / 1_000);

function encode(
  given: Partial<Parameters<typeof encodeSubscription>[0]> = {},
  options?: EncodeSubscriptionOptions,
): Uint8Array {
  return encodeSubscription({ key: "a.example", address: "127.0.0.1:3031", ...given }, options);
}

function encodeSigned(
  unix = nowSeconds(),
  given: Parameters<typeof encode>[0] = {},
  isUnsubscribe = false,
): Uint8Array {
  return encode(given, { isUnsubscribe, sign: { unix, signer } });
}

async function listen(options?: SubscriptionServerOptions) {
  const server = await SubscriptionServer.listen("127.0.0.1:0", options);
  const refused = new Recorded(subscriptionRefused, server);
  const changed = new Recorded(subscriptionChanged, server);
  return {
    server,
    refused,
    changed,
    [Symbol.asyncDispose]: async () => {
      await server.close();
      refused.stop();
      changed.stop();
    },
  };
}

const why = ({ error }: SubscriptionRefused): string => `${error.code}: ${error.message}`;

test("nodes come, are refreshed and go by announcements; each is told, and counted", async (t) => {
  await using heard = await listen();
  const { server, changed } = heard;
  await sendDatagrams(server.address, [encode()]);
  t.like(await changed.at(0), { change: "added", key: "a.example", address: "127.0.0.1:3031" });
  t.like(server.nodes[0], { key: "a.example", address: "127.0.0.1:3031", weight: 1 });
  await sendDatagrams(server.address, [encode(), encode({ weight: 3 }), encode({}, { isUnsubscribe: true })]);
  t.like(await changed.at(2), { change: "removed", because: "unsubscribed" });
  t.is(changed.all[1]?.change, "changed");
  t.deepEqual(server.counts, { taken: 4, refused: 0, dropped: 0 });
});

test("a node that falls silent goes", async (t) => {
  await using heard = await listen({ toleranceMs: 50 });
  await sendDatagrams(heard.server.address, [encode()]);
  t.like(await heard.changed.at(1), { change: "removed", because: "silent" });
});

for (const [what, bytes, message] of [
  ["malformed", encode().subarray(0, 20), /^UWSGI_BAD_SUBSCRIPTION: subscription: datasize of/],
  ["oversized", new Uint8Array(60_000), /datagram of 60000 bytes, at most 4096/],
  ["empty", new Uint8Array(0), /datagram of 0 bytes/],
  ["of an address that is not its sender's", encode({ address: "10.0.0.1:3031" }), /is not of its sender 127\.0\.0\.1/],
  ["of a path", encode({ address: "/run/docker.sock" }), /in none of the folders/],
  ["of a node that speaks HTTP", encode({ proto: "http" }), /it speaks HTTP/],
] as const) {
  test(`an announcement that is ${what} is refused, with the reason; the next counts`, async (t) => {
    await using heard = await listen();
    await sendDatagrams(heard.server.address, [bytes, encode()]);
    t.regex(why(await heard.refused.at(0)), message);
    await heard.changed.at(0);
    t.deepEqual(heard.server.counts, { taken: 1, refused: 1, dropped: 0 });
  });
}

test("who is not in allow is not looked at", async (t) => {
  await using heard = await listen({ allow: ["10.0.0.0/8"] });
  await sendDatagrams(heard.server.address, [encode()]);
  t.regex(why(await heard.refused.at(0)), /^UWSGI_PEER_NOT_ALLOWED: 127\.0\.0\.1 is not in the list/);
  t.deepEqual(heard.server.nodes, []);
});

test("where signatures are asked for, signed announcements count, and signed ends", async (t) => {
  await using heard = await listen({ signCheck });
  const now = nowSeconds();
  await sendDatagrams(heard.server.address, [encodeSigned(now), encodeSigned(now + 1, {}, true)]);
  t.is((await heard.changed.at(1)).change, "removed");
});

const forged = (): Uint8Array => {
  const bytes = encodeSigned();
  bytes[bytes.length - 1] = 255 ^ (bytes.at(-1) as number);
  return bytes;
};

for (const [what, make, message] of [
  ["not signed", () => encode(), /: it is not signed$/],
  ["signed by nobody known", () => encodeSigned(undefined, { key: "b.example" }), /there is no public key for it/],
  ["with another signature", forged, /the signature is not that of its key/],
  ["signed two minutes ago", () => encodeSigned(nowSeconds() - 120), /it is 1[12]\d s old, at most 60 s are taken/],
  ["signed in two minutes", () => encodeSigned(nowSeconds() + 120), /it is 1[12]\d s ahead/],
  ["to end it, not signed", () => encode({}, { isUnsubscribe: true }), /it is not signed/],
] as const) {
  test(`where signatures are asked for, an announcement ${what} is refused`, async (t) => {
    await using heard = await listen({ signCheck });
    await sendDatagrams(heard.server.address, [make()]);
    t.regex(why(await heard.refused.at(0)), message);
    t.deepEqual(heard.server.nodes, []);
  });
}

test("what was sniffed counts no second time: neither as it is, nor turned into an end, nor behind the end", async (t) => {
  await using heard = await listen({ signCheck });
  const now = nowSeconds();
  const announcement = encodeSigned(now);
  const end = encodeSigned(now + 2, {}, true);
  await sendDatagrams(heard.server.address, [announcement, announcement, announcement.with(3, 1), end, announcement]);
  for (const position of [0, 1, 2]) t.regex(why(await heard.refused.at(position)), /an old one, sent again/);
  t.deepEqual(
    heard.changed.all.map(({ change }) => change),
    ["added", "removed"],
  );
});

test("what uWSGI has signed long ago is old, whoever's key it has", async (t) => {
  await using heard = await listen({
    signCheck: { digest: "SHA1", keys: new Map([["signed.example", uwsgiPublicKey]]) },
  });
  await sendDatagrams(heard.server.address, [bytesOf(signedByUwsgi)]);
  t.regex(why(await heard.refused.at(0)), /at most 60 s are taken/);
});

test("without signatures a time that somebody has made up locks nobody out", async (t) => {
  await using heard = await listen();
  await sendDatagrams(heard.server.address, [encodeSigned(9_999_999_999), encodeSigned(1), encodeSigned(1, {}, true)]);
  t.is((await heard.changed.at(1)).change, "removed");
  t.is(heard.server.counts.refused, 0);
});

test("of a flood a quarter of what is looked at in a second is one sender's; that is told once", async (t) => {
  await using heard = await listen({ maxDatagramsPerSecond: 40, toleranceMs: 60_000 });
  const flood = Array.from({ length: 200 }, (_, i) => encode({ key: `k${i}` }));
  await sendDatagrams(heard.server.address, flood);
  t.regex(why(await heard.refused.at(0)), /\d+ datagrams were not looked at: there were too many in a second/);
  const { taken, dropped, refused } = heard.server.counts;
  // The flood may go on over the end of a second.
  t.true(taken >= 10 && taken < 100, `${taken}`);
  t.true(dropped > 0, `${dropped}`);
  t.is(refused, 0);
});

test("the table is bounded: one key more is refused", async (t) => {
  await using heard = await listen({ maxKeys: 1 });
  await sendDatagrams(heard.server.address, [encode(), encode({ key: "b.example" })]);
  t.regex(why(await heard.refused.at(0)), /there are 1 keys, which is the most/);
});

for (const [what, address, options, code] of [
  ["an address that others reach, without allow and signatures", "0.0.0.0:0", {}, "UWSGI_ADDRESS_EXPOSED"],
  ["a path", "/run/s.sock", {}, "UWSGI_INVALID_ADDRESS"],
  ["TLS", "suwsgi://127.0.0.1:1", {}, "UWSGI_INVALID_ADDRESS"],
  ["no tolerance", "127.0.0.1:0", { toleranceMs: 0 }, "UWSGI_INVALID_ARGUMENT"],
  ["nobody who may", "127.0.0.1:0", { allow: [] }, "UWSGI_INVALID_ARGUMENT"],
  ["a digest that is none", "127.0.0.1:0", { signCheck: "SHA0:/k" }, "UWSGI_INVALID_ARGUMENT"],
  ["a name that is none", "host.invalid:1", {}, "UWSGI_LISTEN_FAILED"],
] as const) {
  test(`does not listen: ${what}`, async (t) => {
    const error = await t.throwsAsync(SubscriptionServer.listen(address, options));
    t.is(errorCode(error), code);
  });
}

test("a path is refused with the reason: Node has no such datagrams", async (t) => {
  await t.throwsAsync(SubscriptionServer.listen("/run/s.sock"), {
    message: /no datagrams on unix sockets, only on UDP/,
  });
});

test("listens beyond loopback where it is said who may announce", async (t) => {
  await using server = await SubscriptionServer.listen("0.0.0.0:0", { allow: ["127.0.0.0/8"] });
  t.regex(server.address, /^0\.0\.0\.0:\d+$/);
});

test("an address that is taken is named", async (t) => {
  await using other = await datagramSink();
  const error = await t.throwsAsync(SubscriptionServer.listen(other.address));
  t.is(errorCode(error), "UWSGI_ADDRESS_IN_USE");
  t.true(error?.message.includes(other.address));
});

test("a forwarding router is one sender of many nodes: what may be announced is said in nodes", async (t) => {
  await using heard = await listen({ nodes: ["10.0.0.0/8"] });
  await sendDatagrams(heard.server.address, [encode({ address: "10.0.0.7:3031" })]);
  t.like(await heard.changed.at(0), { change: "added", address: "10.0.0.7:3031" });
});

test("the log of a subscription server has who came and went, and why others did not, a line each, escaped", async (t) => {
  const lines: string[] = [];
  await using heard = await listen({ nodes: ["127.0.0.1", "10.0.0.0/8"] });
  const stopLog = logServer(heard.server, { errors: { write: (line: string) => lines.push(line) } });
  await sendDatagrams(heard.server.address, [
    encode(),
    encode({}, { isUnsubscribe: true }),
    encode({ address: 'a b"c' }),
  ]);
  await heard.refused.at(0);
  stopLog();
  const sentences = lines.map((line) => line.replace(/^\S+ /, "").replace(/127\.0\.0\.1:\d{5}/, "PEER"));
  t.deepEqual(sentences, [
    "info a.example: 127.0.0.1:3031 added\n",
    "info a.example: 127.0.0.1:3031 removed, unsubscribed\n",
    'warn refused PEER: UWSGI_BAD_SUBSCRIPTION: subscription of a b"c for a.example: the address "a b\\"c" is not IP:PORT and no path\n',
  ]);
});
