import { execFileSync } from "node:child_process";
import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { HtpasswdFile } from "../../../src/middleware/auth/htpasswd-file.ts";
import { needs } from "../../helpers/needs.ts";
import { folderOf } from "../../helpers/temp-folder.ts";
import { OTHER, SECRET } from "./whoami.ts";

/** A file with alice in it, and what it says to the log. */
function fileWith(t: { teardown(end: () => void): void }, text = `alice:${SECRET}\n`) {
  const path = join(folderOf(t), "users");
  writeFileSync(path, text);
  const logs: string[] = [];
  const file = new HtpasswdFile(path, 0);
  const names = async (now: number): Promise<string> => {
    const list = await file.users(now, (line) => logs.push(line));
    return ["alice", "bob"].filter((name) => list.find(name) !== undefined).join();
  };
  return { path, logs, file, names };
}

test("a file that has changed is read again, a second after it was looked at last", async (t) => {
  const { path, names, logs } = fileWith(t);
  writeFileSync(path, `alice:${SECRET}\nbob:${OTHER}\n`);
  t.is(await names(999), "alice");
  t.is(await names(1_000), "alice,bob");
  t.deepEqual(logs, []);
});

test("a change that leaves the size as it is is seen by the time of it", async (t) => {
  const { path, file } = fileWith(t);
  writeFileSync(path, `alice:${OTHER}\n`);
  utimesSync(path, 1_000, 1_000);
  t.is((await file.users(1_000, () => {})).find("alice")?.hash.text, OTHER);
});

test("within the second the users are there without a promise", (t) => {
  const { file } = fileWith(t);
  t.false(file.users(999, () => {}) instanceof Promise);
});

test("who comes while the file is read has the users as they were, without waiting", async (t) => {
  const { file } = fileWith(t);
  const looking = file.users(1_000, () => {});
  t.true(looking instanceof Promise);
  t.false(file.users(5_000, () => {}) instanceof Promise);
  await looking;
});

test("a file with a fault changes nothing, and is logged once", async (t) => {
  const { path, names, logs } = fileWith(t);
  writeFileSync(path, "bob:hunter2\n");
  t.is(await names(1_000), "alice");
  t.is(await names(2_000), "alice");
  t.is(logs.length, 1);
  t.regex(logs[0] ?? "", /^auth: the users stay as they were, .* line 1, user "bob": the password is plain text/);
  writeFileSync(path, `bob:${OTHER}\n`);
  t.is(await names(3_000), "bob");
});

test("a file that is gone changes nothing, is logged once, and is read when it is there again", async (t) => {
  const { path, names, logs } = fileWith(t);
  rmSync(path);
  t.is(await names(1_000), "alice");
  t.is(await names(2_000), "alice");
  t.is(logs.length, 1);
  t.regex(logs[0] ?? "", /ENOENT/);
  writeFileSync(path, `bob:${OTHER}\n`);
  t.is(await names(3_000), "bob");
});

test("a file that is not there at the start is refused", (t) => {
  t.throws(() => new HtpasswdFile("/nowhere/users", 0), {
    instanceOf: TypeError,
    message: /^auth: htpasswd cannot be read: ENOENT/,
  });
});

needs("htpasswd")("what Apache's htpasswd adds and deletes is seen", async (t) => {
  const { path, names } = fileWith(t, "");
  t.is(await names(0), "");
  execFileSync("htpasswd", ["-bB", "-C", "4", path, "alice", "secret"], { stdio: "ignore" });
  execFileSync("htpasswd", ["-b5", path, "bob", "secret"], { stdio: "ignore" });
  t.is(await names(1_000), "alice,bob");
  execFileSync("htpasswd", ["-D", path, "alice"], { stdio: "ignore" });
  t.is(await names(2_000), "bob");
});
