import { EventEmitter, once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import { WatchFolders } from "../../../src/manager/outside/watch-folders.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

interface Watch {
  readonly told: string[];
  readonly errors: Error[];
  next(): Promise<unknown>;
}

async function watch(t: ExecutionContext, folder: string): Promise<Watch> {
  const told: string[] = [];
  const errors: Error[] = [];
  const events = new EventEmitter();
  const folders = new WatchFolders(
    [folder],
    (path) => {
      told.push(path);
      events.emit("change");
    },
    (error) => errors.push(error),
    1,
  );
  const alive = setInterval(() => {}, 1_000);
  t.teardown(() => {
    clearInterval(alive);
    folders.close();
  });
  await folders.started;
  return { told, errors, next: () => once(events, "change") };
}

test("a change in a folder below is told", async (t) => {
  const folder = folderOf(t);
  mkdirSync(join(folder, "lib", "deep"), { recursive: true });
  const { told, next } = await watch(t, folder);
  writeFileSync(join(folder, "lib", "deep", "a.js"), "");
  await next();
  t.is(told[0], join(folder, "lib", "deep", "a.js"));
});

test("a change in a folder that is new is told", async (t) => {
  const folder = folderOf(t);
  const { told, next } = await watch(t, folder);
  mkdirSync(join(folder, "new"));
  await next();
  // It is not said from when on the new one is watched.
  while (told.at(-1) !== join(folder, "new", "a.js")) {
    writeFileSync(join(folder, "new", "a.js"), "");
    await Promise.race([next(), setImmediate()]);
  }
  t.pass();
});

test("node_modules and what begins with a dot are not watched", async (t) => {
  const folder = folderOf(t);
  for (const name of ["node_modules", ".git"]) mkdirSync(join(folder, name));
  const { told, next } = await watch(t, folder);
  writeFileSync(join(folder, "node_modules", "a.js"), "");
  writeFileSync(join(folder, ".git", "index"), "");
  writeFileSync(join(folder, ".a.js.swp"), "");
  writeFileSync(join(folder, "seen.js"), "");
  await next();
  t.deepEqual(told, [join(folder, "seen.js")]);
});

test("a folder that is not there is said", async (t) => {
  const { errors } = await watch(t, join(folderOf(t), "missing"));
  t.like(errors, [{ code: "ENOENT" }]);
});
