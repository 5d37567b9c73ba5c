/** Real sockets, with real owners and modes; the user that may not is a real one. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, linkSync, mkdirSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type NetConnectOpts, type Server as NetServer } from "node:net";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { parseAddress } from "../../../src/connection/index.ts";
import { examineMachine, type Finding, readText, type User } from "../../../src/doctor/index.ts";
import { serve } from "../../../src/index.ts";
import { accepts } from "../../helpers/accepts.ts";
import { until } from "../../helpers/measure.ts";
import { needsOtherUser, OTHER_UID } from "../../helpers/needs.ts";
import { folderOf } from "../../helpers/temp-folder.ts";
import { idsOf } from "../prepared.ts";

const nobody: User = { name: "nobody", uid: OTHER_UID, gids: [OTHER_UID], group: String(OTHER_UID) };

/** Patience is long where an answer is expected: machines that run tests are busy. */
function examined(to: string, user?: User, patienceMs = 20_000): Promise<readonly Finding[]> {
  return examineMachine(readText(`location / { uwsgi_pass ${to}; }`, "x", "/nowhere"), { user, patienceMs });
}

/** A socket of ours in a folder that all may pass. */
async function served(t: ExecutionContext, mode = 0o660): Promise<string> {
  const folder = folderOf(t);
  chmodSync(folder, 0o755);
  const path = join(folder, "s");
  const server = await serve(() => "", { socket: path, mode });
  t.teardown(() => server.close());
  return path;
}

async function listening(t: ExecutionContext, server: NetServer, at: string | number): Promise<number> {
  if (typeof at === "string") server.listen(at);
  else server.listen(at, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

test("nothing is wrong with a server of ours, on a socket and on a port", async (t) => {
  t.deepEqual(await examined(`unix:${await served(t)}`), []);
  const server = await serve(() => "", { socket: "127.0.0.1:0" });
  t.teardown(() => server.close());
  const [address] = server.addresses;
  t.deepEqual(await examined(`127.0.0.1:${address?.kind === "tcp" ? address.port : 0}`), []);
});

test("a path where nothing is", async (t) => {
  t.deepEqual(idsOf(await examined(`unix:${join(folderOf(t), "s")}`)), ["socket-missing"]);
});

test("a path where a file is", async (t) => {
  const path = join(folderOf(t), "s");
  writeFileSync(path, "");
  t.deepEqual(idsOf(await examined(`unix:${path}`)), ["socket-not-a-socket"]);
});

/** A program that another thread starts just now has the descriptors of this process until it is loaded. */
async function refuses(place: NetConnectOpts): Promise<void> {
  await until(async () => !(await accepts(place)), 20_000, "nobody accepts any more");
}

test("a socket that is left of a server that has ended", async (t) => {
  const path = join(folderOf(t), "s");
  const server = createServer();
  await listening(t, server, path);
  linkSync(path, `${path}.left`);
  server.close();
  await once(server, "close");
  await refuses({ path: `${path}.left` });
  t.deepEqual(idsOf(await examined(`unix:${path}.left`)), ["socket-dead"]);
});

test("a port where nobody listens", async (t) => {
  const server = createServer();
  const port = await listening(t, server, 0);
  server.close();
  await once(server, "close");
  await refuses({ host: "127.0.0.1", port });
  t.deepEqual(idsOf(await examined(`127.0.0.1:${port}`)), ["socket-dead"]);
});

test("an HTTP server", async (t) => {
  const port = await listening(t, createHttpServer(), 0);
  t.deepEqual(idsOf(await examined(`127.0.0.1:${port}`)), ["socket-speaks-http"]);
});

test("somebody who takes connections and says nothing", async (t) => {
  const server = createServer((socket) => socket.resume().on("error", () => {}));
  const port = await listening(t, server, 0);
  t.deepEqual(idsOf(await examined(`127.0.0.1:${port}`, undefined, 500)), ["socket-silent"]);
});

test("somebody who says something else", async (t) => {
  const port = await listening(
    t,
    createServer((socket) => socket.on("error", () => {}).end("+OK ready\r\n")),
    0,
  );
  t.deepEqual(idsOf(await examined(`127.0.0.1:${port}`)), ["socket-speaks-otherwise"]);
});

test("a name that nobody knows", async (t) => {
  t.deepEqual(idsOf(await examined("name.invalid:3031")), ["address-unknown"]);
});

test("a socket behind a symbolic link is the one that it leads to", async (t) => {
  const path = await served(t);
  const link = join(folderOf(t), "link");
  symlinkSync(path, link);
  t.deepEqual(await examined(`unix:${link}`), []);
});

test("the socket that was given by hand is looked at too, or alone", async (t) => {
  const main = readText("location / { uwsgi_pass unix:/none/a; }", "x", "/nowhere");
  const socket = parseAddress("/none/b");
  const texts = async (isSocketOnly: boolean): Promise<readonly string[]> =>
    (await examineMachine(main, { socket, isSocketOnly })).map(({ what }) => what);
  t.deepEqual(await texts(false), ["there is no /none/a", "there is no /none/b"]);
  t.deepEqual(await texts(true), ["there is no /none/b"]);
});

const userTest = needsOtherUser();

/** True when that user can connect, as nginx's worker would. */
function connects(path: string): boolean {
  const program =
    "require('net').connect(process.argv[1]).on('connect',()=>process.exit(0)).on('error',()=>process.exit(1))";
  const { status } = spawnSync(process.execPath, ["-e", program, path], { uid: OTHER_UID, gid: OTHER_UID, cwd: "/" });
  return status === 0;
}

for (const [id, spoil] of [
  ["socket-owner", (): void => {}],
  [
    "socket-mode",
    (path: string): void => {
      chownSync(path, 0, OTHER_UID);
      chmodSync(path, 0o640);
    },
  ],
  [
    "socket-folder",
    (path: string): void => {
      chmodSync(path, 0o666);
      chmodSync(join(path, ".."), 0o700);
    },
  ],
] as const) {
  userTest(`${id}: nginx's user cannot connect, and can when the fix is run`, async (t) => {
    const path = await served(t);
    spoil(path);
    t.false(connects(path));
    const findings = await examined(`unix:${path}`, nobody);
    t.deepEqual(idsOf(findings), [id]);
    for (const { fix } of findings) for (const one of fix) if (one.do === "run") spawnSync("sh", ["-c", one.text]);
    t.true(connects(path));
    t.false(idsOf(await examined(`unix:${path}`, nobody)).includes(id));
  });
}

userTest("socket-open-to-all: a stranger can connect, and cannot when the fix is run", async (t) => {
  const path = await served(t, 0o666);
  t.true(connects(path));
  const web: User = { name: "www", uid: 54_321, gids: [54_321], group: "54321" };
  const findings = await examined(`unix:${path}`, web);
  t.deepEqual(idsOf(findings), ["socket-open-to-all"]);
  for (const { fix } of findings) for (const one of fix) if (one.do === "run") spawnSync("sh", ["-c", one.text]);
  t.false(connects(path));
  t.deepEqual(await examined(`unix:${path}`, web), []);
});

userTest("temp-path: a folder for uploads that is not nginx's", async (t) => {
  const path = await served(t, 0o666);
  const temp = join(path, "../temp");
  mkdirSync(temp, { mode: 0o700 });
  const main = readText(`uwsgi_temp_path ${temp};\nlocation / { uwsgi_pass unix:${path}; }`, "x", "/nowhere");
  const findings = await examineMachine(main, { user: nobody });
  t.deepEqual(idsOf(findings), ["socket-open-to-all", "temp-path"]);
  for (const { id, fix } of findings) {
    for (const one of fix) if (id === "temp-path" && one.do === "run") spawnSync("sh", ["-c", one.text]);
  }
  t.deepEqual(idsOf(await examineMachine(main, { user: nobody })), ["socket-open-to-all"]);
});

test("a socket that goes while it is looked at is a finding, not a failure", async (t) => {
  const path = await served(t);
  const looking = examined(`unix:${path}`);
  unlinkSync(path);
  t.true((await looking).length <= 1);
});
