/** What belongs to the file of a unix socket: its owner, its loss, and how many may queue. */
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import type { NetConnectOpts } from "node:net";
import test from "ava";
import type { UnixAddress } from "../../src/connection/address.ts";
import { listen, type ListenOptions } from "../../src/connection/index.ts";
import { setAccess } from "../../src/connection/socket-access.ts";
import { errorCode } from "../../src/errors.ts";
import { Child } from "../helpers/child.ts";
import { greet, Greeter, queue, waysToLose } from "../helpers/greeter.ts";
import { needsOtherUser, OTHER_UID } from "../helpers/needs.ts";
import { type TempFolder, tempFolder } from "../helpers/temp-folder.ts";
import { gate } from "../helpers/test-server.ts";

const rootTest = needsOtherUser();

function at(path: string): UnixAddress {
  return { kind: "unix", path };
}

/** A folder that other users may enter. */
function openFolder(): TempFolder {
  const folder = tempFolder();
  chmodSync(folder.path, 0o755);
  return folder;
}

async function ownerOf(options: ListenOptions): Promise<readonly [uid: number, gid: number, mode: number]> {
  using folder = tempFolder();
  const listener = await listen(at(folder.file("s")), () => {}, options);
  const { uid, gid, mode } = statSync(folder.file("s"));
  await listener.close();
  return [uid, gid, mode & 0o777];
}

const [daemon = []] = ["/etc/passwd"]
  .map((file) => readFileSync(file, "utf8").split("\n"))
  .map((lines) => lines.find((line) => line.startsWith("daemon:"))?.split(":"));

rootTest("T5: a socket gets its owner and group by number, and the mode behind them", async (t) => {
  t.deepEqual(await ownerOf({ owner: OTHER_UID, group: 12, mode: 0o620 }), [OTHER_UID, 12, 0o620]);
  t.deepEqual(await ownerOf({ owner: String(OTHER_UID) }), [OTHER_UID, process.getgid?.() ?? -1, 0o660]);
  t.deepEqual(await ownerOf({ group: 12 }), [process.getuid?.() ?? -1, 12, 0o660]);
});

rootTest("T5: a socket gets its owner and group by name", async (t) => {
  const [, , uid, gid] = daemon;
  t.deepEqual(await ownerOf({ owner: "daemon", group: "daemon" }), [Number(uid), Number(gid), 0o660]);
});

for (const [about, options] of [
  ["owner", { owner: "no such user" }],
  ["owner", { owner: "-x" }],
  ["owner", { owner: "" }],
  ["owner", { owner: -1 }],
  ["owner", { owner: 1.5 }],
  ["group", { group: "no-such-group" }],
  ["group", { group: 4_294_967_295 }],
] as const) {
  test(`${about} ${JSON.stringify(Object.values(options)[0])} is refused by its name`, async (t) => {
    using folder = tempFolder();
    const error = await t.throwsAsync(
      listen(at(folder.file("s")), () => {}, options),
      { instanceOf: TypeError },
    );
    t.is(errorCode(error), "UWSGI_INVALID_ARGUMENT");
    t.true(error.message.includes(String(Object.values(options)[0])));
  });
}

rootTest("T5: an owner that may not be given away is a failure with its reason, and no socket stays", async (t) => {
  using folder = openFolder();
  chownSync(folder.path, OTHER_UID, OTHER_UID);
  await using greeter = new Greeter(folder.file("s"), { owner: 0 }, { uid: OTHER_UID, cwd: "/" });
  t.like(await greeter.line(), { code: "UWSGI_LISTEN_FAILED", cause: "EPERM" });
  t.is(lstatSync(folder.file("s"), { throwIfNoEntry: false }), undefined);
});

rootTest("T5: another user cannot connect to a socket of mode 660", async (t) => {
  using folder = openFolder();
  const listener = await listen(at(folder.file("s")), (transport) => transport.destroy());
  const program = `require("net").connect(${JSON.stringify(folder.file("s"))})
    .on("error", (error) => console.log(error.code)).on("connect", () => process.exit(1))`;
  await using child = new Child(["-e", program], { uid: OTHER_UID, cwd: "/" });
  t.is(await child.exit(), 0);
  t.is(child.stdout, "EACCES\n");
  await listener.close();
});

rootTest("F19: a folder that may not be written to is named, with the reason", async (t) => {
  using folder = openFolder();
  await using greeter = new Greeter(folder.file("s"), {}, { uid: OTHER_UID, cwd: "/" });
  const line = await greeter.line();
  t.like(line, { code: "UWSGI_LISTEN_FAILED", cause: "EACCES" });
  t.true(String(line["message"]).endsWith(`the folder ${folder.path} may not be written to`));
});

for (const [how, lose] of waysToLose) {
  test(`F18: a socket file that was ${how} while it was listened on is told, and the other left`, async (t) => {
    using folder = tempFolder();
    const path = folder.file("s");
    const told: unknown[] = [];
    const first = gate();
    const listener = await listen(at(path), () => {}, {
      onLost: (...loss) => {
        told.push(loss);
        first.open();
      },
    });
    lose(path);
    await first.promise;
    t.deepEqual(told, [[how, false]]);
    await listener.close();
    t.is(lstatSync(path, { throwIfNoEntry: false })?.isFile(), how === "replaced" ? true : undefined);
  });
}

test("F18: recreate binds the path anew, and gives the new socket its mode", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  const told = gate<unknown>();
  const listener = await listen(at(path), (transport) => transport.destroy(), {
    recreate: true,
    mode: 0o640,
    onLost: (...loss) => told.open(loss),
  });
  rmSync(path);
  t.deepEqual(await told.promise, ["removed", true]);
  t.is(statSync(path).mode & 0o777, 0o640);
  t.is(await greet({ path }), "");
  await listener.close();
  t.is(lstatSync(path, { throwIfNoEntry: false }), undefined);
});

test("F18: recreate leaves a socket of somebody else alone, and takes the path once that is gone", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  const told: unknown[] = [];
  const losses = [gate(), gate()];
  const listener = await listen(at(path), (transport) => transport.destroy(), {
    recreate: true,
    onLost: (...loss) => {
      told.push(loss);
      losses[told.length - 1]?.open();
    },
  });
  await using other = new Greeter(folder.file("t"));
  await other.line();
  renameSync(folder.file("t"), path);
  await losses[0]?.promise;
  t.is(await greet({ path }), "hello");
  other.signal("SIGKILL");
  await losses[1]?.promise;
  t.deepEqual(told, [
    ["replaced", false],
    ["replaced", true],
  ]);
  t.is(await greet({ path }), "");
  await listener.close();
});

test("F18: who had queued up before the file was lost is answered, and so is who comes after", async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  await using greeter = new Greeter(path, { recreate: true });
  await greeter.line();
  greeter.signal("SIGSTOP");
  const queued = Promise.all(Array.from({ length: 200 }, () => greet({ path })));
  // All are in the queue once the last of them is connected, which takes no help of the server.
  const last = await queue({ path });
  rmSync(path);
  greeter.signal("SIGCONT");
  t.deepEqual(await greeter.line(1), { how: "removed", isRecreated: true });
  t.deepEqual([...new Set(await queued)], ["hello"]);
  t.is(await greet({ path }), "hello");
  last.socket.destroy();
});

const somaxconn = readSomaxconn();

/** What Linux cuts every backlog to. */
function readSomaxconn(): number {
  try {
    return Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8"));
  } catch {
    return 128;
  }
}

/** What so many clients get, of whom at most `atOnce` are connected or waiting at a time. */
async function burst(count: number, where: NetConnectOpts, atOnce: number = count): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  let left = count;
  const goOn = async (): Promise<void> => {
    while (left-- > 0) {
      const answer = await greet(where);
      counts[answer] = (counts[answer] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, goOn));
  return counts;
}

test(`T29/F30: 2 000 clients of a server that is stopped all queue up at the default backlog (somaxconn ${somaxconn})`, async (t) => {
  using folder = tempFolder();
  const path = folder.file("s");
  await using greeter = new Greeter(path);
  await greeter.line();
  greeter.signal("SIGSTOP");
  const most = Math.min(2_000, somaxconn);
  const answers = burst(most, { path });
  // It is connected last: by then all the others wait.
  const last = await queue({ path });
  greeter.signal("SIGCONT");
  t.deepEqual(await answers, { hello: most });
  last.socket.destroy();
});

for (const kind of ["unix", "tcp"] as const) {
  test(`F30: a burst of 2 000 clients is answered without a refusal, over ${kind}`, async (t) => {
    t.log(`somaxconn ${somaxconn}`);
    using folder = tempFolder();
    await using greeter = new Greeter(kind === "unix" ? folder.file("s") : "127.0.0.1:0");
    const address = String((await greeter.line())["address"]);
    const where = kind === "unix" ? { path: address } : { host: "127.0.0.1", port: Number(address.split(":")[1]) };
    t.deepEqual(await burst(2_000, where, Math.min(2_000, somaxconn)), { hello: 2_000 });
  });
}

for (const [what, make] of [
  ["a link to a file", (path: string, victim: string) => symlinkSync(victim, path)],
  ["a second name of a file", (path: string, victim: string) => linkSync(victim, path)],
  ["a file", (path: string) => writeFileSync(path, "")],
] as const) {
  test(`T5: ${what} that somebody puts in the place of what was bound gets neither owner nor mode`, (t) => {
    using folder = tempFolder();
    const [path, victim] = [folder.file("s"), folder.file("victim")];
    writeFileSync(victim, "secret", { mode: 0o600 });
    make(path, victim);
    t.throws(() => setAccess(path, { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }, 0o666));
    t.is(statSync(victim).mode & 0o777, 0o600);
  });
}
