import { closeSync, existsSync, openSync } from "node:fs";
import { once } from "node:events";
import { connect, createServer, type ListenOptions as NetListenOptions, type Server } from "node:net";
import test, { type ExecutionContext } from "ava";
import { dial, listen, type ListenOptions } from "../../src/connection/index.ts";
import { errorCode } from "../../src/errors.ts";
import { greet, Greeter, type GreeterLine } from "../helpers/greeter.ts";
import { tempFolder } from "../helpers/temp-folder.ts";

/** A listening socket of this process, and its descriptor. */
async function open(t: ExecutionContext, where: NetListenOptions): Promise<{ server: Server; fd: number }> {
  const server = createServer((socket) => socket.end("the parent"));
  server.listen(where);
  await once(server, "listening");
  t.teardown(() => server.close());
  return { server, fd: fdOf(server) };
}

/** Node has no other way to tell it. */
function fdOf(server: Server): number {
  return (server as unknown as Readonly<Record<string, { readonly fd: number }>>)["_handle"]?.fd ?? -1;
}

async function inherit(fds: readonly number[], options: ListenOptions = {}): Promise<GreeterLine> {
  await using greeter = new Greeter("fd://3", options, { fds });
  return await greeter.line();
}

test("an inherited TCP socket is listened on under its real address", async (t) => {
  const { server, fd } = await open(t, { host: "127.0.0.1", port: 0 });
  const { port } = server.address() as { port: number };
  await using greeter = new Greeter("fd://3", {}, { fds: [fd] });
  t.deepEqual(await greeter.line(), { address: `127.0.0.1:${port}` });
  server.close();
  t.is(await greet({ host: "127.0.0.1", port }), "hello");
});

test("an inherited unix socket is listened on, and closing leaves its file", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  const { server, fd } = await open(t, { path });
  await using greeter = new Greeter("fd://3", {}, { fds: [fd] });
  t.deepEqual(await greeter.line(), { address: process.platform === "linux" ? path : "fd://3" });
  // Two processes accept: ask until the child was it.
  while ((await greet({ path })) !== "hello");
  greeter.signal("SIGTERM");
  t.is(await greeter.child.exit(), 0);
  t.true(existsSync(path));
  t.is(await greet({ path }), "the parent");
  server.close();
});

test("T4: an inherited TCP socket that other machines can reach needs to be told who may connect", async (t) => {
  const { server, fd } = await open(t, { host: "0.0.0.0", port: 0 });
  const { port } = server.address() as { port: number };
  t.like(await inherit([fd]), { code: "UWSGI_ADDRESS_EXPOSED" });
  t.deepEqual(await inherit([fd], { allow: ["127.0.0.1"] }), { address: `0.0.0.0:${port}` });
});

test("T4: the allow list holds for an inherited TCP socket too", async (t) => {
  const { server, fd } = await open(t, { host: "127.0.0.1", port: 0 });
  const { port } = server.address() as { port: number };
  await using greeter = new Greeter("fd://3", { allow: ["127.0.0.2"] }, { fds: [fd] });
  await greeter.line();
  server.close();
  t.not(await greet({ host: "127.0.0.1", port }), "hello");
  t.like(await greeter.line(1), { code: "UWSGI_PEER_NOT_ALLOWED" });
  t.is(await greet({ host: "127.0.0.1", port, localAddress: "127.0.0.2" }), "hello");
});

test("an inherited socket gets the backlog that is asked for, not one of Node's", async (t) => {
  // Abstract: closing the first holder removes no file.
  const path = `\0uisge-backlog-${process.pid}`;
  const { server, fd } = await open(t, { path });
  await using greeter = new Greeter("fd://3", { backlog: 7 }, { fds: [fd] });
  await greeter.line();
  server.close();
  greeter.signal("SIGSTOP");
  const clients = Array.from({ length: 12 }, () => connect({ path }));
  const outcomes = await Promise.all(
    clients.map(
      (client) =>
        new Promise<string>((resolve) => {
          client.on("connect", () => resolve("queued")).on("error", (error) => resolve(errorCode(error) ?? ""));
        }),
    ),
  );
  greeter.signal("SIGCONT");
  for (const client of clients) client.destroy();
  // Linux lets one more in than the backlog says.
  t.deepEqual(outcomes, [...Array.from({ length: 8 }, () => "queued"), ...Array.from({ length: 4 }, () => "EAGAIN")]);
});

test("a file, and nothing at all, cannot be listened on", async (t) => {
  const fd = openSync("/dev/null", "r");
  t.like(await inherit([fd]), { code: "UWSGI_LISTEN_FAILED" });
  t.like(await inherit([]), { code: "UWSGI_LISTEN_FAILED" });
  closeSync(fd);
});

test("a socket that is connected cannot be listened on", async (t) => {
  const { server } = await open(t, { host: "127.0.0.1", port: 0 });
  server.on("connection", () => {});
  using folder = tempFolder();
  const unix = await open(t, { path: folder.file("s") });
  const accepted = once(unix.server, "connection") as Promise<[Parameters<typeof fdOf>[0] & { destroy(): void }]>;
  const client = await dial({ kind: "unix", path: folder.file("s") });
  const [socket] = await accepted;
  t.like(await inherit([fdOf(socket)]), { code: "UWSGI_LISTEN_FAILED" });
  client.destroy();
  socket.destroy();
});

test("an inherited socket cannot be connected to", async (t) => {
  const error = await t.throwsAsync(dial({ kind: "fd", fd: 3 }), { code: "UWSGI_CONNECT_FAILED" });
  t.is(error.message, "cannot connect to fd://3: an inherited socket can be listened on, not connected to");
});

test("a descriptor that is not open cannot be listened on", async (t) => {
  await t.throwsAsync(
    listen({ kind: "fd", fd: 999_999 }, () => {}),
    { code: "UWSGI_LISTEN_FAILED" },
  );
});
