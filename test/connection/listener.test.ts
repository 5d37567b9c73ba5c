import { execFile } from "node:child_process";
import { once } from "node:events";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import test, { type ExecutionContext } from "ava";
import type { UnixAddress } from "../../src/connection/address.ts";
import { type Address, dial, listen, type Listener, type Transport } from "../../src/connection/index.ts";
import { errorCode } from "../../src/errors.ts";
import { until } from "../helpers/measure.ts";
import { projectRoot } from "../helpers/project.ts";
import { type TempFolder, tempFolder } from "../helpers/temp-folder.ts";
import { gate } from "../helpers/test-server.ts";

const run = promisify(execFile);

function at(path: string): UnixAddress {
  return { kind: "unix", path };
}

/** Refuses to be used. */
function nobody(transport: Transport): void {
  transport.destroy();
}

/** Leaves a socket file behind that nobody answers at. */
async function leaveStale(path: string): Promise<void> {
  const program = "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";
  await run(process.execPath, ["-e", program, path]).catch(() => {});
  if (!lstatSync(path).isSocket()) throw new Error("no socket was left behind");
}

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
  } catch (error) {
    return errorCode(error) ?? String(error);
  }
  return undefined;
}

/** True when a connection to the address is accepted by that listener's owner. */
async function answers(address: Address): Promise<boolean> {
  try {
    (await dial(address)).destroy();
    return true;
  } catch {
    return false;
  }
}

test("a unix socket accepts, and each connection comes as a transport named by the path", async (t) => {
  using folder = tempFolder();
  const accepted = gate<Transport>();
  const listener = await listen(at(folder.file("s")), accepted.open);
  const client = await dial(listener.address);
  const transport = await accepted.promise;
  t.is(transport.peer, folder.file("s"));
  client.destroy();
  transport.destroy();
  await listener.close();
});

test("port 0 becomes the real port, and the peer of a connection is its address and port", async (t) => {
  const accepted = gate<Transport>();
  const listener = await listen({ kind: "tcp", host: "127.0.0.1", port: 0 }, accepted.open);
  t.true(listener.address.kind === "tcp" && listener.address.port > 0);
  const client = await dial(listener.address);
  const transport = await accepted.promise;
  t.regex(transport.peer, /^127\.0\.0\.1:[0-9]+$/);
  client.destroy();
  transport.destroy();
  await listener.close();
});

test("T36/F17: a stale socket file is replaced", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  await leaveStale(path);
  const listener = await listen(at(path), nobody);
  t.true(await answers(at(path)));
  await listener.close();
  t.deepEqual(readdirSync(folder.path), []);
});

test("T36/F17: a socket that somebody answers at is left alone", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  const first = await listen(at(path), nobody);
  t.is(await codeOf(listen(at(path), nobody)), "UWSGI_ADDRESS_IN_USE");
  t.true(await answers(at(path)));
  t.deepEqual(readdirSync(folder.path), ["s"]);
  await first.close();
});

test("a live socket whose backlog is full is left alone", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  // A process that is stopped accepts nothing.
  const program = "require('net').createServer().listen({path:process.argv[1],backlog:1},()=>console.log('up'));";
  const child = execFile(process.execPath, ["-e", program, path]);
  await once(child.stdout ?? child, "data");
  child.kill("SIGSTOP");
  const waiting: Transport[] = [];
  for (let i = 0; i < 8; i++) {
    const connected = await dial(at(path)).catch(() => undefined);
    if (connected === undefined) break;
    waiting.push(connected);
  }
  t.is(await codeOf(listen(at(path), nobody)), "UWSGI_ADDRESS_IN_USE");
  for (const transport of waiting) transport.destroy();
  child.kill("SIGKILL");
  await once(child, "exit");
});

const others: readonly (readonly [what: string, make: (path: string) => void, look: (path: string) => unknown])[] = [
  ["a regular file", (path) => writeFileSync(path, "kept"), (path) => readFileSync(path, "utf8")],
  ["a directory", (path) => mkdirSync(join(path, "kept"), { recursive: true }), (path) => readdirSync(path)],
  ["a dangling symlink", (path) => symlinkSync("/nowhere/at/all", path), (path) => readlinkSync(path)],
];

for (const [what, make, look] of others) {
  test(`T36/F17: ${what} at the path is refused and left as it was`, async (t) => {
    using folder = tempFolder();
    const path = folder.file("s");
    make(path);
    const before = look(path);
    t.is(await codeOf(listen(at(path), nobody)), "UWSGI_LISTEN_FAILED");
    t.deepEqual(look(path), before);
    t.deepEqual(readdirSync(folder.path), ["s"]);
  });
}

test("a symlink to a live socket is refused and left as it was", async (t) => {
  using folder = tempFolder();
  const first = await listen(at(folder.file("real")), nobody);
  symlinkSync(folder.file("real"), folder.file("s"));
  t.is(await codeOf(listen(at(folder.file("s")), nobody)), "UWSGI_LISTEN_FAILED");
  t.true(await answers(at(folder.file("real"))));
  await first.close();
});

test("F19: a path in a folder that does not exist cannot be listened on", async (t) => {
  using folder = tempFolder();
  t.is(await codeOf(listen(at(folder.file("no/s")), nobody)), "UWSGI_LISTEN_FAILED");
});

async function listenAlone(path: string, ...mode: string[]): Promise<Record<string, unknown>> {
  const program = join(projectRoot, "build/test/programs/listen.js");
  const { stdout } = await run(process.execPath, [program, path, ...mode]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

for (const [given, expected] of [
  [undefined, 0o660],
  ["600", 0o600],
  ["666", 0o666],
  ["777", 0o777],
] as const) {
  test(`T5: a socket has mode ${expected.toString(8)} from the first moment, whatever the umask, which is restored`, async (t) => {
    using folder = tempFolder();
    const report = await listenAlone(folder.file("s"), ...(given === undefined ? [] : [given]));
    t.like(report, { modeAtOnce: expected, umaskMeanwhile: 0, umaskAfter: 0 });
    t.deepEqual(report["modesSeen"], [expected]);
    t.deepEqual(report["modesBefore"], [0o600], "others could connect before the mode was set");
    t.deepEqual(readdirSync(folder.path), []);
  });
}

test("a socket has its mode in a thread too, which has no umask of its own", async (t) => {
  using folder = tempFolder();
  const listener = await listen(at(folder.file("s")), nobody, { mode: 0o640 });
  t.is(statSync(folder.file("s")).mode & 0o777, 0o640);
  await listener.close();
});

test("closing removes the socket file, at once", async (t) => {
  using folder = tempFolder();
  const listener = await listen(at(folder.file("s")), nobody);
  await listener.close();
  t.deepEqual(readdirSync(folder.path), []);
});

test("T36/F18: closing leaves a socket that has taken the place of ours", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  const ours = await listen(at(path), nobody);
  const theirs = await listen(at(folder.file("t")), nobody);
  renameSync(folder.file("t"), path);
  await ours.close();
  t.true(await answers(at(path)));
  await theirs.close();
});

test("T36/F18: closing leaves a file that has taken the place of ours", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  const listener = await listen(at(path), nobody);
  renameSync(path, folder.file("old"));
  writeFileSync(path, "kept");
  await listener.close();
  t.is(readFileSync(path, "utf8"), "kept");
});

/** Two listeners at the same moment; answers the one that won after having checked that one did. */
async function race(t: ExecutionContext, path: string): Promise<void> {
  const accepted: number[] = [];
  const racers = [0, 1, 2].map((racer) =>
    listen(at(path), (transport) => {
      accepted.push(racer);
      transport.destroy();
    }),
  );
  const results = await Promise.allSettled(racers);
  const winners = results.flatMap((result, racer) => (result.status === "fulfilled" ? [racer] : []));
  const codes = results.flatMap((result) => (result.status === "rejected" ? [errorCode(result.reason)] : []));
  t.is(winners.length, 1, `${winners.length} listen on one path`);
  t.deepEqual(codes, ["UWSGI_ADDRESS_IN_USE", "UWSGI_ADDRESS_IN_USE"]);
  const client = await dial(at(path));
  await new Promise<void>((resolve) =>
    client.attach({
      onRead: () => {},
      onEnd: () => client.end(),
      onDrain: () => {},
      onFinish: () => {},
      onClose: () => resolve(),
    }),
  );
  t.deepEqual(accepted, winners, "the winner is not who answers");
  for (const result of results) if (result.status === "fulfilled") await result.value.close();
}

test("of several that want a free path at once, one gets it and none is robbed", async (t) => {
  using folder = tempFolder();
  for (let round = 0; round < 5; round++) await race(t, folder.file(`s${round}`));
  t.deepEqual(readdirSync(folder.path), []);
});

test("of several that want a stale path at once, one gets it and none is robbed", async (t) => {
  using folder = tempFolder();
  for (let round = 0; round < 3; round++) {
    const path = folder.file(`s${round}`);
    await leaveStale(path);
    await race(t, path);
  }
  t.deepEqual(readdirSync(folder.path), []);
});

/** A path of 107 bytes with that last part, in a folder that was made for it. */
function longPath(folder: TempFolder, name: string): { readonly inner: string; readonly path: string } {
  const room = 107 - Buffer.byteLength(folder.path) - Buffer.byteLength(name) - 2;
  const inner = folder.file("d".repeat(room));
  mkdirSync(inner);
  return { inner, path: join(inner, name) };
}

test("F19: a path that leaves no room for the temporary name beside it is refused, not cut", async (t) => {
  using folder = tempFolder();
  const { inner, path } = longPath(folder, "a");
  t.is(await codeOf(listen(at(path), nobody)), "UWSGI_LISTEN_FAILED");
  t.deepEqual([readdirSync(inner), readdirSync(folder.path).length], [[], 1]);
});

for (const name of ["app.s", "app.sock", "application.sock", "€€€"]) {
  test(`a path of 107 bytes whose last part is ${name} is listened on under that very name`, async (t) => {
    using folder = tempFolder();
    const { inner, path } = longPath(folder, name);
    t.is(Buffer.byteLength(path), 107);
    const listener = await listen(at(path), nobody);
    t.deepEqual(readdirSync(inner), [name]);
    await listener.close();
    t.deepEqual(readdirSync(inner), []);
    t.deepEqual(readdirSync(folder.path), [inner.slice(folder.path.length + 1)]);
  });
}

// In a program of its own: only there a path can be relative to a folder of the test's.
test("relative paths are listened on, also those that read as a number, whatever the temporary name", async (t) => {
  using folder = tempFolder();
  const program = `
    import { listen, parseAddress } from ${JSON.stringify(join(projectRoot, "build/src/connection/index.js"))};
    for (const name of ["app.sock", "unix:3031", "unix:12345678", "unix:1e5", "unix:a"]) {
      for (let round = 0; round < 40; round++) {
        const listener = await listen(parseAddress(name.includes(":") ? name : "./" + name), () => {});
        const second = await listen(listener.address, () => {}).then(() => "listens twice", (error) => error.code);
        if (second !== "UWSGI_ADDRESS_IN_USE") throw new Error(name + ": " + second);
        await listener.close();
      }
    }
    console.log("done");
  `;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], { cwd: folder.path });
  t.is(stdout, "done\n");
  t.deepEqual(readdirSync(folder.path), []);
});

// "0" is a name to Node, and resolves to 0.0.0.0: what counts is what is bound.
for (const host of ["0.0.0.0", "::", "192.0.2.1", "0", "fe80::1%lo", "::ffff:192.0.2.1", "::127.0.0.1"]) {
  test(`T4: ${host} is not listened on unless something says who may connect`, async (t) => {
    const error = await t.throwsAsync(listen({ kind: "tcp", host, port: 0 }, nobody), { instanceOf: TypeError });
    t.is(errorCode(error), "UWSGI_ADDRESS_EXPOSED");
    t.regex(error.message, /allow.*insecure/);
  });
}

for (const host of ["127.0.0.1", "127.1.2.3", "::1", "localhost", "127.1", "::ffff:127.0.0.1"]) {
  test(`T4: ${host} is loopback and listened on`, async (t) => {
    const listener = await listen({ kind: "tcp", host, port: 0 }, nobody);
    t.like(listener.address, { host });
    await listener.close();
  });
}

test("a host name that nobody knows cannot be listened on", async (t) => {
  t.is(await codeOf(listen({ kind: "tcp", host: "no.such.test", port: 0 }, nobody)), "UWSGI_LISTEN_FAILED");
});

test("an address that other machines reach is listened on when told to", async (t) => {
  const listener = await listen({ kind: "tcp", host: "0.0.0.0", port: 0 }, nobody, { insecure: true });
  t.true(listener.address.kind === "tcp" && listener.address.port > 0);
  await listener.close();
});

test("a port that is taken is an address in use", async (t) => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as { port: number };
  t.is(await codeOf(listen({ kind: "tcp", host: "127.0.0.1", port }, nobody)), "UWSGI_ADDRESS_IN_USE");
  other.close();
});

test("a host that is not this machine cannot be listened on", async (t) => {
  const code = await codeOf(listen({ kind: "tcp", host: "192.0.2.1", port: 0 }, nobody, { insecure: true }));
  t.is(code, "UWSGI_LISTEN_FAILED");
});

test("a closed listener's address refuses, and a connection it accepted lives on", async (t) => {
  const accepted = gate<Transport>();
  const listener: Listener = await listen({ kind: "tcp", host: "127.0.0.1", port: 0 }, accepted.open);
  const client = await dial(listener.address);
  const transport = await accepted.promise;
  t.teardown(() => [client, transport].forEach((end) => end.destroy()));
  await listener.close();
  // A program that another thread starts just now has our descriptors until it is loaded.
  await until(async () => !(await answers(listener.address)), 20_000, "the address refuses");
  const received = new Promise<string>((resolve) =>
    client.attach({
      onRead: (bytes) => resolve(Buffer.from(bytes).toString()),
      onEnd: () => {},
      onDrain: () => {},
      onFinish: () => {},
      onClose: () => {},
    }),
  );
  transport.write("still here");
  t.is(await received, "still here");
});

for (const [about, address] of [
  ["a path where nothing is", at("/nowhere/at/all")],
  ["a port that nobody listens on", { kind: "tcp", host: "127.0.0.1", port: 1 }],
] as const) {
  test(`connecting to ${about} fails with the address in the message and the reason as cause`, async (t) => {
    const error = await t.throwsAsync(dial(address), { code: "UWSGI_CONNECT_FAILED" });
    t.true(error.message.startsWith(`cannot connect to ${address.kind === "unix" ? address.path : "127.0.0.1:1"}: `));
    t.true(error.cause instanceof Error);
  });
}

test("connecting is given up with the reason of the signal, before and while it goes on", async (t) => {
  const reason = new Error("enough");
  const during = new AbortController();
  // TEST-NET-1: nobody answers there, or the system says at once that it cannot be reached.
  const dialling = dial({ kind: "tcp", host: "192.0.2.1", port: 1 }, during.signal);
  during.abort(reason);
  await t.throwsAsync(dialling, { is: reason });
  await t.throwsAsync(dial(at("/nowhere"), AbortSignal.abort(reason)), { is: reason });
});
