/** The hook changes what all servers of the process are made of: one test at a time, and each puts it back. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, Server as NetServer } from "node:net";
import test, { type ExecutionContext } from "ava";
import { ListenHook, type ListenHookOptions } from "../../../src/app/listen/listen-hook.ts";
import { accepts } from "../../helpers/accepts.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

/** True when somebody accepts there. */
const answers = (port: number): Promise<boolean> => accepts({ port, host: "127.0.0.1" });

function hooked(t: ExecutionContext, options?: ListenHookOptions): ListenHook {
  const hook = new ListenHook(options).install();
  t.teardown(() => hook.uninstall());
  return hook;
}

/** Closes a server that really listens, at the end. */
function closedAtEnd<Kind extends NetServer>(t: ExecutionContext, server: Kind): Kind {
  t.teardown(() => server.close());
  return server;
}

for (const [about, make] of [
  ["http", () => createServer()],
  ["https", () => createHttpsServer()],
  ["http2", () => createHttp2Server()],
] as const) {
  test.serial(`a server of ${about} that listens is heard, and believes that it does`, async (t) => {
    const hook = hooked(t);
    const server = make();
    const calls: string[] = [];
    const returned = server.listen(3999, "127.0.0.1", () => calls.push("callback"));
    server.on("listening", () => calls.push("event"));
    t.is(returned, server);
    t.deepEqual(calls, []);
    t.true(server.listening);
    t.deepEqual(server.address(), { address: "127.0.0.1", family: "IPv4", port: 3999 });
    await once(server, "listening");
    t.deepEqual(calls, ["callback", "event"]);
    t.true((await hook.untilHeard()).server === server);
    t.false(await answers(3999));
  });
}

test.serial("a plain server of node:net listens by itself", async (t) => {
  const hook = hooked(t);
  const server = closedAtEnd(t, createTcpServer());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.true(await answers((server.address() as AddressInfo).port));
  t.is(hook.candidate, undefined);
});

test.serial("once uninstalled, servers listen as ever", async (t) => {
  const { listen } = NetServer.prototype;
  const hook = hooked(t);
  t.not(NetServer.prototype.listen, listen);
  hook.uninstall();
  t.is(NetServer.prototype.listen, listen);
  const server = closedAtEnd(t, createServer());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.true(await answers((server.address() as AddressInfo).port));
});

test.serial("to listen twice is the error that Node has for it", (t) => {
  hooked(t);
  const server = createServer().listen(3999);
  t.throws(() => server.listen(3998), { code: "ERR_SERVER_ALREADY_LISTEN" });
});

test.serial("what Node refuses is refused by Node", (t) => {
  const hook = hooked(t);
  t.throws(() => createServer().listen(70_000), { code: "ERR_SOCKET_BAD_PORT" });
  t.throws(() => createServer().listen({} as { port: number }), { code: "ERR_INVALID_ARG_VALUE" });
  t.is(hook.candidate, undefined);
});

test.serial("close is told at once, and ends when what is served has", async (t) => {
  const hook = hooked(t);
  const server = createServer().listen(3999);
  hook.decide(server);
  const calls: string[] = [];
  server.on("close", () => calls.push("event"));
  server.close(() => calls.push("callback"));
  await hook.closed;
  t.false(server.listening);
  t.is(server.address(), null);
  await new Promise(setImmediate);
  t.deepEqual(calls, []);
  hook.end();
  await once(server, "close");
  t.deepEqual(calls, ["event", "callback"]);
});

test.serial("a server is told of the end though it has not closed itself", async (t) => {
  const hook = hooked(t);
  const server = createServer().listen(3999);
  hook.decide(server);
  hook.end();
  await once(server, "close");
  t.false(server.listening);
});

test.serial("to close twice is an error for the second callback, as Node has it", async (t) => {
  const hook = hooked(t);
  const server = createServer().listen(3999);
  hook.decide(server);
  server.close();
  const early = new Promise<Error | undefined>((resolve) => server.close(resolve));
  hook.end();
  t.like(await early, { code: "ERR_SERVER_NOT_RUNNING" });
  t.like(await new Promise<Error | undefined>((resolve) => server.close(resolve)), { code: "ERR_SERVER_NOT_RUNNING" });
});

test.serial("a signal closes, also one that has fired already", async (t) => {
  const hook = hooked(t);
  const controller = new AbortController();
  const server = createServer().listen({ port: 3999, signal: controller.signal });
  hook.decide(server);
  controller.abort();
  await hook.closed;
  t.false(server.listening);
});

test.serial("disposing of a server closes it", async (t) => {
  const hook = hooked(t);
  const server = createServer().listen(3999);
  hook.decide(server);
  const disposing = server[Symbol.asyncDispose]();
  await hook.closed;
  hook.end();
  await disposing;
  t.false(server.listening);
});

test.serial("all else that a server has is harmless", async (t) => {
  hooked(t);
  const server = createServer().listen(3999);
  await once(server, "listening");
  server.closeAllConnections();
  server.closeIdleConnections();
  t.is(server.ref().unref(), server);
  t.is(await new Promise((resolve, reject) => server.getConnections((e, n) => (e ? reject(e) : resolve(n)))), 0);
  t.true(server.listening);
});

test.serial("a server that has been closed cannot listen again: what is served stops with it", (t) => {
  const hook = hooked(t);
  const server = createServer().listen(3999);
  hook.decide(server);
  server.close();
  t.throws(() => server.listen(3999), { code: "UWSGI_APP_CONTRACT", message: /port 3999 was closed/ });
});

test.serial("a server that is closed before it is served only tried something", async (t) => {
  const hook = hooked(t);
  const trial = createServer().listen(0);
  await new Promise((resolve) => trial.close(resolve));
  t.is(hook.candidate, undefined);
  const waiting = hook.untilHeard();
  const server = createServer().listen(3999);
  t.is((await waiting).server, server);
});

test.serial("the first server is heard, the others listen as they ask, and are named", async (t) => {
  const others: string[] = [];
  const hook = hooked(t, { onOther: (asked) => others.push(asked) });
  const first = createServer().listen(3999);
  const second = closedAtEnd(
    t,
    createServer(() => {}),
  ).listen(0, "127.0.0.1");
  await once(second, "listening");
  t.is(hook.candidate?.server, first);
  t.true(await answers((second.address() as AddressInfo).port));
  t.deepEqual(others, ["127.0.0.1:0"]);
  t.deepEqual(hook.otherNames, others);
});

test.serial("the server that is named is heard, whichever comes first", async (t) => {
  const path = `${folderOf(t)}/app.sock`;
  const hook = hooked(t, { which: path });
  const first = closedAtEnd(t, createServer()).listen(0, "127.0.0.1");
  await once(first, "listening");
  const second = createServer().listen(path);
  t.is(hook.candidate?.server, second);
  t.is(second.address(), path);
});

test.serial("a second server with the same listener is the same application: no port is opened", async (t) => {
  const same: string[] = [];
  const others: string[] = [];
  const hook = hooked(t, { onSame: (asked) => same.push(asked), onOther: (asked) => others.push(asked) });
  const application = (): void => {};
  const first = createServer(application).listen(3999, "127.0.0.1");
  const second = createServer(application).listen(3999, "::1");
  await once(second, "listening");
  t.deepEqual([same, others], [["[::1]:3999"], []]);
  // The one does not end the other.
  hook.decide(first);
  second.close();
  await once(second, "close");
  t.true(first.listening);
});

test.serial("an export is served: a server around it opens no port, another one does", async (t) => {
  const same: string[] = [];
  const others: string[] = [];
  const hook = hooked(t, { hearsAll: true, onSame: (name) => same.push(name), onOther: (name) => others.push(name) });
  const application = (): void => {};
  const early = createServer(application).listen(3999);
  const metrics = closedAtEnd(
    t,
    createServer(() => {}),
  ).listen(0, "127.0.0.1");
  hook.decide(application);
  const late = createServer(application).listen(3998);
  while (metrics.address() === null) await once(metrics, "listening");
  t.true(await answers((metrics.address() as AddressInfo).port));
  t.deepEqual([same, others], [["port 3999", "port 3998"], ["127.0.0.1:0"]]);
  t.deepEqual([early, late].map(portOf), [3999, 3998]);
  t.false(await answers(3999));
  t.false(await answers(3998));
});

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
