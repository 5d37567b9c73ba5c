/** T37: what root opens in a folder of somebody else's, who puts a link there. Only root can be fooled by that. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { checkFolderOf } from "../../src/manager/control/runtime-folder.ts";
import { distrust } from "../../src/manager/outside/trusted-folder.ts";
import { Managed } from "../helpers/managed.ts";
import { needsOtherUser, OTHER_UID } from "../helpers/needs.ts";
import { projectRoot } from "../helpers/project.ts";
import { runProgram } from "../helpers/run-program.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const rootTest = needsOtherUser();

/** A folder of root's, which others may enter, and one of the other user's in it. */
function folders(t: ExecutionContext): { ours: string; theirs: string } {
  const ours = folderOf(t);
  chmodSync(ours, 0o755);
  const theirs = join(ours, "theirs");
  mkdirSync(theirs);
  chownSync(theirs, OTHER_UID, OTHER_UID);
  return { ours, theirs };
}

const program = join(projectRoot, "build/test/programs/logging-master.js");

async function log(file: string, ...target: string[]): Promise<{ said: string; rights: Record<string, unknown> }> {
  const { stdout, stderr } = await runProgram(process.execPath, [program, file, String(OTHER_UID), ...target]);
  const [rights = "{}", ...said] = stdout.toString().trim().split("\n").toReversed();
  return { said: [...said, stderr].join("\n"), rights: JSON.parse(rights) as Record<string, unknown> };
}

rootTest("T37: a log that is a link to a file of root's is not opened, and the file stays as it is", async (t) => {
  const { ours, theirs } = folders(t);
  writeFileSync(join(ours, "secret"), "kept", { mode: 0o600 });
  symlinkSync(join(ours, "secret"), join(theirs, "app.log"));
  const { said } = await log(join(theirs, "app.log"));
  t.regex(said, /^UWSGI_INVALID_ARGUMENT log .*app\.log cannot be opened: EACCES/);
  t.is(readFileSync(join(ours, "secret"), "utf8"), "kept");
});

rootTest("T37: a log that is a link to nothing makes no file where only root may", async (t) => {
  const { ours, theirs } = folders(t);
  symlinkSync(join(ours, "made"), join(theirs, "app.log"));
  const { said } = await log(join(theirs, "app.log"));
  t.regex(said, /^UWSGI_INVALID_ARGUMENT log .*app\.log cannot be opened: EACCES/);
  t.false(existsSync(join(ours, "made")));
});

rootTest("T37: a log in a folder that is a link makes no file where only root may", async (t) => {
  const { ours, theirs } = folders(t);
  mkdirSync(join(ours, "cron"));
  symlinkSync(join(ours, "cron"), join(theirs, "logs"));
  const { said } = await log(join(theirs, "logs/app"));
  t.regex(said, /user 65534 may not make it, and \S+theirs belongs to user 65534/);
  t.false(existsSync(join(ours, "cron/app")));
});

rootTest("T37: a log that becomes a link is not opened anew: the old file has the lines, and why", async (t) => {
  const { ours, theirs } = folders(t);
  const path = join(theirs, "app.log");
  writeFileSync(join(ours, "secret"), "kept", { mode: 0o600 });
  await log(path, join(ours, "secret"));
  t.regex(readFileSync(`${path}.1`, "utf8"), /one\n.*app\.log cannot be opened: EACCES.*\n.*two\n$/);
  t.is(readFileSync(join(ours, "secret"), "utf8"), "kept");
});

rootTest("T37: a log where only root may make files is made, as the workers' own, and again", async (t) => {
  const { ours } = folders(t);
  const path = join(ours, "app.log");
  const { said } = await log(path);
  t.is(said, "");
  t.regex(readFileSync(path, "utf8"), /one\n.*two\n$/);
  const { uid, gid, mode } = statSync(path);
  t.deepEqual({ uid, gid, mode: mode & 0o777 }, { uid: OTHER_UID, gid: OTHER_UID, mode: 0o640 });
});

rootTest("T37: a master is itself again behind what it does as another user", async (t) => {
  const { theirs } = folders(t);
  const { rights } = await log(join(theirs, "app.log"));
  t.deepEqual(rights["during"], [OTHER_UID, OTHER_UID, [OTHER_UID]]);
  t.deepEqual(rights["after"], rights["before"]);
});

rootTest("T37: who can change where a path leads is seen, also behind links", (t) => {
  const { ours, theirs } = folders(t);
  symlinkSync(theirs, join(ours, "link"));
  mkdirSync(join(ours, "open"));
  chmodSync(join(ours, "open"), 0o777);
  mkdirSync(join(ours, "sticky"));
  chmodSync(join(ours, "sticky"), 0o1777);
  t.is(distrust(join(ours, "file")), undefined);
  t.is(distrust(join(ours, "missing/file")), undefined);
  t.is(distrust(join(ours, "sticky/file")), undefined);
  t.is(distrust(join(theirs, "file")), `${theirs} belongs to user ${OTHER_UID}`);
  t.is(distrust(join(theirs, "missing/file")), `${theirs} belongs to user ${OTHER_UID}`);
  t.is(distrust(join(ours, "link/file")), `${theirs} belongs to user ${OTHER_UID}`);
  t.is(distrust(join(ours, "open/file")), `others may write to ${join(ours, "open")}, which has mode 0777`);
});

rootTest(
  "T37: a pid file that others can replace is said to be so, a control socket below a folder of theirs refused",
  async (t) => {
    const { theirs } = folders(t);
    await using managed = await Managed.start({ processes: 1, pidFile: join(theirs, "app.pid") });
    await managed.logged(
      /warn pid file \S+ is not to be relied on: \S+theirs belongs to user 65534; whoever kills by it/,
    );
    mkdirSync(join(theirs, "roots"));
    t.throws(() => checkFolderOf(join(theirs, "roots/control.sock")), { message: /theirs belongs to user 65534/ });
  },
);
