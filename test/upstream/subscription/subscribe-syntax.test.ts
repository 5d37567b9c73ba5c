import { writeFileSync } from "node:fs";
import test from "ava";
import { parseSubscribe2, parseSubscribeTo } from "../../../src/upstream/subscription/subscribe-syntax.ts";
import { folderOf } from "../../helpers/temp-folder.ts";
import { faultOf } from "../../helpers/wire.ts";

for (const [text, expected] of [
  ["127.0.0.1:4000:a.example", { to: "127.0.0.1:4000", key: "a.example", modifier1: 0 }],
  ["router:4000:a.example:8080/shop,5", { to: "router:4000", key: "a.example:8080/shop", modifier1: 5 }],
  ["[::1]:4000:a", { to: "[::1]:4000", key: "a", modifier1: 0 }],
  ["r:1:a,9,SHA1:/k.pem", { to: "r:1", key: "a", modifier1: 9, sign: "SHA1:/k.pem" }],
  ["r:1:a,,SHA1:/k,=.pem", { to: "r:1", key: "a", modifier1: 0, sign: "SHA1:/k,=.pem" }],
  ["10.0.0.1:3031=r:1:a", { to: "r:1", key: "a", modifier1: 0, address: "10.0.0.1:3031" }],
  ["/run/a.sock=r:1:a", { to: "r:1", key: "a", modifier1: 0, address: "/run/a.sock" }],
  ["=2=r:1:a", { to: "r:1", key: "a", modifier1: 0, socket: 2 }],
  ["/run/router.sock:a", { to: "/run/router.sock", key: "a", modifier1: 0 }],
] as const) {
  test(`reads --subscribe-to ${text}`, (t) => t.deepEqual(parseSubscribeTo(text), [expected]));
}

test("reads keys from a file, with comments and modifiers", (t) => {
  const folder = folderOf(t);
  writeFileSync(`${folder}/keys`, "# of this machine\na.example\n\nb.example,5\n");
  t.deepEqual(parseSubscribeTo(`=1=r:1:@${folder}/keys`), [
    { to: "r:1", key: "a.example", modifier1: 0, socket: 1 },
    { to: "r:1", key: "b.example", modifier1: 5, socket: 1 },
  ]);
});

test("reads --subscribe2 with all that it knows", (t) => {
  const text =
    "server=r:1,key=a,addr=10.0.0.1:1,weight=3,backup=1,modifier1=5,modifier2=6,sign=SHA1:/k,sni_key=/k,sni_crt=/c,sni_ca=/a,proto=uwsgi,algo=lrc";
  t.deepEqual(parseSubscribe2(text), {
    to: "r:1",
    key: "a",
    address: "10.0.0.1:1",
    weight: 3,
    backup: 1,
    modifier1: 5,
    modifier2: 6,
    sign: "SHA1:/k",
    sniKey: "/k",
    sniCrt: "/c",
    sniCa: "/a",
    proto: "uwsgi",
    algo: "lrc",
  });
  t.deepEqual(parseSubscribe2("server=r:1,key=a,address=b:1"), { to: "r:1", key: "a", address: "b:1" });
  t.deepEqual(parseSubscribe2("server=r:1,key=a,address=b:1,socket=1"), { to: "r:1", key: "a", socket: 1 });
});

test("check pauses while its file is there", (t) => {
  const folder = folderOf(t);
  const { isPaused } = parseSubscribe2(`server=r:1,key=a,check=${folder}/pause`);
  t.false(isPaused?.());
  writeFileSync(`${folder}/pause`, "");
  t.true(isPaused?.());
});

for (const [parse, text, message] of [
  [parseSubscribeTo, "127.0.0.1:4000", /needed is \[SOCKET=\]HOST:PORT:KEY/],
  [parseSubscribeTo, "127.0.0.1:a.example", /needed is/],
  [parseSubscribeTo, "r:1:", /needed is/],
  [parseSubscribeTo, "r:1:,5", /needed is KEY/],
  [parseSubscribeTo, "r:1:a,five", /needed is KEY\[,MODIFIER1/],
  [parseSubscribeTo, "r:1:@/nowhere/keys", /a file of keys: ENOENT/],
  [parseSubscribeTo, "r:1:@/dev/null", /a file with a key on each line/],
  [parseSubscribeTo, "r:1:@/dev/null,0,SHA1:/k", /no signature behind a file of keys/],
  [parseSubscribe2, "server=r:1", /server=HOST:PORT and key=KEY/],
  [parseSubscribe2, "server=r:1,key=a,vassal=v", /not "vassal=v"; names are server, key/],
  [parseSubscribe2, "server=r:1,key=a,constructor=v", /not "constructor=v"/],
  [parseSubscribe2, "server=r:1,key=a,weight=much", /a whole number, not "much"/],
  [parseSubscribe2, "", /NAME=VALUE, not ""/],
] as const) {
  test(`refuses ${text === "" ? "nothing" : text}`, (t) => {
    const fault = faultOf(() => parse(text));
    t.is(fault?.code, "UWSGI_INVALID_ARGUMENT");
    t.regex(fault?.message ?? "", message);
  });
}
