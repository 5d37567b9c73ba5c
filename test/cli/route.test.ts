import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { configOf } from "../../src/cli/options/config-of.ts";
import { definition } from "../../src/cli/route-command.ts";
import { routerOptionsOf } from "../../src/cli/route/route-options.ts";
import { optionTables } from "../../src/config/index.ts";
import { announce } from "../../src/upstream/index.ts";
import { Child } from "../helpers/child.ts";
import { projectRoot } from "../helpers/project.ts";
import { ask, exchange, get } from "../helpers/raw-client.ts";
import { ScriptedPeer } from "../helpers/scripted-peer.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { faultOf, hex, packetOf } from "../helpers/wire.ts";

const command = join(projectRoot, "dist/cli/main.js");

test("the command has every option of the table", (t) => {
  const names = new Set(definition.options.map(({ name }) => name));
  for (const { name } of optionTables.route) t.true(names.has(name), name);
  for (const name of ["explain", "modifier1", "json"]) t.true(names.has(name), name);
});

test("flags become options of the router", (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, "rules.json"), '{ "upstreams": { "a": "/a", "b": "/b" }, "rules": ["-> a"] }');
  writeFileSync(join(folder, "ca.pem"), "the ca");
  t.deepEqual(
    routerOptionsOf(
      configOf(
        {
          rule: ["path=/x -> b"],
          rules: join(folder, "rules.json"),
          upstream: ["b=/c,/d"],
          ping: "3",
          "connect-timeout": "2.5",
          "idle-timeout": "off",
          "plain-close": true,
          "strip-accel": true,
          "upstream-ca": join(folder, "ca.pem"),
        },
        "route",
      ),
    ),
    {
      rules: ["path=/x -> b", "-> a"],
      upstreams: { a: ["/a"], b: ["/c", "/d"] },
      answersFailures: false,
      health: { active: { intervalMs: 3_000 } },
      connectMs: 2_500,
      idleMs: Number.POSITIVE_INFINITY,
      stripAccel: true,
      tls: { ca: Buffer.from("the ca") },
    },
  );
});

for (const [flags, message] of [
  [{}, /^route needs rules: --rule/],
  [{ rules: "/nowhere/rules.json" }, /^--rules \/nowhere\/rules\.json: ENOENT/],
  [{ rule: ["-> a"], upstream: ["a"] }, /^--upstream a: NAME=ADDRESS/],
  [{ rule: ["-> a"], upstream: ["a="] }, /^--upstream a=: NAME=ADDRESS/],
  [{ rule: ["-> a"], "idle-timeout": "x" }, /^--idle-timeout x: a number of seconds/],
  [{ rule: ["-> a"], "upstream-cert": "x" }, /^--upstream-cert FILE and --upstream-key FILE/],
] as const) {
  test(`${JSON.stringify(flags)} is refused in words`, (t) => {
    const fault = faultOf(() => routerOptionsOf(configOf(flags, "route")));
    t.is(fault?.code, "UWSGI_INVALID_ARGUMENT");
    t.regex(fault?.message ?? "", message);
  });
}

for (const [what, args, message] of [
  ["no socket", ["--rule", "-> /a"], /needs an address to listen on/],
  [
    "a rule that cannot be read",
    ["--rule", "hots=a -> /a", "-s", "/tmp/x.sock"],
    /^uisge: rule 1, column 1: unknown condition "hots=a"/,
  ],
  ["an argument", ["--rule", "-> /a", "-s", "/tmp/x.sock", "more"], /route takes options alone, got "more"/],
  ["a var without a value", ["--rule", "-> /a", "--explain", "X"], /VAR=VALUE is needed/],
  ["a modifier1", ["--rule", "-> /a", "--explain", "X=1", "--modifier1", "256"], /--modifier1 256: a whole number/],
  [
    "another upstream of the name",
    ["--rule", "-> subscribed", "--upstream", "subscribed=/a", "--subscription-server", "127.0.0.1:0"],
    /upstream subscribed is the name of those who announce/,
  ],
  [
    "keys for nobody",
    ["--rule", "-> /a", "--subscription-sign-check", "SHA1:/keys"],
    /--subscription-sign-check is for --subscription-server/,
  ],
  ["an option without effect", ["--rule", "-> /a", "-s", "/tmp/x.sock", "--insecure"], /insecure is for TCP addresses/],
] as const) {
  test(`route with ${what} ends with exit code 64`, async (t) => {
    await using child = new Child([command, "route", ...args]);
    t.is(await child.exit(), 64);
    t.regex(child.stderr, message);
    t.is(child.stdout, "");
  });
}

test("route says what it routes and where it listens, routes, logs, answers pings, and stops", async (t) => {
  const socket = join(folderOf(t), "r.sock");
  await using upstream = await ScriptedPeer.start(
    (one) => void one.once("data", () => one.end("HTTP/1.1 201 OK\r\n\r\nok")),
  );
  const rules = ["--rule", `path=/a -> ${upstream.address}`, "--rule", "-> answer=403"];
  await using child = new Child([command, "route", "-s", socket, ...rules]);
  await child.printed("stderr", /listening on .*r\.sock {2}nginx: uwsgi_pass unix:/);
  t.regex(child.stderr, /routing path=\/a -> .*up\.sock\n.*routing -> answer=403\n/);
  const address = { kind: "unix", path: socket } as const;
  t.like(await ask(address, get({ PATH_INFO: "/a", SERVER_PROTOCOL: "HTTP/1.1" })), { status: 201, body: "ok" });
  t.is((await ask(address, get({ SERVER_PROTOCOL: "HTTP/1.1" }))).status, 403);
  await child.printed("stdout", /"GET \/a HTTP\/1\.1" 201 2 .*\n.*"GET \/ HTTP\/1\.1" 403 14 /);
  t.is(hex((await exchange(address, packetOf(new Uint8Array(0), 100))).bytes), "64 00 00 01");
  child.process.kill("SIGTERM");
  t.is(await child.exit(), 0);
  t.regex(child.stderr, /stopped/);
});

test("a subscription server that other machines can reach needs to know whose announcements count", async (t) => {
  const args = ["-s", join(folderOf(t), "r.sock"), "--subscription-server", "0.0.0.0:0"];
  await using child = new Child([command, "route", ...args]);
  t.is(await child.exit(), 78);
  t.regex(child.stderr, /can be reached from other machines/);
});

test("servers that announce themselves get what rules have for subscribed, with the modifiers they want", async (t) => {
  const socket = join(folderOf(t), "r.sock");
  await using upstream = await ScriptedPeer.start(
    (one) => void one.once("data", (bytes: Buffer) => one.end(`HTTP/1.1 200 OK\r\n\r\n${bytes[0]} ${bytes[3]}`)),
    "tcp",
  );
  await using child = new Child([command, "route", "-s", socket, "--subscription-server", "127.0.0.1:0"]);
  await child.printed("stderr", /listening on/);
  const [, to = ""] = /hearing announcements on (\S+)/.exec(child.stderr) ?? [];
  const address = { kind: "unix", path: socket } as const;
  t.is((await ask(address, get({ HTTP_HOST: "a.example" }))).status, 503);
  const announced = { to, key: "a.example", address: upstream.address, modifier1: 5, modifier2: 1 };
  const announcer = announce(announced);
  const answer = async (): Promise<string> => (await ask(address, get({ HTTP_HOST: "a.example" }))).body;
  while ((await answer()) !== "5 1") await new Promise((resolve) => setTimeout(resolve, 10));
  await announcer.close();
  while (!(await answer()).startsWith("503")) await new Promise((resolve) => setTimeout(resolve, 10));
  child.process.kill("SIGTERM");
  t.is(await child.exit(), 0);
});

test("an explanation needs no subscription server, and hears none", async (t) => {
  const args = ["--subscription-server", "127.0.0.1:1", "--explain", "HTTP_HOST=a"];
  await using child = new Child([command, "route", ...args]);
  t.is(await child.exit(), 0, child.stderr);
  t.regex(child.stdout, /forwarded by rule 1 to subscribed/);
});

test("pings go to a server where a rule asks for them", async (t) => {
  const socket = join(folderOf(t), "r.sock");
  await using upstream = await ScriptedPeer.start((one) => void one.once("data", () => one.end("pong")));
  await using child = new Child([command, "route", "-s", socket, "--rule", `modifier1=100 -> ${upstream.address}`]);
  await child.printed("stderr", /listening on/);
  const { bytes } = await exchange({ kind: "unix", path: socket }, packetOf(new Uint8Array(0), 100));
  t.is(Buffer.from(bytes).toString(), "pong");
});

test("an explanation is JSON where asked for, of any modifier1, with UTF-8 in its vars", async (t) => {
  const rules = ["--rule", "modifier1=5 path=/é -> /a", "--rule", "-> close"];
  const vars = ["--explain", "PATH_INFO=/é", "--modifier1", "5", "--json"];
  await using child = new Child([command, "route", ...rules, ...vars]);
  t.is(await child.exit(), 0, child.stderr);
  const told = JSON.parse(child.stdout) as { decision: unknown; rules: unknown };
  t.like(told.decision, { do: "forward", rule: "rule 1" });
  t.like(told.rules, [{ outcome: "matched" }, { outcome: "unasked" }]);
});
