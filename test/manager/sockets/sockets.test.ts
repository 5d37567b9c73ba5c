/** The sockets of a service, in the test's own process, and in masters that are processes of their own. */
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer, type NetConnectOpts, type Server } from "node:net";
import test, { type ExecutionContext } from "ava";
import { exitCodeOf } from "../../../src/process/index.ts";
import { formatAddress, holdSocket, inheritedAs, parseAddress } from "../../../src/connection/index.ts";
import { errorCode } from "../../../src/errors.ts";
import { Sockets, type SocketsOptions } from "../../../src/manager/sockets/sockets.ts";
import { accepts } from "../../helpers/accepts.ts";
import { greet, Greeter } from "../../helpers/greeter.ts";
import { needsLinux, needsOtherUser, OTHER_UID } from "../../helpers/needs.ts";
import { SocketHolder } from "../../helpers/socket-holder.ts";
import { tempFolder } from "../../helpers/temp-folder.ts";

const linuxTest = needsLinux();
const rootTest = needsOtherUser();

function bind(texts: readonly string[], options: SocketsOptions = {}): Promise<Sockets> {
  return Sockets.bind(texts.map(parseAddress), { env: {}, ...options });
}

/** As its worker listens on it. */
function worker({ fd, address }: Sockets["list"][number]): Greeter {
  return new Greeter("fd://3", { known: formatAddress(address) }, { fds: [fd] });
}

function tcp(address: string): NetConnectOpts {
  const [host = "", port] = address.split(":");
  return { host, port: Number(port) };
}

/** A socket as systemd makes it, and its descriptor. */
async function made(
  t: ExecutionContext,
  where: { path: string } | { host: string; port: number },
): Promise<[Server, number]> {
  const server = createServer((socket) => socket.destroy());
  server.listen(where);
  await once(server, "listening");
  t.teardown(() => server.close());
  return [server, fdOf(server)];
}

/** Node has no other way to tell it. */
function fdOf(server: Server): number {
  return (server as unknown as Readonly<Record<string, { readonly fd: number }>>)["_handle"]?.fd ?? -1;
}

async function faultOf(promise: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("it has not failed");
}

test("workers can be started on sockets before they listen, and are then found at the path", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  const sockets = await bind([path, "127.0.0.1:0"]);
  t.false(existsSync(path));
  const [unix, port] = sockets.list;
  if (unix === undefined || port === undefined) throw new Error("two were asked for");
  t.deepEqual(unix.address, { kind: "unix", path });
  t.regex(port.name, /^127\.0\.0\.1:[1-9]\d*$/);
  await using first = worker(unix);
  await using second = worker(port);
  t.deepEqual(await first.line(), { address: path });
  t.deepEqual(await second.line(), { address: port.name });
  await sockets.openQueues();
  t.is(await greet({ path }), "hello");
  t.is(await greet(tcp(port.name)), "hello");
  t.deepEqual(sockets.list, [unix, port]);
  await sockets.close();
});

test("from openQueues on all sockets queue, and closing removes what is ours", async (t) => {
  using folder = tempFolder();
  const sockets = await bind([folder.file("a"), folder.file("b"), "127.0.0.1:0"]);
  await sockets.openQueues();
  for (const name of ["a", "b"]) t.true(await accepts({ path: folder.file(name) }));
  t.true(await accepts(tcp(sockets.list[2]?.name ?? "")));
  await sockets.close();
  t.deepEqual(readdirSync(folder.path), []);
  t.deepEqual(
    sockets.list.map(({ fd }) => fd),
    [-1, -1, -1],
  );
});

test("sockets that were never opened are given back", async (t) => {
  using folder = tempFolder();
  const sockets = await bind([folder.file("s"), "127.0.0.1:0"]);
  const [, { name } = { name: "" }] = sockets.list;
  await sockets.close();
  t.deepEqual(readdirSync(folder.path), []);
  const again = await holdSocket(parseAddress(name));
  await again.close();
});

test("one address that cannot be had gives all of them back", async (t) => {
  using folder = tempFolder();
  writeFileSync(folder.file("file"), "kept");
  const error = await faultOf(bind([folder.file("s"), folder.file("file")]));
  t.is(error.code, "UWSGI_LISTEN_FAILED");
  t.is(exitCodeOf(error), 73);
  t.deepEqual(readdirSync(folder.path), ["file"]);
});

test("F16: of two masters on one port the later to listen is refused by its number, and the first keeps it", async (t) => {
  using folder = tempFolder();
  const first = await bind(["127.0.0.1:0"]);
  const address = first.list[0]?.name ?? "";
  const second = await bind([address, folder.file("s")]);
  await first.openQueues();
  const error = await faultOf(second.openQueues());
  t.is(error.code, "UWSGI_ADDRESS_IN_USE");
  t.is(exitCodeOf(error), 69);
  t.true(error.message.includes(address));
  t.deepEqual(readdirSync(folder.path), []);
  t.true(await accepts(tcp(address)));
  await first.close();
});

test("F16: a port that is taken ends a master at once: exit code 69, and the other keeps it", async (t) => {
  await using first = new SocketHolder(["127.0.0.1:0"]);
  const [{ address } = { address: "" }] = (await first.line()).sockets;
  await using second = new SocketHolder([address]);
  const line = await second.line();
  t.like(line, { code: "UWSGI_ADDRESS_IN_USE", exitCode: 69 });
  t.true(String(line["message"]).includes("EADDRINUSE"));
  t.is(await second.child.exit(), 0);
  t.true(await accepts(tcp(address)));
});

rootTest("F16: a port below 1024 needs the right to it: exit code 77", async (t) => {
  await using holder = new SocketHolder(["127.0.0.1:81"], {}, { uid: OTHER_UID, cwd: "/" });
  const line = await holder.line();
  t.like(line, { code: "UWSGI_LISTEN_FAILED", exitCode: 77 });
  t.true(String(line["message"]).startsWith("cannot listen on 127.0.0.1:81: listen EACCES"));
});

test("F19: a folder that is not there: exit code 73", async (t) => {
  const error = await faultOf(bind(["/nowhere/at/all/s"]));
  t.is(exitCodeOf(error), 73);
  t.regex(error.message, /there is no folder \/nowhere\/at\/all$/);
});

test("T36: two masters that start at the same time on one path: one has it, the other is refused", async (t) => {
  using folder = tempFolder();
  const both = await Promise.all([bind([folder.file("s")]), bind([folder.file("s")])]);
  const outcomes = await Promise.allSettled(both.map((sockets) => sockets.openQueues()));
  t.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  const refused = outcomes.find((outcome) => outcome.status === "rejected");
  t.is(errorCode(refused?.reason), "UWSGI_ADDRESS_IN_USE");
  t.true(await accepts({ path: folder.file("s") }));
  await Promise.all(both.map((sockets) => sockets.close()));
  t.deepEqual(readdirSync(folder.path), []);
});

test("suwsgi:// without a certificate is refused", async (t) => {
  t.is((await faultOf(bind(["suwsgi://127.0.0.1:0"]))).code, "UWSGI_INVALID_ARGUMENT");
});

test("a worker gets the certificate of an address with TLS, and of no other", async (t) => {
  const tls = { cert: "certificate", key: "key" };
  const sockets = await bind(["suwsgi://127.0.0.1:0", "127.0.0.1:0"], { tls });
  await sockets.openQueues();
  t.deepEqual(
    sockets.list.map((socket) => socket.tls),
    [tls, undefined],
  );
  t.regex(sockets.list[0]?.name ?? "", /^suwsgi:\/\/127\.0\.0\.1:[1-9]/);
  await sockets.close();
});

test("a worker knows a socket that it inherits by the address that the master has", (t) => {
  const unix = parseAddress("/run/app.sock");
  t.deepEqual(inheritedAs(4, unix), { kind: "fd", fd: 4, known: unix });
  t.is(formatAddress(inheritedAs(4, unix)), "/run/app.sock");
  const tls = parseAddress("suwsgi:///run/app.sock");
  t.deepEqual(inheritedAs(4, tls), { kind: "tls", over: { kind: "fd", fd: 4, known: unix } });
  t.is(formatAddress(inheritedAs(4, tls)), "suwsgi://unix:/run/app.sock");
  t.deepEqual(inheritedAs(4, { kind: "fd", fd: 9 }), { kind: "fd", fd: 4 });
  t.is(formatAddress(inheritedAs(4, { kind: "tls", over: { kind: "fd", fd: 9 } })), "suwsgi://fd://4");
});

// systemd

linuxTest("F37: what systemd passes goes to the addresses that name it, under its names", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  const [, unix] = await made(t, { path });
  const [server, port] = await made(t, { host: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${(server.address() as { port: number }).port}`;
  await using holder = new SocketHolder(
    [address, path, folder.file("own")],
    { activate: { count: 2, names: "app.socket:tcp.socket" } },
    { fds: [unix, port] },
  );
  const { sockets, env } = await holder.line();
  t.deepEqual(
    sockets.slice(0, 2).map(({ fd, name, address: at }) => [fd, name, at]),
    [
      [4, "tcp.socket", address],
      [3, "app.socket", path],
    ],
  );
  t.is(sockets[2]?.name, folder.file("own"));
  t.deepEqual(env, []);
  holder.child.process.kill("SIGTERM");
  t.is(await holder.child.exit(), 0);
  t.deepEqual(readdirSync(folder.path), ["s"]);
});

linuxTest("F37: what systemd passes can be named by its descriptor", async (t) => {
  const [server, fd] = await made(t, { host: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${(server.address() as { port: number }).port}`;
  await using holder = new SocketHolder(["fd://3"], { activate: { count: 1, names: "app.socket" } }, { fds: [fd] });
  t.like((await holder.line()).sockets[0], { fd: 3, name: "app.socket", address });
});

linuxTest("F37: what systemd passes to another process is ignored, and the address bound", async (t) => {
  using folder = tempFolder();
  const [, fd] = await made(t, { path: folder.file("other") });
  const env = { LISTEN_PID: "1", LISTEN_FDS: "1", LISTEN_FDNAMES: "app.socket" };
  await using holder = new SocketHolder([folder.file("s")], {}, { fds: [fd], env });
  const line = await holder.line();
  t.is(line.sockets[0]?.name, folder.file("s"));
  t.deepEqual(line.env, []);
});

linuxTest("F37: a socket that systemd passes and no address names is refused by its name: exit code 64", async (t) => {
  using folder = tempFolder();
  const [, fd] = await made(t, { path: folder.file("other") });
  const activate = { count: 1, names: "other.socket" };
  await using holder = new SocketHolder([folder.file("s")], { activate }, { fds: [fd] });
  const line = await holder.line();
  t.like(line, { code: "UWSGI_INVALID_ARGUMENT", exitCode: 64 });
  t.is(
    line["message"],
    `systemd passes ${folder.file("other")} (other.socket), and there is to be listened on ${folder.file("s")}`,
  );
  t.is(await holder.child.exit(), 0);
  t.deepEqual(readdirSync(folder.path), ["other"]);
});

linuxTest("F37: what systemd passes and is no socket that listens is refused: exit code 73", async (t) => {
  await using holder = new SocketHolder(["fd://3"], { activate: { count: 1 } });
  t.like(await holder.line(), { code: "UWSGI_LISTEN_FAILED", exitCode: 73 });
});

linuxTest("T4/F37: a TCP socket of systemd that other machines reach needs to be told who may connect", async (t) => {
  const [server, fd] = await made(t, { host: "0.0.0.0", port: 0 });
  const address = `0.0.0.0:${(server.address() as { port: number }).port}`;
  const activate = { count: 1 };
  await using refused = new SocketHolder([address], { activate }, { fds: [fd] });
  t.like(await refused.line(), { code: "UWSGI_ADDRESS_EXPOSED", exitCode: 78 });
  await using allowed = new SocketHolder([address], { activate, allow: ["127.0.0.1"] }, { fds: [fd] });
  t.is((await allowed.line()).sockets[0]?.address, address);
});

// Handing over

test("a new master has the sockets of the one before it, paths and all", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  await using holder = new SocketHolder([path, "127.0.0.1:0"]);
  const before = await holder.line();
  holder.child.process.kill("SIGHUP");
  const after = await holder.line(1);
  t.not(after.pid, before.pid);
  t.deepEqual(
    after.sockets.map(({ name, address }) => [name, address]),
    before.sockets.map(({ name, address }) => [name, address]),
  );
  t.deepEqual(
    after.sockets.map(({ fd }) => fd),
    [3, 4],
  );
  t.deepEqual(after.env, []);
  t.true(await accepts({ path }));
  t.true(await accepts(tcp(after.sockets[1]?.address ?? "")));
  process.kill(after.pid, "SIGTERM");
  t.is(await holder.child.exit(), 0);
  t.deepEqual(readdirSync(folder.path), []);
});

test("F18: a new master looks after the paths that it was handed: what replaces one is told, and stays", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  await using holder = new SocketHolder([path]);
  await holder.line();
  holder.child.process.kill("SIGHUP");
  const { pid } = await holder.line(1);
  rmSync(path);
  writeFileSync(path, "kept");
  t.deepEqual((await holder.line(2)) as object, { name: path, how: "replaced", isRecreated: false });
  process.kill(pid, "SIGTERM");
  t.is(await holder.child.exit(), 0);
  t.deepEqual(readdirSync(folder.path), ["s"]);
});

test("F18: a new master binds a path anew that it was handed, where it shall", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  await using holder = new SocketHolder([path], { recreate: true });
  await holder.line();
  holder.child.process.kill("SIGHUP");
  const { pid } = await holder.line(1);
  rmSync(path);
  t.deepEqual((await holder.line(2)) as object, { name: path, how: "removed", isRecreated: true });
  t.true(await accepts({ path }));
  process.kill(pid, "SIGTERM");
  t.is(await holder.child.exit(), 0);
  t.deepEqual(readdirSync(folder.path), []);
});

test("a new master that fails leaves the paths to the one before it", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  await using holder = new SocketHolder([path], { failsLater: true });
  await holder.line();
  holder.child.process.kill("SIGHUP");
  await holder.line(1);
  t.deepEqual((await holder.line(2)) as object, { abandoned: true });
  t.deepEqual(readdirSync(folder.path), ["s"]);
  t.true(await accepts({ path }));
  holder.child.process.kill("SIGTERM");
  t.is(await holder.child.exit(), 0);
  t.deepEqual(readdirSync(folder.path), []);
});

test("what was handed over and is no descriptor is refused: exit code 73", async (t) => {
  const address = { kind: "tcp", host: "127.0.0.1", port: 4_711 };
  const UISGE_HANDOVER = JSON.stringify([
    { fd: 900, asked: "127.0.0.1:0", name: "gone", address },
    { fd: 901, asked: "127.0.0.1:1", name: "unwanted", address },
  ]);
  await using holder = new SocketHolder(["127.0.0.1:0"], {}, { env: { UISGE_HANDOVER } });
  t.like(await holder.line(), { code: "UWSGI_LISTEN_FAILED", exitCode: 73 });
});
