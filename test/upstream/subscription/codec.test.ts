import test from "ava";
import fc from "fast-check";
import { ProtocolError } from "../../../src/errors.ts";
import type { Announcement } from "../../../src/upstream/subscription/announcement.ts";
import { decodeSubscription } from "../../../src/upstream/subscription/decode-subscription.ts";
import { encodeSubscription } from "../../../src/upstream/subscription/encode-subscription.ts";
import { concat, faultOf, hex, latin1, packetOf, varsBlock } from "../../helpers/wire.ts";
import type { Pair } from "../../helpers/vectors.ts";
import { advanced, bytesOf, named, plain, signed, unsubscribed } from "./vectors.ts";

const base: Announcement = { key: "plain.example", address: "127.0.0.1:4997", cores: 2, weight: 0 };

const twoExample: Announcement = {
  key: "two.example",
  address: "127.0.0.1:3031",
  modifier1: 7,
  modifier2: 2,
  cores: 2,
  weight: 3,
  sniKey: "/k",
  sniCrt: "/c",
  sniCa: "/a",
};

for (const [what, announcement, isUnsubscribe, expected] of [
  ["subscribe-to", base, false, plain],
  ["subscribe-to at its end", { ...base, weight: 3 }, true, unsubscribed],
  ["subscribe-to with a socket", { ...base, key: "named.example", address: "/run/named.sock" }, false, named],
  ["subscribe2", twoExample, false, advanced],
] as const) {
  test(`writes byte for byte what uWSGI sends for ${what}`, (t) => {
    t.is(hex(encodeSubscription(announcement, { isUnsubscribe })), hex(bytesOf(expected)));
  });
}

test("reads what uWSGI sends: a weight of 0 is 1", (t) => {
  t.deepEqual(decodeSubscription(bytesOf(plain)), {
    key: "plain.example",
    address: "127.0.0.1:4997",
    modifier1: 0,
    modifier2: 0,
    cores: 2,
    load: 0,
    weight: 1,
    backup: 0,
    isUnsubscribe: false,
  });
  t.like(decodeSubscription(bytesOf(unsubscribed)), { key: "plain.example", isUnsubscribe: true });
  t.like(decodeSubscription(bytesOf(advanced)), { ...twoExample, isUnsubscribe: false });
});

test("what is signed are the bytes between the header and the signature", (t) => {
  const bytes = bytesOf(signed);
  const { unix, signature } = decodeSubscription(bytes);
  t.is(unix, 1_795_938_342);
  t.is(signature?.bytes.length, 256);
  t.deepEqual(signature?.signed, bytes.slice(4, bytes.length - 256 - 8));
});

test("the fields that uWSGI 2.1 has stand where it writes them, the signature last and over all before", (t) => {
  const seen: Uint8Array[] = [];
  const signer = (bytes: Uint8Array): Uint8Array => {
    seen.push(bytes.slice());
    return latin1("SIG");
  };
  const bytes = encodeSubscription(
    { ...twoExample, backup: 1, proto: "uwsgi", algo: "lrc", load: 4 },
    { sign: { unix: 99, signer } },
  );
  const unsignedPairs: Pair[] = [
    ["key", "two.example"],
    ["address", "127.0.0.1:3031"],
    ["modifier1", "7"],
    ["modifier2", "2"],
    ["cores", "2"],
    ["load", "4"],
    ["weight", "3"],
    ["backup", "1"],
    ["sni_key", "/k"],
    ["sni_crt", "/c"],
    ["sni_ca", "/a"],
    ["proto", "uwsgi"],
    ["algo", "lrc"],
    ["unix", "99"],
  ];
  t.deepEqual(seen.map(hex), [hex(varsBlock(unsignedPairs))]);
  t.is(hex(bytes), hex(packetOf(varsBlock([...unsignedPairs, ["sign", "SIG"]]), 224)));
});

for (const [what, announcement, message] of [
  ["an empty key", { ...base, key: "" }, /^key of the announcement is "": 1 to 255 characters/],
  ["a key of 256 characters", { ...base, key: "k".repeat(256) }, /^key of the announcement/],
  ["a key with a space", { ...base, key: "a b" }, /^key of the announcement/],
  ["an address with a line end", { ...base, address: "/run/a\n" }, /^address of the announcement/],
  ["a modifier1 of 256", { ...base, modifier1: 256 }, /^modifier1 .* is 256, allowed are whole numbers from 0 to 255$/],
  ["a weight below 0", { ...base, weight: -1 }, /^weight of the announcement is -1/],
  ["half a core", { ...base, cores: 0.5 }, /^cores of the announcement is 0.5/],
] as const) {
  test(`refuses to write ${what}`, (t) => {
    const fault = faultOf(() => encodeSubscription(announcement));
    t.is(fault?.code, "UWSGI_INVALID_ARGUMENT");
    t.regex(fault?.message ?? "", message);
  });
}

test("refuses to write more than routers read: 4 096 bytes", (t) => {
  const signOf = (length: number) => ({ sign: { unix: 1, signer: () => new Uint8Array(length) } });
  const room = 4_096 - encodeSubscription(base, signOf(0)).length;
  t.is(encodeSubscription(base, signOf(room)).length, 4_096);
  t.like(
    faultOf(() => encodeSubscription(base, signOf(room + 1))),
    { code: "UWSGI_PACKET_TOO_LARGE", message: "announcement of 4097 bytes, at most 4096 are read by routers" },
  );
});

const good: readonly Pair[] = [
  ["key", "k"],
  ["address", "127.0.0.1:1"],
];

/** A datagram of these pairs behind key and address. */
function datagram(...pairs: Pair[]): Uint8Array {
  return packetOf(varsBlock([...good, ...pairs]), 224);
}

for (const [what, bytes, message] of [
  ["no bytes", new Uint8Array(0), /datagram of 0 bytes, a header alone has 4/],
  ["half a header", latin1("\xe0\0\0"), /datagram of 3 bytes/],
  ["another packet", packetOf(varsBlock(good), 0), /modifier1 is 0, a subscription has 224/],
  ["a length that is too long", datagram().with(1, 99), /datasize of 99 bytes in front of 30/],
  ["bytes behind the packet", concat([datagram(), new Uint8Array(1)]), /datasize of 30 bytes in front of 31/],
  ["more than 4 096 bytes", datagram(["x", "y".repeat(4_096)]), /at most 4096 are allowed/],
  ["no key", packetOf(varsBlock([["address", "127.0.0.1:1"]]), 224), /there is no key/],
  ["no address", packetOf(varsBlock([["key", "k"]]), 224), /there is no address/],
  [
    "a vassal",
    packetOf(
      varsBlock([
        ["key", "k"],
        ["vassal", "v"],
      ]),
      224,
    ),
    /vassals are not started/,
  ],
  ["a key twice", datagram(["key", "other"]), /the field key comes twice/],
  ["an address of 256 bytes", datagram(["sni_key", "a".repeat(256)]), /sni_key of 256 bytes, at most 255/],
  ["a key with a line end", packetOf(varsBlock([["key", "a\nb"]]), 224), /key is "a\\nb": printable ASCII/],
  ["an empty weight", datagram(["weight", ""]), /weight is "", allowed are whole numbers/],
  ["a weight in hex", datagram(["weight", "0x5"]), /weight is "0x5"/],
  ["a modifier1 of 256", datagram(["modifier1", "256"]), /modifier1 is "256", allowed are .* 0 to 255/],
  ["a time beyond all clocks", datagram(["unix", "99999999999999999"]), /unix is "9+", allowed/],
  ["something behind the signature", datagram(["sign", "s"], ["weight", "9"]), /signature is not the last field/],
  ["something unknown behind the signature", datagram(["sign", "s"], ["x", "9"]), /signature is not the last field/],
  ["a value past its end", packetOf(concat([varsBlock(good), latin1("\x01\0a\x09\0b")]), 224), /value/],
  ["more fields than there are", datagram(...Array.from({ length: 31 }, (_, i): Pair => [`x${i}`, ""])), /vars/],
] as const) {
  test(`refuses ${what}`, (t) => {
    const fault = faultOf(() => decodeSubscription(bytes));
    t.is(fault?.code, "UWSGI_BAD_SUBSCRIPTION");
    t.regex(fault?.message ?? "", message);
  });
}

test("passes over fields that it does not know, also twice", (t) => {
  t.like(decodeSubscription(datagram(["inactive", "1"], ["notify", "/n"], ["x", "1"], ["x", "2"])), { key: "k" });
});

test("any modifier2 but 0, and clear=1, say that it wants no more", (t) => {
  t.true(decodeSubscription(datagram().with(3, 255)).isUnsubscribe);
  t.true(decodeSubscription(datagram(["clear", "1"])).isUnsubscribe);
  t.false(decodeSubscription(datagram(["clear", "0"])).isUnsubscribe);
});

const text = fc.string({ minLength: 1, maxLength: 255, unit: fc.constantFrom(..."abz.-_/:09") });
const number = fc.nat(255);
const announcements = fc.record(
  { key: text, address: text, modifier1: number, modifier2: number, cores: number, load: number, backup: number },
  { requiredKeys: ["key", "address"] },
);

test("what is written is read back", (t) => {
  fc.assert(
    fc.property(announcements, fc.boolean(), (announcement, isUnsubscribe) => {
      const read = decodeSubscription(encodeSubscription(announcement, { isUnsubscribe }));
      t.like(read, { ...announcement, weight: 1, isUnsubscribe });
    }),
  );
});

test("whatever the bytes are, they are a value or a ProtocolError UWSGI_BAD_SUBSCRIPTION", (t) => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.uint8Array({ maxLength: 200 }).map((payload) => packetOf(payload, 224)),
    // Real ones with some bytes changed, and cut.
    fc
      .tuple(
        fc.constantFrom(plain, advanced, signed).map(bytesOf),
        fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 4 }),
        fc.nat(400),
      )
      .map(([real, changes, length]) => {
        for (const [at, byte] of changes) real[at % real.length] = byte;
        return length % 3 === 0 ? real : real.slice(0, length);
      }),
  );
  fc.assert(
    fc.property(bytes, (input) => {
      try {
        const { key, address, weight } = decodeSubscription(input);
        t.true(key.length > 0 && address.length > 0 && weight > 0);
      } catch (error) {
        t.true(error instanceof ProtocolError && error.code === "UWSGI_BAD_SUBSCRIPTION", String(error));
      }
    }),
    { numRuns: 3_000 },
  );
});

test("a real one that is cut anywhere is refused", (t) => {
  const whole = bytesOf(signed);
  for (let length = 0; length < whole.length; length++) {
    t.is(faultOf(() => decodeSubscription(whole.subarray(0, length)))?.code, "UWSGI_BAD_SUBSCRIPTION", String(length));
  }
});
