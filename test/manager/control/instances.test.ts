import { existsSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { findInstances, instanceOf } from "../../../src/manager/control/instances.ts";
import { makeRuntimeFolder } from "../../../src/manager/control/runtime-folder.ts";
import { Child } from "../../helpers/child.ts";
import { controlled } from "../../helpers/fake-manager.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

function runtime(t: Parameters<typeof folderOf>[0]): string {
  const folder = join(folderOf(t), "uisge");
  makeRuntimeFolder(folder);
  return folder;
}

/** A socket whose process was killed. */
async function leaveDead(path: string): Promise<void> {
  const program = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  await using child = new Child(["-e", program]);
  await child.exit();
}

test("all that answer are found, by name and pid", async (t) => {
  const folder = runtime(t);
  for (const file of ["shop-12.sock", "blog-7.sock"]) await controlled(t, { path: join(folder, file) });
  t.deepEqual(await findInstances(folder), [
    { name: "blog", pid: 7, path: join(folder, "blog-7.sock") },
    { name: "shop", pid: 12, path: join(folder, "shop-12.sock") },
  ]);
});

test("a socket whose manager was killed is removed; what is no control socket stays", async (t) => {
  const folder = runtime(t);
  const dead = join(folder, "dead-1.sock");
  await leaveDead(dead);
  t.true(existsSync(dead));
  writeFileSync(join(folder, "file-2.sock"), "");
  symlinkSync("nowhere", join(folder, "link-3.sock"));
  await leaveDead(join(folder, "other.sock"));
  t.deepEqual(await findInstances(folder), []);
  t.false(existsSync(dead));
  t.true(existsSync(join(folder, "file-2.sock")));
  t.true(existsSync(join(folder, "other.sock")));
});

test("where there is no folder there are no instances", async (t) => {
  t.deepEqual(await findInstances(join(folderOf(t), "none")), []);
});

test("the only one is meant when nothing is said", async (t) => {
  const folder = runtime(t);
  await controlled(t, { path: join(folder, "shop-12.sock") });
  t.is(await instanceOf(undefined, folder), join(folder, "shop-12.sock"));
});

for (const [wanted, file] of [
  ["shop", "shop-12.sock"],
  ["7", "blog-7.sock"],
] as const) {
  test(`of several ${wanted} is one`, async (t) => {
    const folder = runtime(t);
    for (const name of ["shop-12.sock", "blog-7.sock"]) await controlled(t, { path: join(folder, name) });
    t.is(await instanceOf(wanted, folder), join(folder, file));
  });
}

test("a path is taken as it is", async (t) => {
  t.is(await instanceOf("./a.sock", join(folderOf(t), "none")), "./a.sock");
});

for (const [wanted, message] of [
  [undefined, "there are several managers, say which by its pid: blog (7), shop (12), shop (13)"],
  ["shop", "there are several managers called shop, say which by its pid: shop (12), shop (13)"],
] as const) {
  test(`${wanted ?? "nothing"} may mean several: they are listed`, async (t) => {
    const folder = runtime(t);
    for (const name of ["shop-12.sock", "shop-13.sock", "blog-7.sock"])
      await controlled(t, { path: join(folder, name) });
    await t.throwsAsync(instanceOf(wanted, folder), { code: "UWSGI_SEVERAL_INSTANCES", message });
  });
}

test("one that is not there is told of, with those that are", async (t) => {
  const folder = runtime(t);
  await controlled(t, { path: join(folder, "shop-12.sock") });
  const expected = { code: "UWSGI_NO_INSTANCE", message: "there is no manager called wiki; there are shop (12)" };
  await t.throwsAsync(instanceOf("wiki", folder), expected);
});

test("none at all is told of, with where they were looked for", async (t) => {
  const folder = runtime(t);
  const message = `there is no manager, none has its control socket in ${folder}`;
  await t.throwsAsync(instanceOf(undefined, folder), { code: "UWSGI_NO_INSTANCE", message });
});
