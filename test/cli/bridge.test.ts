/** `uisge bridge`, and `uisge serve --http`. */
import { existsSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { timeoutsOf } from "../../src/cli/bridge/balancing.ts";
import { bridgeOptionsOf } from "../../src/cli/bridge/bridge-options.ts";
import { configOf } from "../../src/cli/options/config-of.ts";
import { upstreamOf } from "../../src/cli/bridge/upstream-of.ts";
import { Child } from "../helpers/child.ts";
import { send } from "../helpers/http-client.ts";
import { projectRoot } from "../helpers/project.ts";
import { startTarget } from "../helpers/target.ts";
import { formatAddress } from "../../src/connection/index.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const main = join(projectRoot, "dist/cli/main.js");

function command(...args: string[]): Child {
  return new Child([main, ...args]);
}

async function target(t: ExecutionContext): Promise<string> {
  const server = await startTarget();
  t.teardown(() => server[Symbol.asyncDispose]());
  return formatAddress(server.address);
}

test("bridge says where it listens and for whom, logs each request, and stops by a signal", async (t) => {
  const to = await target(t);
  await using child = command("bridge", "--http", "127.0.0.1:0", "--to", to);
  const [, port] = await child.printed("stderr", /listening on http:\/\/127\.0\.0\.1:(\d+), for /);
  t.is((await send({ port: Number(port), path: "/a?b" })).body.toString(), "served");
  await child.printed("stdout", /^127\.0\.0\.1 - - \[.*\] "GET \/a\?b HTTP\/1\.1" 200 6 "-" "-"$/m);
  child.process.kill("SIGTERM");
  t.is(await child.exit(), 0);
  t.regex(child.stderr, /stopped/);
});

test("bridge logs in JSON where that was asked for, failures too", async (t) => {
  const nobody = join(folderOf(t), "nobody");
  await using child = command(
    "bridge",
    "--http",
    "127.0.0.1:0",
    "--to",
    nobody,
    "--access-log",
    "json",
    "--log",
    "json",
  );
  const [, port] = await child.printed("stderr", /listening on http:\/\/127\.0\.0\.1:(\d+)/);
  t.is((await send({ port: Number(port) })).status, 502);
  const [line] = await child.printed("stdout", /^\{.*\}$/m);
  t.like(JSON.parse(line), { method: "GET", status: 502, ending: "complete" });
  await child.printed("stderr", /UWSGI_CONNECT_FAILED/);
});

test("bridge says when it listens for all the world", async (t) => {
  await using child = command("bridge", "--http", ":0", "--to", await target(t));
  await child.printed("stderr", /listening on http:\/\/\S+, all addresses of this machine, for /);
  t.pass();
});

for (const [about, args, exitCode, said] of [
  ["no address", ["--to", "/s"], 64, /bridge needs an address to listen on: --http :8080/],
  ["no upstream", ["--http", ":0"], 64, /--to \/tmp\/app\.sock/],
  ["an unknown option", ["--htp", ":0"], 64, /unknown option '--htp'/],
  ["a word too many", ["--http", ":0", "--to", "/s", "x"], 64, /takes options alone; got "x"/],
  [
    "https without a certificate",
    ["--http", "https://:0", "--to", "/s"],
    64,
    /needs a certificate and its key: .*--tls-cert FILE and --tls-key FILE/,
  ],
  [
    "a certificate without its key",
    ["--http", ":0", "--to", "/s", "--tls-cert", "x"],
    64,
    /both --tls-cert FILE and --tls-key/,
  ],
  ["no number", ["--http", ":0", "--to", "/s", "--grace", "x"], 64, /--grace x: a number of seconds is needed/],
  ["a var without a value", ["--http", ":0", "--to", "/s", "--var", "X"], 64, /--var X: NAME=VALUE is needed/],
  ["no network", ["--http", ":0", "--to", "/s", "--trust", "x"], 64, /trust has "x"/],
  ["an address that is none", ["--http", "x", "--to", "/s"], 78, /address "x"/],
  ["a port without a colon", ["--http", "80", "--to", "/s"], 78, /a port alone is :80, .* or 127\.0\.0\.1:80/],
  ["a folder that is not there", ["--http", "/nowhere/at/all", "--to", "/s"], 73, /there is no folder/],
] as const) {
  test(`bridge refuses ${about}: ${exitCode}`, async (t) => {
    await using child = command("bridge", ...args);
    t.is(await child.exit(), exitCode);
    t.regex(child.stderr, said);
  });
}

test("the options of bridge become those of a bridge", (t) => {
  const options = bridgeOptionsOf(
    configOf(
      {
        http: [":80"],
        "no-http2": true,
        trust: ["10.0.0.0/8", "unix"],
        forwarded: true,
        "drop-odd-headers": true,
        upgrade: ["raw"],
        "pass-x-accel": true,
        var: ["A=b=c", "D="],
        modifier1: "5",
        "chmod-socket": "600",
        "spool-folder": "/var/spool",
        "max-body-bytes": "7",
        "max-connections": "8",
        "head-timeout": "1",
        "body-timeout": "2",
        "write-timeout": "3",
        "keep-alive": "4",
        grace: "5",
      },
      "bridge",
    ),
  );
  t.deepEqual(options, {
    listen: [":80"],
    http2: false,
    trust: ["10.0.0.0/8", "unix"],
    forwardedBy: "forwarded",
    headerNames: "drop",
    upgrades: ["raw"],
    passFrontEndHeaders: true,
    vars: { A: "b=c", D: "" },
    modifier1: 5,
    mode: 0o600,
    spoolFolder: "/var/spool",
    maxBodyBytes: 7,
    maxConnections: 8,
    headTimeoutMs: 1_000,
    bodyTimeoutMs: 2_000,
    writeTimeoutMs: 3_000,
    keepAliveTimeoutMs: 4_000,
    graceMs: 5_000,
  });
});

test("the timeouts of those behind it are read, off is none", (t) => {
  const timeouts = timeoutsOf(configOf({ "connect-timeout": "off", "response-timeout": "0.5" }, "bridge"));
  t.deepEqual(timeouts, { connectMs: Number.POSITIVE_INFINITY, responseMs: 500 });
});

test("a --to that is no address is refused", async (t) => {
  await t.throwsAsync(upstreamOf({ to: ["x"] }, {}, { errors: process.stderr }), { code: "UWSGI_INVALID_ADDRESS" });
});

test("serve --http serves HTTP by a socket in a folder of its own, which is gone at the end", async (t) => {
  const app = join(folderOf(t), "app.mjs");
  writeFileSync(app, "export function application(e, start) { start('200 OK', []); return e.REMOTE_ADDR; }\n");
  await using child = command("serve", app, "--http", "127.0.0.1:0", "--log", "text");
  const [, port] = await child.printed("stderr", /listening on http:\/\/127\.0\.0\.1:(\d+)/);
  const [, socket = ""] = await child.printed("stderr", /listening on (\/\S+\.sock)/);
  t.is(statSync(dirname(socket)).mode & 0o777, 0o700);
  t.is((await send({ port: Number(port) })).body.toString(), "127.0.0.1");
  child.process.kill("SIGTERM");
  t.is(await child.exit(), 0, child.stderr);
  t.false(existsSync(dirname(socket)));
  // Once: the server has the log, the bridge none.
  t.is(child.stdout.split("\n").filter((line) => line.includes("GET /")).length, 1);
});

test("serve --http goes by a socket that is there anyway", async (t) => {
  const folder = folderOf(t);
  const app = join(folder, "app.mjs");
  writeFileSync(app, "export function application(e, start) { start('200 OK', []); return 'hello'; }\n");
  await using child = command("serve", app, "--socket", join(folder, "s"), "--http", "127.0.0.1:0");
  const [, port] = await child.printed("stderr", /listening on http:\/\/127\.0\.0\.1:(\d+)/);
  t.is((await send({ port: Number(port) })).body.toString(), "hello");
  t.is(child.stderr.match(/listening on \//g)?.length, 1);
});

test("serve --http ends where HTTP cannot be listened on", async (t) => {
  const app = join(folderOf(t), "app.mjs");
  writeFileSync(app, "export function application(e, start) { start('200 OK', []); return 'hello'; }\n");
  await using child = command("serve", app, "--http", "/nowhere/at/all");
  t.is(await child.exit(), 73, child.stderr);
});
