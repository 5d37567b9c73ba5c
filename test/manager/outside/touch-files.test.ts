import { once, EventEmitter } from "node:events";
import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { TouchFiles } from "../../../src/manager/outside/touch-files.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

interface Watch {
  readonly told: string[];
  next(): Promise<unknown>;
}

async function watch(t: ExecutionContext, ...files: string[]): Promise<Watch> {
  const told: string[] = [];
  const events = new EventEmitter();
  const touches = new TouchFiles(
    files,
    (file) => {
      told.push(file);
      events.emit("touch");
    },
    5,
  );
  // Looking alone keeps no process running.
  const alive = setInterval(() => {}, 1_000);
  t.teardown(() => {
    clearInterval(alive);
    touches.close();
  });
  await touches.started;
  return { told, next: () => once(events, "touch") };
}

test("a touch is told, with the name of the file", async (t) => {
  const folder = folderOf(t);
  const [one, other] = [join(folder, "one"), join(folder, "other")];
  for (const file of [one, other]) writeFileSync(file, "");
  const { told, next } = await watch(t, one, other);
  utimesSync(other, 1, 1);
  await next();
  t.deepEqual(told, [other]);
});

test("that a file is there now is a touch", async (t) => {
  const file = join(folderOf(t), "later");
  const { told, next } = await watch(t, file);
  writeFileSync(file, "");
  await next();
  t.deepEqual(told, [file]);
});

test("that a file is gone is none, that it is back is one", async (t) => {
  const folder = folderOf(t);
  const [file, sentinel] = [join(folder, "file"), join(folder, "sentinel")];
  writeFileSync(file, "");
  writeFileSync(sentinel, "");
  const { told, next } = await watch(t, file, sentinel);
  rmSync(file);
  utimesSync(sentinel, 1, 1);
  await next();
  // The round that has seen the second file has seen the first one missing, or the one behind it does.
  utimesSync(sentinel, 2, 2);
  await next();
  writeFileSync(file, "");
  await next();
  t.deepEqual(told, [sentinel, sentinel, file]);
});

test("a file with a time in the past is a touch like any other", async (t) => {
  const file = join(folderOf(t), "file");
  writeFileSync(file, "");
  const { told, next } = await watch(t, file);
  utimesSync(file, 0, 0);
  await next();
  t.deepEqual(told, [file]);
});
