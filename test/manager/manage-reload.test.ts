import { utimesSync, writeFileSync } from "node:fs";
import test from "ava";
import { askManager } from "../../src/manager/control/control-client.ts";
import { applicationOf, Managed } from "../helpers/managed.ts";
import { tempFolder } from "../helpers/temp-folder.ts";

for (const mode of ["graceful", "chain", "brutal"] as const) {
  test.serial(
    `a reload, ${mode}, under load: all workers are new, and ${mode === "brutal" ? "it serves again" : "0 failed"} (F3)`,
    async (t) => {
      await using managed = await Managed.start({ reloadMode: mode });
      const before = await managed.allReady();
      const load = managed.load();
      await load.more(20);
      managed.write(applicationOf("two"));
      managed.signal("SIGHUP");
      await managed.logged(/version 2 serves: the reload is done/);
      const after = await managed.allReady();
      await load.more(20);
      await load.end();
      t.deepEqual(
        after.filter((pid) => before.includes(pid)),
        [],
      );
      t.is((await managed.ask()).version, "two");
      if (mode !== "brutal") t.deepEqual(load.failed, []);
    },
  );
}

test.serial("SIGHUPs during a reload are one more behind it, and 0 failed (F3)", async (t) => {
  await using managed = await Managed.start();
  const load = managed.load();
  for (let n = 0; n < 20; n++) {
    managed.signal("SIGHUP");
    await load.more(2);
  }
  await managed.until(({ state, generation }) => state === "running" && generation > 1);
  await managed.allReady();
  await load.end();
  t.deepEqual(load.failed, []);
  t.true((await managed.status()).generation < 12);
});

for (const mode of ["graceful", "chain", "brutal"] as const) {
  test.serial(`a new version that cannot be loaded, ${mode}, is told of; and a fixed one recovers (F4)`, async (t) => {
    await using managed = await Managed.start({ reloadMode: mode, processes: 2 });
    const load = managed.load();
    managed.write(applicationOf("broken", 'throw new Error("no such table")'));
    managed.signal("SIGHUP");
    await managed.logged(/version 2 is given up, version 1 serves on: exit 70: .*no such table/);
    if (mode !== "brutal") {
      await managed.until(({ workers }) => workers.length === 2);
      t.is((await managed.ask()).version, "one");
      t.regex((await managed.status()).lastFailure ?? "", /no such table/);
    }
    managed.write(applicationOf("fixed"));
    managed.signal("SIGHUP");
    await managed.logged(/version 3 serves: the reload is done/);
    t.is((await managed.ask()).version, "fixed");
    t.is((await managed.status()).lastFailure, undefined);
    await load.end();
    if (mode !== "brutal") t.deepEqual(load.failed, []);
  });
}

test.serial("who has asked for a reload is told why it has failed (F4)", async (t) => {
  await using managed = await Managed.start({ processes: 1 });
  managed.write(applicationOf("broken", 'throw new Error("no such table")'));
  const asked = askManager(managed.folder.file("control.sock"), { command: "reload" }, "a test");
  await t.throwsAsync(asked, { message: /version 2 is given up, version 1 serves on: .*no such table/ });
});

test.serial("a new version that takes long to start is waited for, and 0 failed (F5)", async (t) => {
  await using managed = await Managed.start();
  const load = managed.load(2);
  managed.write(applicationOf("slow", "await delay(3_000)"));
  managed.signal("SIGHUP");
  await managed.logged(/version 2 serves: the reload is done/);
  await load.more(10);
  await load.end();
  t.deepEqual(load.failed, []);
  t.is((await managed.ask()).version, "slow");
});

test.serial("the touch of a file reloads, also of one that was not there", async (t) => {
  await using managed = await Managed.start({ processes: 1, touchReload: ["reload"], touchChainReload: ["chain"] });
  writeFileSync(managed.folder.file("reload"), "");
  await managed.logged(/reload was touched\n.*reload to version 2, graceful/);
  await managed.logged(/version 2 serves/);
  writeFileSync(managed.folder.file("chain"), "");
  utimesSync(managed.folder.file("chain"), 1, 1);
  await managed.logged(/chain was touched\n.*reload to version 3, chain/);
  await managed.logged(/version 3 serves/);
  t.pass();
});

test.serial("a change in a folder that is watched reloads", async (t) => {
  const folder = tempFolder();
  t.teardown(() => folder[Symbol.dispose]());
  await using managed = await Managed.start({ processes: 1, watch: [folder.path] });
  writeFileSync(folder.file("code.js"), "");
  await managed.logged(/code\.js has changed\n.*reload to version 2/);
  await managed.logged(/version 2 serves/);
  t.pass();
});
