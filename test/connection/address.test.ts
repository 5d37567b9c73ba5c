import test from "ava";
import fc from "fast-check";
import { type Address, formatAddress, isLocal, parseAddress } from "../../src/connection/address.ts";
import { faultOf } from "../helpers/wire.ts";

function tcp(host: string, port: number): Address {
  return { kind: "tcp", host, port };
}

function unix(path: string): Address {
  return { kind: "unix", path };
}

const longest = `/${"a".repeat(106)}`;
const longestUtf8 = `/${"é".repeat(53)}`;

for (const [text, address, formatted = text] of [
  ["127.0.0.1:3031", tcp("127.0.0.1", 3031)],
  ["localhost:0", tcp("localhost", 0)],
  ["example.test:65535", tcp("example.test", 65_535)],
  ["app:00080", tcp("app", 80), "app:80"],
  ["[::1]:3031", tcp("::1", 3031)],
  ["[2001:db8::1]:1", tcp("2001:db8::1", 1)],
  ["[::ffff:127.0.0.1]:1", tcp("::ffff:127.0.0.1", 1)],
  ["[fe80::1%eth0]:1", tcp("fe80::1%eth0", 1)],
  ["/run/app.sock", unix("/run/app.sock")],
  ["./app.sock", unix("./app.sock")],
  ["unix:/run/app.sock", unix("/run/app.sock"), "/run/app.sock"],
  ["unix:app.sock", unix("app.sock"), "app.sock"],
  ["unix:unix:/a", unix("unix:/a"), "unix:/a"],
  ["/a:80", unix("/a:80")],
  ["/run/my app.sock", unix("/run/my app.sock")],
  [longest, unix(longest)],
  [longestUtf8, unix(longestUtf8)],
] as const) {
  test(`address ${JSON.stringify(text)} is read as ${JSON.stringify(address)} and written as ${formatted}`, (t) => {
    t.deepEqual(parseAddress(text), address);
    t.is(formatAddress(address), formatted);
  });
}

for (const text of [
  "",
  ":3031",
  "3031",
  "localhost",
  "localhost:",
  "localhost:65536",
  "localhost:999999",
  "localhost:-1",
  "localhost:+1",
  "localhost:1e3",
  "localhost: 80",
  "localhost:80 ",
  "localhost:80\n",
  "::1:3031",
  "[::1]",
  "[::1]3031",
  "[]:3031",
  "a:b:80",
  "unix:",
  "unix:/a\0b",
  "/a\0b",
  `${longest}a`,
  `unix:${longest}a`,
  `${longestUtf8}a`,
  "app.sock",
]) {
  test(`address ${JSON.stringify(text.slice(0, 30))} of ${text.length} characters is refused by name`, (t) => {
    const fault = faultOf(() => parseAddress(text));
    t.is(fault?.code, "UWSGI_INVALID_ADDRESS");
    t.true(fault?.message.includes(JSON.stringify(text)));
  });
}

test("a socket path of 108 bytes is refused with its size: systems cut it without a word", (t) => {
  t.regex(faultOf(() => parseAddress(`${longest}a`))?.message ?? "", /1 to 107 bytes.*this one has 108$/);
});

test("what is written is read as the same address", (t) => {
  const address = fc.oneof(
    fc.record({
      kind: fc.constant("tcp" as const),
      host: fc.oneof(
        fc.ipV4(),
        fc.ipV6().filter((host) => host.includes(":")),
        fc.domain(),
      ),
      port: fc.nat({ max: 65_535 }),
    }),
    fc.record({ kind: fc.constant("unix" as const), path: fc.stringMatching(/^\/[!-~]{0,60}$/) }),
  );
  fc.assert(fc.property(address, (each) => t.deepEqual(parseAddress(formatAddress(each)), each)));
});

for (const [address, expected] of [
  [unix("/run/app.sock"), true],
  [tcp("localhost", 1), true],
  [tcp("127.0.0.1", 1), true],
  [tcp("127.1.2.3", 1), true],
  [tcp("::1", 1), true],
  [tcp("0.0.0.0", 1), false],
  [tcp("::", 1), false],
  [tcp("192.0.2.1", 1), false],
  [tcp("127.evil.test", 1), false],
  [tcp("127.0.0.1.evil.test", 1), false],
  [tcp("localhost.evil.test", 1), false],
  [tcp("", 1), false],
] as const) {
  test(`${formatAddress(address)} is ${expected ? "" : "not "}local`, (t) => t.is(isLocal(address), expected));
}
