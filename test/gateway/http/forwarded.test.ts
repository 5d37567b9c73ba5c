import fc from "fast-check";
import test from "ava";
import {
  type Claims,
  clientByForwarded,
  clientOf,
  forwardedFor,
  plainAddress,
} from "../../../src/gateway/http/forwarded.ts";

const nothing: Claims = { for: undefined, proto: undefined, host: undefined, port: undefined, forwarded: undefined };
const isTrusted = (address: string): boolean => address.startsWith("10.") || address === "2001:db8::1";

for (const [about, chain, address, port] of [
  ["one address is the client's", "192.0.2.1", "192.0.2.1", undefined],
  ["the last address that nobody trusts is the client's", "203.0.113.66, 192.0.2.1", "192.0.2.1", undefined],
  ["trusted proxies at the end are passed over", "203.0.113.66, 192.0.2.1, 10.0.0.2, 10.0.0.1", "192.0.2.1", undefined],
  ["where all are trusted the first is the farthest", "10.0.0.3, 10.0.0.2", "10.0.0.3", undefined],
  ["what cannot be read ends the way", "192.0.2.1, unknown, 10.0.0.2", "10.0.0.2", undefined],
  ["an empty element ends the way", "192.0.2.1,, 10.0.0.2", "10.0.0.2", undefined],
  ["what cannot be read at all says nothing", "unknown", undefined, undefined],
  ["an address may have a port", "192.0.2.1:4711", "192.0.2.1", 4711],
  ["so may IPv6, in brackets", "[2001:db8::2]:4711", "2001:db8::2", 4711],
  ["IPv6 needs no brackets without one", "2001:db8::2, 2001:db8::1", "2001:db8::2", undefined],
  ["IPv4 that is written as IPv6 is IPv4", "192.0.2.1, ::ffff:10.0.0.2", "192.0.2.1", undefined],
  ["a port of 0 is none", "192.0.2.1:0", "192.0.2.1", undefined],
  ["a name is no address", "evil.test, 10.0.0.2", "10.0.0.2", undefined],
] as const) {
  test(`X-Forwarded-For: ${about}`, (t) => {
    t.like(clientOf({ ...nothing, for: chain }, isTrusted), { address, port });
  });
}

test("of several schemes, hosts and ports the last counts: the trusted peer's own", (t) => {
  const claims = { ...nothing, proto: "https, http", host: "evil.test, a.test:81", port: "1, 81" };
  t.like(clientOf(claims, isTrusted), { scheme: "http", host: "a.test:81", serverPort: 81 });
});

for (const proto of ["ftp", "", "https;", "on"]) {
  test(`X-Forwarded-Proto: ${JSON.stringify(proto)} says nothing`, (t) => {
    t.is(clientOf({ ...nothing, proto }, isTrusted).scheme, undefined);
  });
}

for (const host of ["a b", "a/b", "a@b", "", "a:b", "[x]"]) {
  test(`X-Forwarded-Host: ${JSON.stringify(host)} is no host, and says nothing`, (t) => {
    t.is(clientOf({ ...nothing, host }, isTrusted).host, undefined);
  });
}

for (const port of ["0", "65536", "x", "-1", ""]) {
  test(`X-Forwarded-Port: ${JSON.stringify(port)} is no port, and says nothing`, (t) => {
    t.is(clientOf({ ...nothing, port }, isTrusted).serverPort, undefined);
  });
}

for (const [about, header, expected] of [
  ["its element says how the client came", "for=192.0.2.1;proto=https;host=a.test", ["192.0.2.1", "https", "a.test"]],
  [
    "scheme and host are those beside the client's address",
    "for=203.0.113.66;proto=http, for=192.0.2.1;proto=https;host=a.test, for=10.0.0.2;proto=http;host=inner",
    ["192.0.2.1", "https", "a.test"],
  ],
  ["quoted IPv6 with a port", 'for="[2001:db8::2]:4711";proto=https', ["2001:db8::2", "https", undefined]],
  ["a comma in quotes separates nothing", 'for=192.0.2.1;host="a,b";proto=https', ["192.0.2.1", "https", undefined]],
  ["names in any case", "For=192.0.2.1;PROTO=HTTPS", ["192.0.2.1", "https", undefined]],
  [
    "a hidden client leaves the last proxy",
    "for=_hidden;proto=https, for=10.0.0.2",
    ["10.0.0.2", undefined, undefined],
  ],
] as const) {
  test(`Forwarded: ${about}`, (t) => {
    const { address, scheme, host } = clientByForwarded(header, isTrusted);
    t.deepEqual([address, scheme, host], [...expected]);
  });
}

test("an address is written into Forwarded as RFC 7239 6 has it", (t) => {
  t.deepEqual(["192.0.2.1", "2001:db8::1", ""].map(forwardedFor), [
    "for=192.0.2.1",
    'for="[2001:db8::1]"',
    "for=unknown",
  ]);
  t.deepEqual(["::ffff:192.0.2.1", "2001:db8::1", ""].map(plainAddress), ["192.0.2.1", "2001:db8::1", ""]);
});

test("whatever stands before an address that nobody trusts changes nothing", (t) => {
  fc.assert(
    fc.property(fc.string(), (before) => {
      t.is(clientOf({ ...nothing, for: `${before}, 192.0.2.1, 10.0.0.1` }, isTrusted).address, "192.0.2.1");
    }),
  );
});

test("no header makes the reading of it fail", (t) => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('"', ",", ";", "=", "\\", "f", "or", "1", ".", ":", "[", "]") }),
      (text) => {
        clientByForwarded(text, isTrusted);
        clientOf({ for: text, proto: text, host: text, port: text, forwarded: text }, isTrusted);
      },
    ),
  );
  t.pass();
});
