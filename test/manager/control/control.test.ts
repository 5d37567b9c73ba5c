import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import test from "ava";
import { askManager } from "../../../src/manager/control/control-client.ts";
import type { ControlCommand, ControlLine } from "../../../src/manager/control/control-messages.ts";
import { ControlServer } from "../../../src/manager/control/control-server.ts";
import { controlled, FakeManager, tellRaw, workerStatus } from "../../helpers/fake-manager.ts";
import { ScriptedPeer } from "../../helpers/scripted-peer.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

const ask = (path: string, command: ControlCommand, onLine?: (line: ControlLine) => void) =>
  askManager(path, command, "a test", onLine);

/** Resolves when a client is served again. */
async function untilFree(path: string): Promise<void> {
  const isServed = (): Promise<boolean> =>
    ask(path, { command: "status" }).then(
      () => true,
      () => false,
    );
  while (!(await isServed())) await new Promise(setImmediate);
}

/** However it ends: what was not read on the other side comes back as a reset. */
function closed(socket: Socket): Promise<void> {
  socket.on("error", () => {});
  return new Promise((resolve) => {
    socket.once("close", () => resolve());
  });
}

test("status is answered with what the manager says of itself, in one line, and is not logged", async (t) => {
  const { manager, path } = await controlled(t);
  t.deepEqual(await ask(path, { command: "status" }), { done: true, status: manager.current });
  t.deepEqual(manager.log, []);
});

test("each request that runs is a line, and the last line says that it is the last", async (t) => {
  const { manager, path } = await controlled(t);
  const request = { worker: 1, pid: 1001, id: "a", method: "GET", path: "/slow", remote: "192.0.2.1", ms: 12 };
  manager.running = [request, { ...request, worker: 2, id: "b" }];
  const lines: ControlLine[] = [];
  t.deepEqual(await ask(path, { command: "requests" }, (line) => lines.push(line)), { done: true });
  t.deepEqual(lines, [{ request }, { request: { ...request, worker: 2, id: "b" } }]);
});

test("of more than 1 000 requests the rest is a number", async (t) => {
  const { manager, path } = await controlled(t);
  const request = { worker: 1, pid: 1001, id: "a", method: "GET", path: "/", remote: "", ms: 1 };
  manager.running = Array.from({ length: 1_007 }, () => request);
  let lines = 0;
  t.deepEqual(await ask(path, { command: "requests" }, () => lines++), { done: true, more: 7 });
  t.is(lines, 1_000);
});

test("reload is answered when it is done, and tells how far it is whenever that has changed", async (t) => {
  const { manager, path } = await controlled(t, { limits: { progressMs: 1 } });
  const seen: string[] = [];
  const done = ask(path, { command: "reload", mode: "chain" }, (line) => {
    if (!("progress" in line)) return;
    const { ready, of, generation } = line.progress;
    seen.push(`${ready}/${of} of ${generation}`);
    if (seen.length === 1)
      manager.current = { ...manager.current, generation: 2, workers: [workerStatus({ generation: 2 })] };
    else manager.work.resolve();
  });
  t.deepEqual(await done, { done: true });
  t.deepEqual(seen, ["2/2 of 1", "1/2 of 2"]);
  t.deepEqual(manager.told, ["reload chain"]);
});

test("a reload that fails is answered with why", async (t) => {
  const { manager, path } = await controlled(t);
  manager.work.reject(new Error("version 2 has not started: no\x1b[2J\tdatabase\nat a.js"));
  await t.throwsAsync(ask(path, { command: "reload" }), {
    code: "UWSGI_CONTROL_FAILED",
    message: "version 2 has not started: no?[2J\tdatabase\nat a.js",
  });
  t.deepEqual(manager.told, ["reload undefined"]);
});

for (const [command, told] of [
  [{ command: "stop", how: "fast" }, "stop fast"],
  [{ command: "upgrade" }, "upgrade"],
] as const) {
  test(`${command.command} is answered when it is done`, async (t) => {
    const { manager, path } = await controlled(t);
    manager.work.resolve();
    t.deepEqual(await ask(path, command), { done: true });
    t.deepEqual(manager.told, [told]);
  });
}

test("reopen is passed on", async (t) => {
  const { manager, path } = await controlled(t);
  t.deepEqual(await ask(path, { command: "reopen" }), { done: true });
  t.deepEqual(manager.told, ["reopen"]);
});

for (const [to, processes] of [
  ["5", 5],
  ["+2", 4],
  ["-1", 1],
  ["-9", 1],
] as const) {
  test(`scale to ${to} where there are 2 workers makes it ${processes}`, async (t) => {
    const { manager, path } = await controlled(t);
    t.deepEqual(await ask(path, { command: "scale", to }), { done: true, processes });
    t.deepEqual(manager.told, [`scale ${processes}`]);
  });
}

test("a command is logged before it is obeyed, with who says that it is theirs", async (t) => {
  const { manager, path } = await controlled(t);
  await askManager(path, { command: "scale", to: "+1" }, 'root\n"x"');
  t.deepEqual(manager.log, ['asked by the control socket: scale +1, which says it is "root\\n\\"x\\""']);
});

test("who waits for the end of a manager is answered by it, who waits for something else is told", async (t) => {
  const { manager, server, path } = await controlled(t);
  const stop = ask(path, { command: "stop", how: "graceful" });
  const reload = t.throwsAsync(ask(path, { command: "reload" }), {
    code: "UWSGI_CONTROL_FAILED",
    message: "the manager has ended",
  });
  const idle = connect({ path });
  idle.resume();
  await once(idle, "connect");
  while (manager.told.length < 2) await new Promise(setImmediate);
  await server.close();
  t.deepEqual(await stop, { done: true });
  await reload;
  t.false(existsSync(path));
  t.is(server.close(), server.close());
});

test("the socket of another manager that answers is left alone", async (t) => {
  const { path } = await controlled(t);
  const listening = ControlServer.listen({ path, controlled: new FakeManager(), onCommand: () => {} });
  await t.throwsAsync(listening, { code: "UWSGI_ADDRESS_IN_USE" });
  t.like(await ask(path, { command: "status" }), { done: true });
});

test("where nobody answers there is no instance", async (t) => {
  const path = join(folderOf(t), "none.sock");
  await t.throwsAsync(ask(path, { command: "status" }), {
    code: "UWSGI_NO_INSTANCE",
    message: /there is no such socket/,
  });
});

test("what answers with something else is no manager", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await t.throwsAsync(ask(peer.address, { command: "status" }), { code: "UWSGI_BAD_CONTROL", message: /is no JSON/ });
});

test("an object that is no answer is none", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => socket.end('{"hello":1}\n'));
  await t.throwsAsync(ask(peer.address, { command: "status" }), { code: "UWSGI_BAD_CONTROL", message: /is no answer/ });
});

test("a manager that goes away before its answer is complete is told of", async (t) => {
  await using peer = await ScriptedPeer.start((socket) =>
    socket.end('{"progress":{"ready":0,"of":1,"generation":2}}\n{"do'),
  );
  await t.throwsAsync(ask(peer.address, { command: "reload" }), { code: "UWSGI_PEER_GONE" });
});

for (const [what, bytes, why] of [
  ["no JSON", "reload\n", /"reload" is no JSON: an object in one line is needed/],
  ["no object", '["reload"]\n', /is no object/],
  ["no command", "{}\n", /no command: there are status, requests, reload, stop, scale, upgrade, reopen/],
  ["an unknown command", '{"command":"explode"}\n', /unknown command "explode": there are status, requests, reload/],
  [
    "a command nested deeper than can be written",
    `{"command":${"[".repeat(30_000)}${"]".repeat(30_000)}}\n`,
    /unknown command an object/,
  ],
  ["a command that every object has", '{"command":"constructor"}\n', /unknown command/],
  ["an unknown mode", '{"command":"reload","mode":"quick"}\n', /mode "quick": there are graceful, chain, brutal/],
  ["an unknown way to stop", '{"command":"stop","how":9}\n', /how 9: there are graceful, fast/],
  ["no number of workers", '{"command":"scale"}\n', /to nothing: a number of workers is needed/],
  ["no workers", '{"command":"scale","to":0}\n', /to 0: a number of workers is needed/],
  ["fewer than none", '{"command":"scale","to":-1}\n', /to -1: a number of workers is needed/],
  ["a command that is cut", '{"command":"stop"}', /the line ends without its end/],
] as const) {
  test(`${what} is an error line that says what there is, and nothing is done`, async (t) => {
    const { manager, path } = await controlled(t);
    const answer = JSON.parse(await tellRaw(path, bytes, true)) as { error: { code: string; message: string } };
    t.is(answer.error.code, "UWSGI_BAD_CONTROL");
    t.regex(answer.error.message, why);
    t.deepEqual(manager.told, []);
  });
}

test("scale takes a number as well as a word", async (t) => {
  const { manager, path } = await controlled(t);
  t.is(await tellRaw(path, '{"command":"scale","to":3}\n'), '{"done":true,"processes":3}\n');
  t.deepEqual(manager.told, ["scale 3"]);
});

test("of two commands in one connection the second is not read", async (t) => {
  const { manager, path } = await controlled(t);
  t.is(await tellRaw(path, '{"command":"reopen"}\n{"command":"reopen"}\n'), '{"done":true}\n');
  t.deepEqual(manager.told, ["reopen"]);
});

test("a client that goes away while a reload runs changes nothing", async (t) => {
  const { manager, path } = await controlled(t, { limits: { progressMs: 1 } });
  const socket = connect({ path });
  socket.write('{"command":"reload"}\n');
  await once(socket, "data");
  socket.destroy();
  await once(socket, "close");
  t.like(await ask(path, { command: "status" }), { done: true });
  manager.work.resolve();
  t.deepEqual(manager.told, ["reload undefined"]);
});

test("one client too many is told so, and there is room again when another has gone", async (t) => {
  const { manager, path } = await controlled(t, { limits: { progressMs: 1 } });
  const sockets: Socket[] = [];
  for (let i = 0; i < 8; i++) {
    const socket = connect({ path });
    socket.write('{"command":"reload"}\n');
    await once(socket, "data");
    sockets.push(socket);
  }
  await t.throwsAsync(ask(path, { command: "status" }), { message: /8 clients are served, which is the most/ });
  manager.work.resolve();
  await Promise.all(sockets.map((socket) => once(socket.resume(), "end")));
  sockets.forEach((socket) => socket.destroy());
  await untilFree(path);
  t.pass();
});

test("who sends nothing is closed when its time is over", async (t) => {
  const { path } = await controlled(t, { limits: { askMs: 1 } });
  t.is(await tellRaw(path, ""), "");
});

test("who sends a line byte by byte has no more time than others", async (t) => {
  const { manager, path } = await controlled(t, { limits: { askMs: 20 } });
  const socket = connect({ path });
  socket.on("error", () => {});
  const drip = setInterval(() => socket.write(" "), 1);
  socket.resume();
  await closed(socket);
  clearInterval(drip);
  t.deepEqual(manager.told, []);
});

test("who does not take its answer is cut, and its place is free", async (t) => {
  const { manager, path } = await controlled(t, { limits: { takeMs: 1, maxClients: 1 } });
  const request = { worker: 1, pid: 1, id: "a", method: "GET", path: `/${"x".repeat(490)}`, remote: "", ms: 1 };
  manager.running = Array.from({ length: 1_000 }, () => request);
  const socket = connect({ path });
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write('{"command":"requests"}\n');
  await once(socket, "readable");
  await untilFree(path);
  let bytes = 0;
  socket.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await closed(socket);
  t.true(bytes < 400_000, `${bytes}`);
});
