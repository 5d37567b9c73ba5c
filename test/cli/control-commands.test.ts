/** The commands that speak to a running manager: what they ask, print, and end with. */
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { UwsgiError } from "../../src/errors.ts";
import { exitCodeOf } from "../../src/process/index.ts";
import { controlled, type FakeManager, workerStatus } from "../helpers/fake-manager.ts";
import { runUisge } from "../helpers/run-program.ts";
import { folderOf } from "../helpers/temp-folder.ts";

/** Runs `uisge COMMAND ARGS PATH` for a fake manager. */
async function command(
  t: ExecutionContext,
  args: readonly string[],
  prepare: (manager: FakeManager) => void = () => {},
) {
  const { manager, path } = await controlled(t, { limits: { progressMs: 5 } });
  prepare(manager);
  const [name = "", ...rest] = args;
  const { code, stdout, stderr } = await runUisge([name, path, ...rest]);
  return { manager, path, code, stdout: stdout.toString(), stderr };
}

test("status prints the manager, where it listens, and a row for each worker", async (t) => {
  const { code, stdout } = await command(t, ["status"], (manager) => {
    const second = workerStatus({ id: 2, pid: 1002, generation: 2, state: "stopping", wantsOut: "max-requests" });
    manager.current = { ...manager.current, workers: [workerStatus(), second] };
  });
  t.is(code, 0);
  t.is(
    stdout,
    `shop (1000) running, generation 1, 2 workers, for 60s, master 40M, uisge 0.0.0
serves app.js
listens on /run/shop.sock
ID   PID  GEN  STATE     SINCE  REQUESTS  RUN  MEMORY  BUSY
 1  1001    1  ready        5s         7    1     60M   25%
 2  1002    2  stopping     5s         7    1     60M   25%  max-requests
`,
  );
});

test("status fits 80 columns for large numbers, too", async (t) => {
  const { stdout } = await command(t, ["status"], (manager) => {
    const row = workerStatus({
      id: 128,
      pid: 4_194_303,
      generation: 999,
      state: "stopping",
      uptimeMs: 90 * 86_400_000,
      requests: 99_999_999,
      running: 10_000,
      rss: 1.5 * 2 ** 30,
      busyness: 1,
      wantsOut: "max-lifetime",
    });
    manager.current = { ...manager.current, workers: [row], uptimeMs: 100 * 86_400_000 };
  });
  t.deepEqual(
    stdout.split("\n").filter((line) => line.length > 80),
    [],
  );
  t.regex(stdout, /128 {2}4194303 {2}999 {2}stopping {4}90d {2}99999999 {2}10000 {4}1\.5G {2}100% {2}max-lifetime/);
});

test("status says why the last reload has failed, without what a terminal would obey", async (t) => {
  const { stdout } = await command(t, ["status"], (manager) => {
    manager.current = { ...manager.current, lastFailure: "no\x1b[2Jdatabase\n", workers: [] };
  });
  t.regex(stdout, /^last reload failed: no\?\[2Jdatabase\?\nno workers\n$/m);
});

test("status --json prints the object", async (t) => {
  const { manager, code, stdout } = await command(t, ["status", "--json"]);
  t.is(code, 0);
  t.deepEqual(JSON.parse(stdout), manager.current);
});

const request = { worker: 1, pid: 1001, id: "a", method: "GET", path: "/slow", remote: "192.0.2.1", ms: 2_500 };

for (const name of ["status", "requests"]) {
  test(`${name} --json has nothing that a terminal would obey, and is the same object`, async (t) => {
    const path = "/\x9b2J\u202e\u2028\x7f\u{e0041}\x1b]0;";
    const { stdout } = await command(t, [name, "--json"], (manager) => {
      manager.current = { ...manager.current, lastFailure: path };
      manager.running = [{ ...request, path }];
    });
    t.notRegex(stdout, /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    const told = JSON.parse(stdout) as { lastFailure?: string; path?: string };
    t.is(told.lastFailure ?? told.path, path);
  });
}

test("requests prints the oldest first, and cuts long paths", async (t) => {
  const { code, stdout } = await command(t, ["requests"], (manager) => {
    manager.running = [request, { ...request, worker: 2, path: `/${"x".repeat(100)}`, remote: "", ms: 130_000 }];
  });
  t.is(code, 0);
  t.is(
    stdout,
    `ID   PID  FOR  CLIENT     REQUEST
 2  1001   2m  -          GET /${"x".repeat(32)}...
 1  1001   2s  192.0.2.1  GET /slow
`,
  );
});

test("requests says that none runs, and --json says it by no line", async (t) => {
  t.is((await command(t, ["requests"])).stdout, "no request runs\n");
  t.is((await command(t, ["requests", "--json"])).stdout, "");
});

test("requests says how many it leaves out", async (t) => {
  const { stdout } = await command(t, ["requests"], (manager) => {
    manager.running = Array.from({ length: 1_003 }, () => request);
  });
  t.true(stdout.endsWith("\nand 3 more\n"));
});

test("requests --json is one object a line", async (t) => {
  const { stdout } = await command(t, ["requests", "--json"], (manager) => {
    manager.running = [request];
  });
  t.deepEqual(JSON.parse(stdout), request);
});

for (const [args, told] of [
  [["reload"], "reload undefined"],
  [["reload", "--graceful"], "reload graceful"],
  [["reload", "--chain"], "reload chain"],
  [["reload", "--brutal"], "reload brutal"],
  [["stop"], "stop graceful"],
  [["stop", "--fast"], "stop fast"],
  [["upgrade"], "upgrade"],
  [["scale", "5"], "scale 5"],
  [["scale", "+1"], "scale 3"],
  [["scale", "-1"], "scale 1"],
  [["reopen"], "reopen"],
] as const) {
  test(`uisge ${args.join(" ")} tells the manager: ${told}`, async (t) => {
    const { manager, code, stderr } = await command(t, args, ({ work }) => work.resolve());
    t.is(stderr, "");
    t.is(code, 0);
    t.deepEqual(manager.told, [told]);
    t.regex(
      manager.log.join("\n"),
      new RegExp(`^asked by the control socket: ${args[0]}.*, which says it is ".*, pid \\d+"$`),
    );
  });
}

test("reload tells how far it is, and that it is done", async (t) => {
  const { stdout } = await command(t, ["reload"], (manager) => {
    const { status } = manager;
    manager.status = () => {
      manager.work.resolve();
      return status.call(manager);
    };
  });
  t.is(stdout, "version 1: 2 of 2 workers ready\nreloaded\n");
});

test("reload -q prints nothing", async (t) => {
  const { stdout } = await command(t, ["reload", "-q"], ({ work }) => work.resolve());
  t.is(stdout, "");
});

test("a reload whose version has failed is exit code 1 with the reason", async (t) => {
  const { code, stderr } = await command(t, ["reload"], ({ work }) => work.reject(new Error("no database")));
  t.is(code, 1);
  t.is(stderr, "uisge: no database\n");
});

test("two ways to reload at a time are exit code 64, and nothing is done", async (t) => {
  const { manager, code, stderr } = await command(t, ["reload", "--chain", "--brutal"]);
  t.is(code, 64);
  t.regex(stderr, /--chain and --brutal: only one way/);
  t.deepEqual(manager.told, []);
});

for (const number of ["", "0", "-0", "many", "10000"]) {
  test(`scale to ${JSON.stringify(number)} is exit code 64, and nothing is done`, async (t) => {
    const { manager, code, stderr } = await command(t, ["scale", ...(number === "" ? [] : [number])]);
    t.is(code, 64);
    t.regex(stderr, /scale needs a number of workers from 1 to 9999/);
    t.deepEqual(manager.told, []);
  });
}

test("a path where nobody answers is exit code 3", async (t) => {
  const path = join(folderOf(t), "none.sock");
  const { code, stderr } = await runUisge(["status", path]);
  t.is(code, 3);
  t.is(stderr, `uisge: no manager answers at ${path}: there is no such socket\n`);
});

test("several managers that could be meant are exit code 4", (t) => {
  t.is(exitCodeOf(new UwsgiError("there are two", { code: "UWSGI_SEVERAL_INSTANCES" })), 4);
});

test("two names are exit code 64", async (t) => {
  const { code, stderr } = await command(t, ["stop", "other"]);
  t.is(code, 64);
  t.regex(stderr, /stop takes one NAME, PID or PATH; got 2/);
});

for (const [args, done] of [
  [["reload"], { done: "reload", generation: 1 }],
  [["stop"], { done: "stop" }],
  [["upgrade"], { done: "upgrade" }],
  [["reopen"], { done: "reopen" }],
  [["scale", "+1"], { done: "scale", processes: 3 }],
] as const) {
  test(`${args.join(" ")} --json says what was done, to whom, in one object`, async (t) => {
    const { path, code, stdout, stderr } = await command(t, [...args, "--json"], (manager) => {
      const { status } = manager;
      manager.status = () => {
        manager.work.resolve();
        return status.call(manager);
      };
      if (args[0] !== "reload") manager.work.resolve();
    });
    t.is(code, 0);
    t.deepEqual(JSON.parse(stdout), { control: path, ...done });
    t.is(stderr, "");
  });
}
