/** T27: an application that still has the rights which its master needs to begin. Only root can give them up. */
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { holdSocket, parseAddress } from "../../src/connection/index.ts";
import type { Privileges } from "../../src/manager/channel/worker-setup.ts";
import { writeSetup } from "../../src/manager/channel/read-setup.ts";
import { Managed } from "../helpers/managed.ts";
import { needsOtherUser, OTHER_UID } from "../helpers/needs.ts";
import { ask } from "../helpers/raw-client.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { saying, setupOf, WorkerChild } from "../helpers/worker-child.ts";

const rootTest = needsOtherUser();

/** Run when the module is loaded, and by each preload. */
const LOOK = `import { readFileSync, writeFileSync } from "node:fs";
const status = readFileSync("/proc/self/status", "utf8");
const tries = {};
for (const [name, take] of Object.entries({
  uid: () => process.setuid(0), euid: () => process.seteuid(0), gid: () => process.setgid(0),
  groups: () => process.setgroups([0]),
  shadow: () => readFileSync("/etc/shadow"),
})) {
  try { take(); tries[name] = "taken"; } catch (error) { tries[name] = error.code; }
}
const seen = (name) => new RegExp("^" + name + ":[^\\\\S\\\\n]*(.*)$", "m").exec(status)?.[1].trim().split(/\\s+/).join(" ");
`;
const TELL = `JSON.stringify({ uid: seen("Uid"), gid: seen("Gid"), groups: seen("Groups"), caps: seen("CapEff"),
  permitted: seen("CapPrm"), umask: seen("Umask"), tries })`;

async function start(t: ExecutionContext, privileges: Privileges): Promise<{ worker: WorkerChild; folder: string }> {
  const folder = folderOf(t);
  chmodSync(folder, 0o777);
  writeFileSync(join(folder, "early.mjs"), `${LOOK}process.stdout.write(${TELL} + "\\n");`);
  writeFileSync(join(folder, "app.mjs"), `${LOOK}writeFileSync("made.txt", "");\n${saying(TELL)}`);
  const held = await holdSocket(parseAddress(join(folder, "app.sock")));
  t.teardown(() => held.close());
  const worker = new WorkerChild([held.fd], [], { cwd: folder });
  t.teardown(() => worker[Symbol.asyncDispose]());
  const setup = setupOf(join(folder, "app.mjs"), held.address, {
    privileges,
    application: { preload: ["./early.mjs"] },
  });
  worker.send({ kind: "setup", setup: writeSetup(setup) });
  return { worker, folder };
}

const REFUSED = { uid: "EPERM", euid: "EPERM", gid: "EPERM", groups: "EPERM", shadow: "EACCES" };

for (const [about, privileges, groups] of [
  ["no groups", {}, ""],
  ["the groups that it shall have", { groups: [4, 24] }, "4 24"],
] as const) {
  rootTest(`T27: application and preloads have another user, ${about}, no capability, and no way back`, async (t) => {
    const { worker, folder } = await start(t, { uid: OTHER_UID, gid: OTHER_UID, umask: 0o27, ...privileges });
    await worker.said("ready");
    const four = Array.from({ length: 4 }, () => OTHER_UID).join(" ");
    const expected = {
      uid: four,
      gid: four,
      groups,
      caps: "0000000000000000",
      permitted: "0000000000000000",
      umask: "0027",
      tries: REFUSED,
    };
    t.deepEqual(JSON.parse(worker.stdout), expected);
    const status = readFileSync(`/proc/${worker.process.pid}/status`, "utf8");
    t.regex(status, new RegExp(`^Uid:\\s+${four.replaceAll(" ", "\\s+")}$`, "m"));
    t.is(statSync(join(folder, "made.txt")).mode & 0o777, 0o640);
    t.is(statSync(join(folder, "made.txt")).uid, OTHER_UID);
    const answer = await ask(parseAddress(join(folder, "app.sock")));
    t.deepEqual(JSON.parse(answer.body), expected);
  });
}

for (const [about, privileges, seen] of [
  ["nobody has said which user it shall be", {}, /it would be root: say which user it shall be \(uid\)/],
  ["its user is root", { uid: 0, gid: 0 }, /it would be root/],
  ["only its group is another", { gid: OTHER_UID }, /it would be root/],
  ["there is no such user", { uid: 2 ** 32 - 1 }, /cannot take user 4294967295|is user 0, and not/],
] as const) {
  rootTest(`T27: a worker is refused, and loads nothing, when ${about}`, async (t) => {
    const { worker } = await start(t, privileges);
    t.like(await worker.said("failed"), { code: "UWSGI_PRIVILEGES", exitCode: 77 });
    t.is(await worker.exit(), 77);
    t.is(worker.stdout, "");
    t.regex(worker.stderr, seen);
  });
}

rootTest("T27: a worker may be root where that is said", async (t) => {
  const { worker } = await start(t, { allowRoot: true, umask: 0o77 });
  await worker.said("ready");
  const told = JSON.parse(worker.stdout) as Record<string, unknown>;
  t.is(told["umask"], "0077");
});

rootTest("T27: what a worker shall have and may not take is exit code 77", async (t) => {
  const folder = folderOf(t);
  chmodSync(folder, 0o777);
  const worker = new WorkerChild([], [], { cwd: folder, uid: OTHER_UID });
  t.teardown(() => worker[Symbol.asyncDispose]());
  const setup = setupOf("app.mjs", parseAddress("fd://4"), { privileges: { uid: OTHER_UID - 1 } });
  worker.send({ kind: "setup", setup: writeSetup(setup) });
  t.like(await worker.said("failed"), { code: "UWSGI_PRIVILEGES", exitCode: 77 });
  t.regex(worker.stderr, /a worker cannot take user 65533: .*EPERM/);
});

test("T27: privileges that are those of the process already are taken without any rights", async (t) => {
  const { getuid, getgid } = process;
  if (getuid === undefined || getgid === undefined) {
    t.pass("there are no users here");
    return;
  }
  const { worker } = await start(t, {
    uid: getuid(),
    gid: getgid(),
    groups: process.getgroups?.() ?? [],
    allowRoot: true,
  });
  await worker.said("ready");
  t.is(worker.stderr, "");
});

rootTest(
  "T27: nothing of who has started the master, nor of root, is in the environment of an application",
  async (t) => {
    await using managed = Managed.begin({
      uid: OTHER_UID,
      allowRoot: false,
      processes: 1,
      source: `process.stdout.write("seen " + JSON.stringify(process.env) + "\\n");\n${saying('"well"')}`,
      environment: {
        HOME: "/root",
        USER: "root",
        LOGNAME: "root",
        NODE_OPTIONS: "--trace-warnings --require=node:fs",
        LISTEN_FDS: "1",
        LISTEN_PID: "1",
        LISTEN_FDNAMES: "a",
        UISGE_HANDOVER: "[]",
        UISGE_PREDECESSOR: "1",
      },
    });
    chmodSync(managed.folder.path, 0o755);
    const [, seen = "{}"] = await managed.child.printed("stdout", /^seen (.*)$/m);
    const env = JSON.parse(seen) as Record<string, string>;
    t.deepEqual([env["USER"], env["LOGNAME"]], ["nobody", "nobody"]);
    t.not(env["HOME"], "/root");
    t.deepEqual(
      Object.keys(env).filter((name) => /^(LISTEN_|NOTIFY_|UISGE_(?!WORKER_ID|FORBID_SKIPS|TRANSPORT))/.test(name)),
      [],
    );
    await managed.logged(/warn --require in NODE_OPTIONS is obeyed by each worker before it is user 65534/);
  },
);
