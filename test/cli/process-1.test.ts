/** `uisge serve` as process 1, as in a container: the system does nothing about signals there, and gives it orphans. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { askManager } from "../../src/manager/control/control-client.ts";
import type { ManagerStatus } from "../../src/manager/status.ts";
import { Child } from "../helpers/child.ts";
import { gone } from "../helpers/managed.ts";
import { AS_PROCESS_1, needsProcess1 } from "../helpers/needs.ts";
import { projectRoot } from "../helpers/project.ts";
import { runUisge } from "../helpers/run-program.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const main = join(projectRoot, "dist/cli/main.js");

const APP = `import { spawn } from "node:child_process";
export default {
  async fetch(request) {
    if (new URL(request.url).pathname === "/orphan") spawn("/bin/sh", ["-c", "sleep 0.1 & exit"]);
    return new Response("pid " + process.pid);
  },
};
`;

/** Serves `source` as process 1 of a namespace. */
class Container {
  readonly child: Child;
  readonly socket: string;
  readonly control: string;

  /** `init`: what is process 1 instead, and starts what is behind it. */
  constructor(t: ExecutionContext, options: readonly string[], source = APP, init: readonly string[] = []) {
    const folder = folderOf(t);
    writeFileSync(join(folder, "app.mjs"), source);
    this.socket = join(folder, "app.sock");
    this.control = join(folder, "control.sock");
    const [program, ...args] = AS_PROCESS_1;
    const serve = [process.execPath, main, "serve", join(folder, "app.mjs"), "-s", this.socket, ...options];
    this.child = new Child([...args, ...init, ...serve], { program, cwd: folder });
    t.teardown(() => this.child[Symbol.asyncDispose]());
  }

  static manager(t: ExecutionContext): Container {
    return new Container(t, ["-p", "2", "--allow-root", "--control", "control.sock"]);
  }

  /** Process 1, by the pid that it has here. */
  get pid(): number {
    return childrenOf(this.child.process.pid ?? 0)[0] ?? 0;
  }

  get workers(): number[] {
    return childrenOf(this.pid);
  }

  signal(name: NodeJS.Signals): void {
    process.kill(this.pid, name);
  }

  logged(pattern: RegExp): Promise<RegExpExecArray> {
    return this.child.printed("stderr", pattern);
  }

  async ask(path = "/"): Promise<string> {
    const { code, stdout, stderr } = await runUisge(["curl", this.socket, path]);
    if (code !== 0) throw new Error(stderr);
    return stdout.toString();
  }

  async status(): Promise<ManagerStatus> {
    const { status } = await askManager(this.control, { command: "status" }, "a test");
    if (status === undefined) throw new Error("no status");
    return status;
  }
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
}

const process1Test = needsProcess1();

process1Test.serial(
  "a master that is process 1 is commanded from outside, replaces a killed worker, and ends",
  async (t) => {
    const container = Container.manager(t);
    await container.logged(/listening on/);
    await container.logged(/worker 1 .*serves/);
    await container.logged(/worker 2 .*serves/);
    container.signal("SIGUSR2");
    await container.logged(/no upgrade: this master is process 1/);
    container.signal("SIGUSR1");
    await container.logged(/the logs are opened anew/);
    container.signal("SIGHUP");
    await container.logged(/version 2 serves: the reload is done/);
    await container.logged(/version 1\) has ended: exit 0[^]*version 1\) has ended: exit 0/);
    const [worker = 0] = container.workers;
    process.kill(worker, "SIGKILL");
    const [, place] = await container.logged(/worker (\d) .* has ended: killed by SIGKILL/);
    await container.logged(new RegExp(`SIGKILL[^]*worker ${place} \\(pid \\d+, version 2\\) serves`));
    t.like(await container.status(), { pid: 1, generation: 2, processes: 2 });
    t.regex(await container.ask(), /^pid \d+$/);
    container.signal("SIGTERM");
    t.is(await container.child.exit(), 0);
    t.notRegex(container.child.stderr, /cannot go/);
  },
);

process1Test.serial("a master that is killed as process 1 takes all with it", async (t) => {
  const container = Container.manager(t);
  await container.logged(/listening on/);
  const all = [container.pid, ...container.workers];
  t.is(all.length, 3);
  container.signal("SIGKILL");
  for (const pid of all) await gone(pid);
  await container.child.exit();
});

process1Test.serial("a master with which a small init would end is not upgraded", async (t) => {
  const init = ["sh", "-c", '"$@"; exit $?', "sh"];
  const container = new Container(t, ["-p", "1", "--allow-root", "--control", "control.sock"], APP, init);
  await container.logged(/listening on/);
  const [master = 0] = childrenOf(container.pid);
  process.kill(master, "SIGUSR2");
  await container.logged(/no upgrade: this master is what sh was started for/);
  process.kill(master, "SIGTERM");
  t.is(await container.child.exit(), 0);
});

process1Test.serial("a server that is process 1 ends by SIGTERM while its application is loaded", async (t) => {
  const container = new Container(
    t,
    [],
    "console.log('loading'); await new Promise(() => setInterval(() => {}, 1e6));",
  );
  await container.child.printed("stdout", /loading/);
  container.signal("SIGTERM");
  t.is(await container.child.exit(), 143);
});

process1Test.serial(
  "a server that is process 1 finishes at SIGTERM, and does without a reload at SIGHUP",
  async (t) => {
    const container = new Container(t, []);
    await container.logged(/listening on/);
    container.signal("SIGHUP");
    await container.logged(/SIGHUP ignored/);
    t.is(await container.ask(), "pid 1");
    container.signal("SIGTERM");
    t.is(await container.child.exit(), 0);
  },
);

for (const [who, start] of [
  ["a server", (t: ExecutionContext) => new Container(t, [])],
  ["a master", Container.manager],
] as const) {
  process1Test.serial(`${who} that is process 1 says once that a process was left to it, and what to do`, async (t) => {
    const container = start(t);
    await container.logged(/listening on/);
    await container.ask("/orphan");
    await container.ask("/orphan");
    await container.logged(/warn process \d+ \(sleep\) has ended and cannot go: .*docker run --init/);
    container.signal("SIGTERM");
    t.is(await container.child.exit(), 0);
    t.is(container.child.stderr.split("cannot go").length, 2);
  });
}

process1Test.serial("an emperor that is process 1 ends by SIGTERM", async (t) => {
  const [program, ...args] = AS_PROCESS_1;
  const folder = folderOf(t);
  const emperor = [process.execPath, main, "emperor", folder];
  await using child = new Child([...args, ...emperor], { program });
  writeFileSync(join(folder, "a.json"), "{}");
  await child.printed("stderr", /a\.json/);
  process.kill(childrenOf(child.process.pid ?? 0)[0] ?? 0, "SIGTERM");
  t.is(await child.exit(), 0);
});
