/**
 * A log of a master, written to and opened anew, in a process of its own, since threads have no user:
 *
 *     node logging-master.js FILE UID [TARGET]     TARGET: FILE is a link to it before the log is opened anew
 *
 * Says who it is before it, as that user, and behind it.
 */
import { renameSync, symlinkSync } from "node:fs";
import { errorCode } from "../../src/errors.ts";
import { ManagerLog } from "../../src/manager/master/manager-log.ts";
import { asUser } from "../../src/manager/outside/as-user.ts";

const [path = "", uid = "", target] = process.argv.slice(2);
const owner = { uid: Number(uid), gid: Number(uid) };

const rights = (): unknown => [process.geteuid?.(), process.getegid?.(), process.getgroups?.().toSorted()];

const before = rights();
const during = asUser(owner, rights);
try {
  const log = new ManagerLog({ access: "off", errors: "text", errorFile: path }, owner);
  log.write("info", "system", "one");
  if (target !== undefined) {
    renameSync(path, `${path}.1`);
    symlinkSync(target, path);
  }
  log.reopen();
  log.write("info", "system", "two");
  log.close();
} catch (error) {
  process.stdout.write(`${errorCode(error)} ${(error as Error).message}\n`);
}
process.stdout.write(`${JSON.stringify({ before, during, after: rights() })}\n`);
