/** What decides about announcements and requests, each by itself. */
import test from "ava";
import { DatagramBudget } from "../../../src/upstream/subscription/datagram-budget.ts";
import { nodeRule } from "../../../src/upstream/subscription/node-rule.ts";
import { requestKeys } from "../../../src/upstream/subscription/request-keys.ts";
import { faultOf, latin1 } from "../../helpers/wire.ts";

test("of datagrams so many are looked at in a second, of one sender a quarter of them", (t) => {
  const budget = new DatagramBudget(8);
  const spent = (sender: string, now: number): number =>
    Array.from({ length: 100 }, () => budget.spend(sender, now)).filter(Boolean).length;
  t.deepEqual([spent("a", 0), spent("b", 500), spent("c", 999), spent("d", 999), spent("e", 999)], [2, 2, 2, 2, 0]);
  t.is(budget.takeDropped(), 492);
  t.is(budget.takeDropped(), 0);
  t.is(spent("a", 1_000), 2);
});

const ofSender = /is not of its sender/;
for (const [options, address, sender, reason] of [
  [{}, "10.0.0.1:3031", "10.0.0.1", undefined],
  [{}, "10.0.0.1:3031", "::ffff:10.0.0.1", undefined],
  [{}, "[2001:db8::1]:3031", "2001:db8::1", undefined],
  [{}, "10.0.0.2:3031", "10.0.0.1", ofSender],
  [{}, "127.0.0.1:6379", "10.0.0.1", ofSender],
  [{}, "169.254.169.254:80", "10.0.0.1", ofSender],
  [{ nodes: ["10.0.0.0/8"] }, "10.9.9.9:3031", "127.0.0.1", undefined],
  [{ nodes: ["10.0.0.0/8"] }, "127.0.0.1:3031", "127.0.0.1", /is not in the list nodes/],
  [{ nodes: ["0.0.0.0/0"] }, "0.0.0.0:3031", "127.0.0.1", /means all addresses of a machine/],
  [{ nodes: ["::/0"] }, "[::]:3031", "127.0.0.1", /means all addresses/],
  [{ nodes: ["::/0"] }, "[0:0::0]:3031", "127.0.0.1", /means all addresses/],
  [{}, "localhost:3031", "127.0.0.1", /is not IP:PORT and no path/],
  [{}, "127.0.0.1:0", "127.0.0.1", /is not IP:PORT/],
  [{}, ":3031", "127.0.0.1", /is not IP:PORT/],
  [{}, "@name", "127.0.0.1", /is not IP:PORT/],
  [{}, "fd://3", "127.0.0.1", /is not IP:PORT/],
  [{}, "suwsgi://127.0.0.1:3031", "127.0.0.1", /is not IP:PORT/],
  [{}, "http://127.0.0.1:3031", "127.0.0.1", /is not IP:PORT/],
  [{}, "/run/apps/a.sock", "127.0.0.1", /in none of the folders/],
  [{ paths: ["/run/apps"] }, "/run/apps/a.sock", "127.0.0.1", undefined],
  [{ paths: ["/run/apps"] }, "/run/apps/more/a.sock", "::1", undefined],
  [{ paths: ["/run/apps"] }, "/run/apps/../docker.sock", "127.0.0.1", /in none of the folders/],
  [{ paths: ["/run/apps"] }, "/run/apps-not/a.sock", "127.0.0.1", /in none of the folders/],
  [{ paths: ["/run/apps"] }, "./a.sock", "127.0.0.1", /in none of the folders/],
  [{ paths: ["/run/apps"] }, "/run/apps/a.sock", "10.0.0.1", /is of another machine/],
] as const) {
  test(`${address} by ${sender}, ${JSON.stringify(options)}: ${reason === undefined ? "may be" : "may not be"} announced`, (t) => {
    const found = nodeRule(options)(address, sender);
    if (reason === undefined) t.is(found, undefined);
    else t.regex(found ?? "", reason);
  });
}

test("rules that cannot be right are the caller's mistake", (t) => {
  t.regex(faultOf(() => nodeRule({ nodes: ["ten"] }))?.message ?? "", /^nodes has "ten": an address or a network/);
  t.regex(faultOf(() => nodeRule({ paths: ["run"] }))?.message ?? "", /^paths has "run": absolute paths/);
});

for (const [vars, options, expected] of [
  [{ HTTP_HOST: "A.Example" }, {}, ["a.example"]],
  [{ HTTP_HOST: "a.example:8080" }, {}, ["a.example:8080", "a.example"]],
  [{ HTTP_HOST: "[::1]:80" }, {}, ["[::1]:80", "[::1]"]],
  [{ HTTP_HOST: ":80" }, {}, [":80"]],
  [{ SERVER_NAME: "b.example" }, {}, ["b.example"]],
  [{ HTTP_HOST: "a.example", SERVER_NAME: "b.example" }, {}, ["a.example"]],
  [{ HTTP_HOST: "a.example", UWSGI_FASTROUTER_KEY: "c" }, {}, ["c"]],
  [{}, {}, []],
  [{}, { fallbackKey: "Rest" }, ["rest"]],
  [{ HTTP_HOST: "a.example" }, { fallbackKey: "rest" }, ["a.example", "rest"]],
  [
    { HTTP_HOST: "a.example:80", PATH_INFO: "/Shop/cart/1" },
    { mountpoints: 2 },
    [
      "a.example:80/Shop/cart",
      "a.example:80/Shop",
      "a.example:80",
      "a.example/Shop/cart",
      "a.example/Shop",
      "a.example",
    ],
  ],
  [{ HTTP_HOST: "a.example", SCRIPT_NAME: "/x", PATH_INFO: "/y" }, { mountpoints: 1 }, ["a.example/x", "a.example"]],
  [{ HTTP_HOST: "a.b.c:80" }, { dotSplit: true }, ["a.b.c:80", "a.b.c", ".b.c", ".c"]],
  [
    { HTTP_HOST: "1.2.3.4.5.6.7.8" },
    { dotSplit: true },
    ["1.2.3.4.5.6.7.8", ".2.3.4.5.6.7.8", ".3.4.5.6.7.8", ".4.5.6.7.8", ".5.6.7.8", ".6.7.8"],
  ],
] as const) {
  test(`the keys of ${JSON.stringify(vars)}, ${JSON.stringify(options)}`, (t) => {
    t.deepEqual(requestKeys(vars, options), expected);
  });
}

test("vars that are pairs, of text or bytes, are read as well, the last of each", (t) => {
  t.deepEqual(
    requestKeys([
      ["HTTP_HOST", "first"],
      [latin1("HTTP_HOST"), latin1("last")],
    ]),
    ["last"],
  );
});
