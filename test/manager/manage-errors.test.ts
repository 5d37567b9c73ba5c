import { setTimeout as delay } from "node:timers/promises";
import { writeFileSync } from "node:fs";
import test from "ava";
import { manage } from "../../src/manager/manage.ts";
import { startSuccessor, type SuccessorOptions } from "../../src/manager/outside/upgrade.ts";
import { applicationOf } from "../helpers/managed.ts";
import { tempFolder } from "../helpers/temp-folder.ts";

test.serial("a manager in a program: it serves, a reload that fails is an error, and it ends", async (t) => {
  using folder = tempFolder();
  const application = folder.file("app.mjs");
  writeFileSync(application, applicationOf("one"));
  const socket = folder.file("app.sock");
  const log = { access: "off", errors: "text", errorFile: folder.file("log") } as const;
  const manager = await manage({ application, socket, processes: 1, control: false, allowRoot: true, log });
  t.deepEqual(manager.addresses, [socket]);
  writeFileSync(application, applicationOf("broken", 'throw new Error("no such table")'));
  await t.throwsAsync(manager.reload(), { code: "UWSGI_RELOAD_FAILED", message: /no such table/ });
  t.regex(manager.status().lastFailure ?? "", /no such table/);
  await manager.stop();
  t.is(await manager.ended, 0);
  await t.throwsAsync(manager.reload(), { code: "UWSGI_RELOAD_FAILED", message: "the service ends" });
  await t.throwsAsync(manager.upgrade(), { code: "UWSGI_UPGRADE_FAILED", message: "the service ends" });
});

test.serial("an application that is not there is an error with the worker's exit code", async (t) => {
  using folder = tempFolder();
  const log = { access: "off", errors: "text", errorFile: folder.file("log") } as const;
  const options = { application: "/missing.mjs", socket: folder.file("app.sock"), control: false as const, log };
  const error = await t.throwsAsync(manage({ ...options, processes: 1, allowRoot: true }));
  t.like(error, { name: "WorkerError", code: "UWSGI_WORKER_FAILED", exitCode: 66 });
});

test.serial("a log format that workers would refuse is refused before there are any", async (t) => {
  using folder = tempFolder();
  const log = { access: "%(methd)", errors: "text", errorFile: folder.file("log") } as const;
  const options = { application: "/missing.mjs", socket: folder.file("app.sock"), control: false as const, log };
  const message = /%\(methd\).*%\(method\)/;
  await t.throwsAsync(manage({ ...options, processes: 1, allowRoot: true }), {
    code: "UWSGI_INVALID_ARGUMENT",
    message,
  });
});

const successor: SuccessorOptions = {
  env: {},
  fds: [],
  withinMs: 60_000,
  graceMs: 1_000,
  signal: new AbortController().signal,
};

for (const [what, program, withinMs, message] of [
  ["one that ends", "process.exit(3)", 60_000, "it has ended: exit 3"],
  ["one that says nothing", "setInterval(() => {}, 1_000)", 500, "it was not ready within 0.5 s"],
] as const) {
  test(`no upgrade by a new master that does not serve: ${what}`, async (t) => {
    const command = [process.execPath, "-e", program];
    await t.throwsAsync(startSuccessor({ ...successor, command, withinMs }), {
      code: "UWSGI_UPGRADE_FAILED",
      message: `no new master has taken over: ${message}`,
    });
  });
}

test("a new master that is ready is told once that all is its", async (t) => {
  const program = `const pipe = new (require("net").Socket)({ fd: 3, readable: true, writable: true });
pipe.write("ready\\n");
pipe.once("data", (told) => process.exit(told.toString() === "yours\\n" ? 0 : 1));`;
  const { pid, takeOver } = await startSuccessor({ ...successor, command: [process.execPath, "-e", program] });
  takeOver();
  for (let isThere = true; isThere; await delay(10)) {
    try {
      process.kill(pid, 0);
    } catch {
      isThere = false;
    }
  }
  t.pass();
});
