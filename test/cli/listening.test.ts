/** `uisge serve` where it cannot listen, and what it says where it can. */
import { chmodSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { dial, parseAddress } from "../../src/connection/index.ts";
import { makeCertificates } from "../helpers/certificates.ts";
import { Child, type ChildOptions } from "../helpers/child.ts";
import { needs, needsOtherUser, OTHER_UID, needsLinux } from "../helpers/needs.ts";
import { projectRoot } from "../helpers/project.ts";
import { ask } from "../helpers/raw-client.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const main = join(projectRoot, "dist/cli/main.js");

/** A folder with an application that other users may read. */
function project(t: ExecutionContext): { readonly folder: string; readonly app: string; readonly socket: string } {
  const folder = folderOf(t);
  chmodSync(folder, 0o755);
  const app = join(folder, "app.mjs");
  writeFileSync(app, 'export const application = (environ, start) => (start("200 OK", []), "hello");');
  return { folder, app, socket: join(folder, "app.sock") };
}

function uisge(t: ExecutionContext, args: readonly string[], options: ChildOptions = {}): Child {
  const child = new Child([main, "serve", ...args], options);
  t.teardown(() => child[Symbol.asyncDispose]());
  return child;
}

for (const [title, socket, exitCode, message] of [
  ["T4: an address that other machines can reach", "0.0.0.0:0", 78, /0\.0\.0\.0:0 can be reached.*allow.*insecure/],
  ["F19: a socket path that is too long", `/tmp/${"a".repeat(110)}`, 78, /1 to 107 bytes.*this one has 115/],
  [
    "F19: a socket in a folder that is not there",
    "/nowhere/at/all/app.sock",
    73,
    /there is no folder \/nowhere\/at\/all/,
  ],
  ["an address that is none", "nonsense", 78, /"nonsense"/],
  ["a descriptor that was not inherited", "fd://9", 73, /fd:\/\/9/],
  ["TLS without a certificate", "suwsgi://127.0.0.1:0", 64, /needs a certificate and its key/],
] as const) {
  test(`${title} is not served: exit code ${exitCode} with the reason`, async (t) => {
    const { app } = project(t);
    const child = uisge(t, [app, "--socket", socket]);
    t.is(await child.exit(), exitCode);
    t.regex(child.stderr, message);
    t.is(child.stdout, "");
  });
}

needsOtherUser()("F19: a socket in a folder that may not be written to is exit code 77 with the reason", async (t) => {
  const { app, socket, folder } = project(t);
  const child = uisge(t, [app, "--socket", socket], { uid: OTHER_UID, cwd: "/" });
  t.is(await child.exit(), 77);
  t.true(child.stderr.includes(`the folder ${folder} may not be written to`));
});

needsOtherUser()("T5: a socket that may not be given away is exit code 77", async (t) => {
  const { app, folder } = project(t);
  chmodSync(folder, 0o777);
  const socket = join(folder, "theirs.sock");
  const child = uisge(t, [app, "--socket", socket, "--chown-socket", "root"], { uid: OTHER_UID, cwd: "/" });
  t.is(await child.exit(), 77);
  t.regex(child.stderr, /EPERM/);
});

for (const [option, value, message] of [
  ["--allow", "10.0.0.0/8", /allow is for TCP addresses, and there is none among /],
  ["--chown-socket", "no-such-user", /owner "no-such-user"/],
  ["--grace", "soon", /--grace soon: a number of seconds/],
  ["--max-connections", "0", /maxConnections is 0/],
] as const) {
  test(`${option} ${value} is exit code 64 and says what is wrong`, async (t) => {
    const { app, socket } = project(t);
    const child = uisge(t, [app, "--socket", socket, option, value]);
    t.is(await child.exit(), 64);
    t.regex(child.stderr, message);
  });
}

test("T4: --allow lets an address be listened on that other machines reach, and those in the list in", async (t) => {
  const { app } = project(t);
  const child = uisge(t, [app, "--socket", "0.0.0.0:0", "--allow", "127.0.0.2", "--allow", "127.0.0.1/32"]);
  const [, port] = await child.printed("stderr", /listening on 0\.0\.0\.0:(\d+) {2}nginx: uwsgi_pass [^\s:]+:\d+;/);
  t.is((await ask({ kind: "tcp", host: "127.0.0.1", port: Number(port) })).body, "hello");
});

test("several kinds of sockets are served at once, and each is told as nginx needs it", async (t) => {
  const { app, socket, folder } = project(t);
  const child = uisge(t, [app, "-s", socket, "-s", "127.0.0.1:0", "-s", "./b.sock", "--chmod-socket", "600"], {
    cwd: folder,
  });
  await child.printed("stderr", /listening on \.\/b\.sock/);
  t.true(child.stderr.includes(`listening on ${socket}  nginx: uwsgi_pass unix:${socket};`));
  t.regex(child.stderr, /listening on (127\.0\.0\.1:\d+) {2}nginx: uwsgi_pass \1;/);
  t.regex(child.stderr, /listening on \.\/b\.sock {2}nginx: uwsgi_pass unix:\/.*\/b\.sock;/);
  t.is(statSync(join(folder, "b.sock")).mode & 0o777, 0o600);
});

const linuxTest = needsLinux();

linuxTest("an abstract socket is served, with nothing to tell nginx, which cannot reach it", async (t) => {
  const { app } = project(t);
  const name = `uisge-cli-${process.pid}`;
  const child = uisge(t, [app, "--socket", `@${name}`]);
  await child.printed("stderr", new RegExp(`listening on @${name}\n`));
  t.is((await ask({ kind: "abstract", name })).body, "hello");
});

needs("openssl")("--tls-cert, --tls-key and --tls-ca serve suwsgi:// to clients with a certificate", async (t) => {
  using all = await makeCertificates();
  const { app } = project(t);
  const files = ["--tls-cert", all.server.certFile, "--tls-key", all.server.keyFile, "--tls-ca", all.ca.certFile];
  const child = uisge(t, [app, "--socket", "suwsgi://127.0.0.1:0", ...files]);
  const [, address = ""] = await child.printed("stderr", /listening on (suwsgi:\S+) {2}nginx: uwsgi_pass \1;/);
  const trust = { ca: all.ca.cert };
  const transport = await dial(parseAddress(address), undefined, {
    ...trust,
    cert: all.client.cert,
    key: all.client.key,
  });
  t.regex(transport.peer, /^127\.0\.0\.1:/);
  transport.destroy();
});

needs("openssl")("a key of another certificate is exit code 64", async (t) => {
  using all = await makeCertificates();
  const { app } = project(t);
  const files = ["--tls-cert", all.server.certFile, "--tls-key", all.client.keyFile];
  const child = uisge(t, [app, "--socket", "suwsgi://127.0.0.1:0", ...files]);
  t.is(await child.exit(), 64);
  t.regex(child.stderr, /key values mismatch/);
});
