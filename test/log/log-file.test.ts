/** A log that is a file. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { GuardedSink } from "../../src/log/guarded-sink.ts";
import { LogFile } from "../../src/log/log-file.ts";
import { needsLinux } from "../helpers/needs.ts";
import { folderOf } from "../helpers/temp-folder.ts";

test("lines are added to what the file has, and are there at once", (t) => {
  const path = join(folderOf(t), "a.log");
  writeFileSync(path, "before\n");
  const log = new LogFile(path);
  log.write("one ä\n");
  t.is(readFileSync(path, "utf8"), "before\none ä\n");
  log.close();
});

test("two that write to the same file do not write over each other", (t) => {
  const path = join(folderOf(t), "a.log");
  const [one, other] = [new LogFile(path), new LogFile(path)];
  one.write("1\n");
  other.write("2\n");
  one.write("3\n");
  t.is(readFileSync(path, "utf8"), "1\n2\n3\n");
  one.close();
  other.close();
});

test("opened anew it is a new file where the old one was moved away, and the old descriptor is closed", (t) => {
  const folder = folderOf(t);
  const path = join(folder, "a.log");
  const log = new LogFile(path);
  log.write("old\n");
  renameSync(path, `${path}.1`);
  for (let times = 0; times < 100; times++) log.reopen();
  log.write("new\n");
  t.is(readFileSync(`${path}.1`, "utf8"), "old\n");
  t.is(readFileSync(path, "utf8"), "new\n");
  if (process.platform === "linux") {
    const open = readdirSync("/proc/self/fd").filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
      } catch {
        return false;
      }
    });
    t.is(open.length, 1);
  }
  log.close();
});

test("where it cannot be opened anew the old one is kept, and that is thrown", (t) => {
  const folder = folderOf(t);
  const path = join(folder, "a.log");
  const log = new LogFile(path);
  renameSync(path, `${path}.1`);
  mkdirSync(path);
  t.throws(() => log.reopen(), { code: "EISDIR" });
  log.write("still\n");
  t.is(readFileSync(`${path}.1`, "utf8"), "still\n");
  log.close();
});

test("a folder that is not there is thrown as the system has it", (t) => {
  const path = join(folderOf(t), "none", "a.log");
  t.throws(() => new LogFile(path), { code: "ENOENT" });
  t.false(existsSync(path));
});

needsLinux()("a full disk loses lines, which are counted, and nothing else", (t) => {
  const log = new LogFile("/dev/full");
  let dropped = 0;
  const sink = new GuardedSink(log, (lines) => {
    dropped += lines;
    return true;
  });
  t.true(sink.isOfBytes);
  sink.write("one");
  sink.write("two\nthree", 2);
  sink.close();
  t.is(dropped, 3);
  log.close();
});

needsLinux()("a pipe that nobody reads does not hold up who logs", (t) => {
  const path = join(folderOf(t), "pipe");
  t.is(spawnSync("mkfifo", [path]).status, 0);
  t.throws(() => new LogFile(path), { code: "ENXIO" });
});

test("a line that was written in part does not swallow the next one", (t) => {
  const path = join(folderOf(t), "a.log");
  const log = new LogFile(path);
  // What a disk does that becomes full within a line.
  Object.assign(log, { isTorn: true });
  log.write("next\n");
  log.write("and next\n");
  t.is(readFileSync(path, "utf8"), "\nnext\nand next\n");
  log.close();
});
