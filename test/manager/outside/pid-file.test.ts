import { once } from "node:events";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { PidFile } from "../../../src/manager/outside/pid-file.ts";
import { needsLinux } from "../../helpers/needs.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

/** A pid that nobody has: its process has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "exit");
  return child.pid ?? 0;
}

/** A program that runs until the test has ended. */
function running(t: ExecutionContext, program: string, args: readonly string[]): number {
  const child = spawn(program, args, { stdio: "ignore" });
  t.teardown(() => child.kill("SIGKILL"));
  return child.pid ?? 0;
}

test("the file holds the pid, and nothing else is left in the folder", (t) => {
  const folder = folderOf(t);
  PidFile.take(join(folder, "app.pid"));
  t.deepEqual(readdirSync(folder), ["app.pid"]);
  t.is(readFileSync(join(folder, "app.pid"), "latin1"), `${process.pid}\n`);
});

test("the file is removed at the end", (t) => {
  const path = join(folderOf(t), "app.pid");
  PidFile.take(path).remove();
  t.false(existsSync(path));
});

test("a file that is another's by now stays at the end", (t) => {
  const path = join(folderOf(t), "app.pid");
  const file = PidFile.take(path);
  writeFileSync(path, "12345\n");
  file.remove();
  t.true(existsSync(path));
});

test("the file of a master that has died is overwritten", async (t) => {
  const path = join(folderOf(t), "app.pid");
  writeFileSync(path, `${await deadPid()}\n`);
  PidFile.take(path);
  t.is(readFileSync(path, "latin1"), `${process.pid}\n`);
});

test("a file that holds no pid is overwritten", (t) => {
  const path = join(folderOf(t), "app.pid");
  writeFileSync(path, "\n");
  PidFile.take(path);
  t.is(readFileSync(path, "latin1"), `${process.pid}\n`);
});

test("the file of a program that runs is refused, and stays as it is", (t) => {
  const path = join(folderOf(t), "app.pid");
  const pid = running(t, process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  writeFileSync(path, `${pid}\n`);
  t.throws(() => PidFile.take(path), {
    code: "UWSGI_ADDRESS_IN_USE",
    message: `pid file ${path}: process ${pid} runs with it`,
  });
  t.is(readFileSync(path, "latin1"), `${pid}\n`);
});

test("a pid that another program has by now is nobody's", (t) => {
  const path = join(folderOf(t), "app.pid");
  writeFileSync(path, `${running(t, "sleep", ["60"])}\n`);
  if (process.platform !== "linux") t.throws(() => PidFile.take(path));
  else t.notThrows(() => PidFile.take(path));
});

test("the file of the master that is replaced is taken over", (t) => {
  const path = join(folderOf(t), "app.pid");
  const predecessor = running(t, process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  writeFileSync(path, `${predecessor}\n`);
  PidFile.take(path, { predecessor });
  t.is(readFileSync(path, "latin1"), `${process.pid}\n`);
});

test("a folder that is not there is an error that names the file", (t) => {
  const path = join(folderOf(t), "missing", "app.pid");
  const error = t.throws(() => PidFile.take(path), { code: "UWSGI_LISTEN_FAILED" });
  t.regex(error.message, /^pid file .*app\.pid cannot be written: ENOENT/);
});

for (const [what, lay] of [
  ["a pipe that nobody writes to", (path: string) => execFileSync("mkfifo", [path])],
  ["a link to a device without an end", (path: string) => symlinkSync("/dev/zero", path)],
  ["a link to a file of somebody else's", (path: string) => symlinkSync("/etc/passwd", path)],
] as const) {
  needsLinux()(`T37: ${what} in place of the file is neither waited for nor written to`, (t) => {
    const path = join(folderOf(t), "app.pid");
    lay(path);
    PidFile.take(path).remove();
    t.false(existsSync(path));
    t.notRegex(readFileSync("/etc/passwd", "latin1"), /^[0-9]+\n$/);
  });
}

test("a folder in place of the draft is an error that says so", (t) => {
  const path = join(folderOf(t), "app.pid");
  mkdirSync(`${path}.${process.pid}`);
  t.throws(() => PidFile.take(path), { code: "UWSGI_LISTEN_FAILED", message: /app\.pid cannot be written/ });
});
