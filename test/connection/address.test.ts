import test from "ava";
import fc from "fast-check";
import {
  type Address,
  formatAddress,
  parseAddress,
  type TcpAddress,
  type UnixAddress,
} from "../../src/connection/address.ts";
import { faultOf } from "../helpers/wire.ts";

function tcp(host: string, port: number): TcpAddress {
  return { kind: "tcp", host, port };
}

function unix(path: string): UnixAddress {
  return { kind: "unix", path };
}

function abstract(name: string): Address {
  return { kind: "abstract", name };
}

function tls(over: TcpAddress | UnixAddress): Address {
  return { kind: "tls", over };
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
  ["unix:///run/app.sock", unix("///run/app.sock"), "///run/app.sock"],
  ["@app", abstract("app")],
  ["unix:@app", abstract("app"), "@app"],
  ["@app/with slash:80", abstract("app/with slash:80")],
  [`@${longest}`, abstract(longest)],
  ["./@app", unix("./@app")],
  ["fd://3", { kind: "fd", fd: 3 }],
  ["fd://0042", { kind: "fd", fd: 42 }, "fd://42"],
  ["suwsgi://127.0.0.1:3031", tls(tcp("127.0.0.1", 3031))],
  ["suwsgi://[::1]:3031", tls(tcp("::1", 3031))],
  ["suwsgi://app.test:3031", tls(tcp("app.test", 3031))],
  ["suwsgi:///run/app.sock", tls(unix("/run/app.sock")), "suwsgi://unix:/run/app.sock"],
  ["suwsgi://unix:/run/app.sock", tls(unix("/run/app.sock"))],
  ["suwsgi://unix:app.sock", tls(unix("app.sock"))],
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
  "@",
  "unix:@",
  "@a\0b",
  `@${longest}a`,
  "fd://0",
  "fd://1",
  "fd://2",
  "fd://",
  "fd://-3",
  "fd://3.5",
  "fd://3/",
  "fd://9999999999",
  "suwsgi://",
  "suwsgi://localhost",
  "suwsgi://@app",
  "suwsgi://fd://3",
  "suwsgi://suwsgi://127.0.0.1:1",
  `suwsgi://${longest}a`,
  "http://127.0.0.1:80",
  "uwsgi://127.0.0.1:3031",
  "UNIX:///run/app.sock",
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
  const tcpAddress = fc.record({
    kind: fc.constant("tcp" as const),
    host: fc.oneof(
      fc.ipV4(),
      fc.ipV6().filter((host) => host.includes(":")),
      fc.domain(),
    ),
    port: fc.nat({ max: 65_535 }),
  });
  const unixAddress = fc.record({ kind: fc.constant("unix" as const), path: fc.stringMatching(/^\/[!-~]{0,60}$/) });
  const address: fc.Arbitrary<Address> = fc.oneof(
    tcpAddress,
    unixAddress,
    fc.record({ kind: fc.constant("abstract" as const), name: fc.stringMatching(/^[!-~]{1,60}$/) }),
    fc.record({ kind: fc.constant("fd" as const), fd: fc.integer({ min: 3, max: 99_999 }) }),
    fc.record({ kind: fc.constant("tls" as const), over: fc.oneof(tcpAddress, unixAddress) }),
  );
  fc.assert(fc.property(address, (each) => t.deepEqual(parseAddress(formatAddress(each)), each)));
});
