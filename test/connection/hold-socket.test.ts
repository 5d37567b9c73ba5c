/** Sockets that are held for other processes: those that listen on them are real ones. */
import {
  existsSync,
  lstatSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  mkdirSync,
} from "node:fs";
import type { NetConnectOpts } from "node:net";
import test from "ava";
import { type Address, formatAddress, parseAddress } from "../../src/connection/address.ts";
import { dial, holdSocket, openQueueOf, PeerStream, queueLength } from "../../src/connection/index.ts";
import { exitCodeOf } from "../../src/process/index.ts";
import { makeCertificates } from "../helpers/certificates.ts";
import { greet, Greeter, queue, waysToLose } from "../helpers/greeter.ts";
import { needs, needsLinux, needsOtherUser, OTHER_UID } from "../helpers/needs.ts";
import { tempFolder } from "../helpers/temp-folder.ts";
import { gate } from "../helpers/test-server.ts";

const rootTest = needsOtherUser();
const linuxTest = needsLinux();
const tlsTest = needs("openssl");

/** Where clients find it. */
function placeOf(address: Address): NetConnectOpts {
  if (address.kind === "unix") return { path: address.path };
  if (address.kind === "abstract") return { path: `\0${address.name}` };
  if (address.kind === "tcp") return { host: address.host, port: address.port };
  throw new Error(formatAddress(address));
}

function worker(fd: number, options: ConstructorParameters<typeof Greeter>[1] = {}): Greeter {
  return new Greeter("fd://3", options, { fds: [fd] });
}

async function faultOf(promise: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("it has not failed");
}

const kinds: readonly (readonly [kind: string, text: (path: string) => string])[] = [
  ["TCP", () => "127.0.0.1:0"],
  ["IPv6", () => "[::1]:0"],
  ["unix", (path) => path],
  ...(process.platform === "linux" ? ([["abstract", (path: string) => `@${path}`]] as const) : []),
];

for (const [kind, text] of kinds) {
  test(`connections queue while nobody accepts, and a worker that is started then answers them, ${kind}`, async (t) => {
    using folder = tempFolder();
    const held = await holdSocket(parseAddress(text(folder.file("s"))));
    const place = placeOf(held.address);
    const queued = await Promise.all(Array.from({ length: 50 }, () => queue(place)));
    await using greeter = worker(held.fd);
    await greeter.line();
    t.deepEqual([...new Set(await Promise.all(queued.map(({ answer }) => answer)))], ["hello"]);
    await held.close();
  });

  test(`two workers accept on one held socket, each of them also alone, ${kind}`, async (t) => {
    using folder = tempFolder();
    const held = await holdSocket(parseAddress(text(folder.file("s"))));
    const place = placeOf(held.address);
    await using first = worker(held.fd);
    await using second = worker(held.fd);
    await Promise.all([first.line(), second.line()]);
    first.signal("SIGSTOP");
    t.is(await greet(place), "hello");
    second.signal("SIGSTOP");
    first.signal("SIGCONT");
    t.is(await greet(place), "hello");
    await held.close();
  });

  test(`a held socket outlives all of its workers, ${kind}`, async (t) => {
    using folder = tempFolder();
    const held = await holdSocket(parseAddress(text(folder.file("s"))));
    const place = placeOf(held.address);
    const first = worker(held.fd);
    await first.line();
    first.signal("SIGKILL");
    await first.child.exit();
    const { answer } = await queue(place);
    await using second = worker(held.fd);
    t.is(await answer, "hello");
    t.is(second.child.process.exitCode, null);
    await held.close();
  });
}

linuxTest("who holds a socket never accepts from it: all who come stay in the queue", async (t) => {
  for (const text of ["127.0.0.1:0", "[::1]:0"]) {
    const held = await holdSocket(parseAddress(text));
    t.is(queueLength(held.fd), 0);
    const queued = await Promise.all(Array.from({ length: 30 }, () => queue(placeOf(held.address))));
    t.is(queueLength(held.fd), 30);
    for (const { socket } of queued) socket.destroy();
    await held.close();
    t.is(queueLength(held.fd), undefined);
  }
});

linuxTest("of a unix socket the system does not tell how many are in its queue", async (t) => {
  using folder = tempFolder();
  const held = await holdSocket({ kind: "unix", path: folder.file("s") });
  t.is(queueLength(held.fd), undefined);
  await held.close();
});

test("closing removes the path, and who has the socket goes on with what is queued", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  const held = await holdSocket({ kind: "unix", path });
  await using greeter = worker(held.fd);
  await greeter.line();
  greeter.signal("SIGSTOP");
  const { answer } = await queue({ path });
  await held.close();
  t.deepEqual(readdirSync(folder.path), []);
  t.is(held.fd, -1);
  greeter.signal("SIGCONT");
  t.is(await answer, "hello");
});

test("releasing leaves the path, and whoever has the socket is found there", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  const held = await holdSocket({ kind: "unix", path });
  await using greeter = worker(held.fd);
  await greeter.line();
  held.release();
  t.is(held.fd, -1);
  t.is(await greet({ path }), "hello");
});

test("F18/T36: closing leaves what has taken the place of the path", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  const held = await holdSocket({ kind: "unix", path });
  rmSync(path);
  writeFileSync(path, "kept");
  await held.close();
  t.true(lstatSync(path).isFile());
});

test("a path is there only once its socket listens", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  const [bound, open] = [gate<number>(), gate()];
  const holding = holdSocket(
    { kind: "unix", path },
    {
      openQueue: ({ fd }) => {
        bound.open(fd);
        return open.promise;
      },
    },
  );
  const fd = await bound.promise;
  t.false(existsSync(path));
  // A worker may be there before, and need not wait for it.
  await using greeter = worker(fd, { known: path });
  t.deepEqual(await greeter.line(), { address: path });
  open.open();
  const held = await holding;
  t.is(await greet({ path }), "hello");
  await held.close();
});

test("a socket that cannot be made to listen is closed, with nothing left at the path", async (t) => {
  using folder = tempFolder();
  const why = Object.assign(new Error("no"), { code: "EADDRINUSE" });
  const holding = holdSocket({ kind: "unix", path: folder.file("s") }, { openQueue: () => Promise.reject(why) });
  const error = await faultOf(holding);
  t.is(error.code, "UWSGI_ADDRESS_IN_USE");
  t.is(error.cause, why);
  t.deepEqual(readdirSync(folder.path), []);
});

test("the path has its mode", async (t) => {
  using folder = tempFolder();
  for (const [mode, expected] of [
    [undefined, 0o660],
    [0o604, 0o604],
  ] as const) {
    const held = await holdSocket({ kind: "unix", path: folder.file("s") }, mode === undefined ? {} : { mode });
    t.is(statSync(folder.file("s")).mode & 0o777, expected);
    await held.close();
  }
});

rootTest("T5: the path has its owner and group", async (t) => {
  using folder = tempFolder();
  const held = await holdSocket({ kind: "unix", path: folder.file("s") }, { owner: OTHER_UID, group: 12 });
  t.like(statSync(folder.file("s")), { uid: OTHER_UID, gid: 12 });
  await held.close();
});

test("T36/F17: a stale socket at the path is replaced", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  const dead = new Greeter(path);
  await dead.line();
  dead.signal("SIGKILL");
  await dead.child.exit();
  const held = await holdSocket({ kind: "unix", path });
  await using greeter = worker(held.fd, { known: path });
  t.is(await greet({ path }), "hello");
  t.deepEqual(await greeter.line(), { address: path });
  await held.close();
  t.deepEqual(readdirSync(folder.path), []);
});

test("T36/F17: a socket that somebody answers at, or holds, is left alone: exit code 69", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  const held = await holdSocket({ kind: "unix", path });
  const error = await faultOf(holdSocket({ kind: "unix", path }));
  t.is(error.code, "UWSGI_ADDRESS_IN_USE");
  t.is(exitCodeOf(error), 69);
  await using greeter = worker(held.fd);
  t.is(await greet({ path }), "hello");
  t.deepEqual(readdirSync(folder.path), ["s"]);
  greeter.signal("SIGTERM");
  await held.close();
});

for (const [what, make] of [
  ["a regular file", (path: string) => writeFileSync(path, "kept")],
  ["a folder", (path: string) => mkdirSync(path)],
  ["a dangling symlink", (path: string) => symlinkSync("/nowhere/at/all", path)],
] as const) {
  test(`T36/F17: ${what} at the path is refused, and stays: exit code 73`, async (t) => {
    using folder = tempFolder();
    make(folder.file("s"));
    const { ino } = lstatSync(folder.file("s"));
    const error = await faultOf(holdSocket({ kind: "unix", path: folder.file("s") }));
    t.is(error.code, "UWSGI_LISTEN_FAILED");
    t.is(exitCodeOf(error), 73);
    t.is(lstatSync(folder.file("s")).ino, ino);
    t.deepEqual(readdirSync(folder.path), ["s"]);
  });
}

test("F16: a port that somebody listens on is refused by its number: exit code 69", async (t) => {
  await using other = new Greeter("127.0.0.1:0");
  const address = String((await other.line())["address"]);
  const error = await faultOf(holdSocket(parseAddress(address)));
  t.is(error.code, "UWSGI_ADDRESS_IN_USE");
  t.is(exitCodeOf(error), 69);
  t.is(error.message, `cannot listen on ${address}: listen EADDRINUSE: address already in use ${address}`);
});

test("F16: of two who have bound a port the later to listen is refused by its number: exit code 69", async (t) => {
  const [first, go] = [gate<number>(), gate()];
  const holdingFirst = holdSocket(
    { kind: "tcp", host: "127.0.0.1", port: 0 },
    {
      openQueue: async (server, backlog) => {
        first.open(server.address()?.port ?? 0);
        await go.promise;
        await openQueueOf(server, backlog);
      },
    },
  );
  // Linux lets both have it as long as neither listens.
  const address = parseAddress(`127.0.0.1:${await first.promise}`);
  const holdingSecond = holdSocket(address, {
    openQueue: async (server, backlog) => {
      go.open();
      await holdingFirst;
      await openQueueOf(server, backlog);
    },
  });
  const error = await faultOf(holdingSecond);
  t.is(error.code, "UWSGI_ADDRESS_IN_USE");
  t.is(exitCodeOf(error), 69);
  t.regex(error.message, /^cannot listen on 127\.0\.0\.1:\d+: listen EADDRINUSE: address already in use/);
  await (await holdingFirst).close();
});

test("F16: an address that is not of this machine is refused by its name: exit code 73", async (t) => {
  const error = await faultOf(holdSocket(parseAddress("192.0.2.1:3031"), { insecure: true }));
  t.is(error.code, "UWSGI_LISTEN_FAILED");
  t.is(exitCodeOf(error), 73);
  t.regex(error.message, /^cannot listen on 192\.0\.2\.1:3031: listen EADDRNOTAVAIL: /);
});

test("T4: an address that other machines reach needs to be told who may connect", async (t) => {
  t.is((await faultOf(holdSocket(parseAddress("0.0.0.0:0")))).code, "UWSGI_ADDRESS_EXPOSED");
  await (await holdSocket(parseAddress("0.0.0.0:0"), { allow: ["127.0.0.1"] })).close();
});

for (const [how, lose] of waysToLose) {
  test(`F18: a path that was ${how} is told, and the socket kept`, async (t) => {
    using folder = tempFolder();
    const path = folder.file("s");
    const lost = gate<unknown>();
    const held = await holdSocket({ kind: "unix", path }, { onLost: (...loss) => lost.open(loss) });
    const { fd } = held;
    lose(path);
    t.deepEqual(await lost.promise, [how, false]);
    t.is(held.fd, fd);
    await held.close();
    t.is(existsSync(path), how === "replaced");
  });
}

test("F18: recreate binds the path anew for workers that come, and those before go on with what they have", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  const replaced = gate<number>();
  const held = await holdSocket(
    { kind: "unix", path },
    { recreate: true, mode: 0o640, onReplaced: ({ fd }) => replaced.open(fd) },
  );
  const before = { fd: held.fd, file: held.file };
  await using old = worker(held.fd);
  await old.line();
  old.signal("SIGSTOP");
  const early = await queue({ path });
  rmSync(path);
  const fd = await replaced.promise;
  t.not(fd, before.fd);
  t.is(held.fd, fd);
  t.notDeepEqual(held.file, before.file);
  t.is(statSync(path).mode & 0o777, 0o640);
  const late = await queue({ path });
  await using next = worker(held.fd);
  t.is(await late.answer, "hello");
  old.signal("SIGCONT");
  t.is(await early.answer, "hello");
  next.signal("SIGTERM");
  await held.close();
  t.deepEqual(readdirSync(folder.path), []);
});

test("F18: recreate takes the path once what has replaced it is gone", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  const [told, replaced] = [gate<unknown>(), gate<number>()];
  const held = await holdSocket(
    { kind: "unix", path },
    { recreate: true, onLost: (...loss) => told.open(loss), onReplaced: ({ fd }) => replaced.open(fd) },
  );
  await using early = worker(held.fd);
  await using other = new Greeter(folder.file("t"));
  await Promise.all([early.line(), other.line()]);
  renameSync(folder.file("t"), path);
  t.deepEqual(await told.promise, ["replaced", false]);
  t.is(await greet({ path }), "hello");
  other.signal("SIGKILL");
  await using greeter = worker(await replaced.promise);
  t.is(await greet({ path }), "hello");
  greeter.signal("SIGTERM");
  await held.close();
});

tlsTest("suwsgi:// is spoken by a worker over a socket that it inherits", async (t) => {
  using folder = tempFolder();
  using certificates = await makeCertificates();
  const { server, ca } = certificates;
  const tls = { cert: String(server.cert), key: String(server.key) };
  for (const text of [`suwsgi://unix:${folder.file("s")}`, "suwsgi://127.0.0.1:0"]) {
    const held = await holdSocket(parseAddress(text), { tls });
    await using greeter = worker(held.fd, { tls, known: formatAddress(held.address) });
    t.deepEqual(await greeter.line(), { address: formatAddress(held.address) });
    const stream = new PeerStream(await dial(held.address, undefined, { ca: ca.cert }));
    t.is(String(Buffer.from((await stream.read()) ?? [])), "hello");
    stream.destroy();
    await held.close();
  }
});

test("suwsgi:// without a certificate is refused before anything is bound", async (t) => {
  using folder = tempFolder();
  const error = await faultOf(holdSocket(parseAddress(`suwsgi://${folder.file("s")}`)));
  t.is(error.code, "UWSGI_INVALID_ARGUMENT");
  t.deepEqual(readdirSync(folder.path), []);
});

test("behindQueue has a worker take what is queued on the socket that it inherits before it leaves", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  const held = await holdSocket({ kind: "unix", path });
  await using greeter = worker(held.fd, { behindQueue: true });
  await greeter.line();
  greeter.signal("SIGSTOP");
  const queued = await Promise.all(Array.from({ length: 100 }, () => queue({ path })));
  await held.close();
  greeter.signal("SIGTERM");
  greeter.signal("SIGCONT");
  t.deepEqual([...new Set(await Promise.all(queued.map(({ answer }) => answer)))], ["hello"]);
  t.is(await greeter.child.exit(), 0);
});
