/** The user and the folders of `deploy/`, made by systemd's own programs in a folder that stands for the system. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { deployPath } from "../helpers/deploy-files.ts";
import { findProgram } from "../helpers/find-program.ts";
import { needs, needsOtherUser } from "../helpers/needs.ts";
import { runProgram } from "../helpers/run-program.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const programs = ["systemd-sysusers", "systemd-tmpfiles"];
// Owners are root's to give.
const rootTest = programs.every((name) => findProgram(name) !== undefined) ? needsOtherUser() : needs(...programs);

/** A system with root and nginx's user, and what both programs make of it. */
async function made(t: ExecutionContext): Promise<{ root: string; uid: number }> {
  const root = folderOf(t);
  mkdirSync(join(root, "etc"));
  const nologin = "/usr/sbin/nologin";
  writeFileSync(join(root, "etc/passwd"), `root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:${nologin}\n`);
  writeFileSync(join(root, "etc/group"), "root:x:0:\nwww-data:x:33:\n");
  for (const [program, ...args] of [
    ["systemd-sysusers", deployPath("sysusers.d/uisge.conf")],
    ["systemd-tmpfiles", "--create", deployPath("tmpfiles.d/uisge.conf")],
  ] as const) {
    const { code, stderr } = await runProgram(program, [`--root=${root}`, ...args]);
    t.is(code, 0, `${program}: ${stderr}`);
  }
  const line = /^uisge:.*$/m.exec(readFileSync(join(root, "etc/passwd"), "utf8"))?.[0] ?? "";
  return { root, uid: Number(line.split(":")[2]) };
}

rootTest("systemd-sysusers makes a user of the system, who cannot log in, and is in no other group", async (t) => {
  const { root, uid } = await made(t);
  t.true(uid > 0 && uid < 1_000, String(uid));
  const passwd = readFileSync(join(root, "etc/passwd"), "utf8");
  t.regex(passwd, /^uisge:x:\d+:\d+:uisge applications:\/var\/lib\/uisge:\/usr\/sbin\/nologin$/m);
  t.is(readFileSync(join(root, "etc/group"), "utf8").match(/uisge/g)?.length, 1);
});

rootTest(
  "systemd-tmpfiles makes the folders, and nginx's group is that of what is made among the sockets",
  async (t) => {
    const { root, uid } = await made(t);
    const look = (path: string): object => {
      const { mode, uid: owner, gid } = statSync(join(root, path));
      return { mode: (mode & 0o7777).toString(8), owner, gid };
    };
    t.deepEqual(look("run/uisge-sockets"), { mode: "2755", owner: 0, gid: 33 });
    t.deepEqual(look("etc/uisge/vassals"), { mode: "755", owner: 0, gid: 0 });
    t.deepEqual(look("var/log/uisge"), { mode: "750", owner: uid, gid: uid });
    t.deepEqual(look("var/log/uisge-vassals"), { mode: "755", owner: 0, gid: 0 });
    writeFileSync(join(root, "run/uisge-sockets/x"), "");
    t.is(statSync(join(root, "run/uisge-sockets/x")).gid, 33);
  },
);
