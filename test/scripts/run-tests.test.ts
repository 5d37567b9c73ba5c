import { join } from "node:path";
import { pathToFileURL } from "node:url";
import test from "ava";
import { projectRoot } from "../helpers/project.ts";

interface Tally {
  readonly passed: number;
  readonly failures: readonly string[];
  readonly crashes: ReadonlySet<string>;
  readonly todo: number;
  readonly skips: { readonly title: string; readonly programs: string[] }[];
}

interface Runner {
  emptyTally(): Tally;
  count(tally: Tally, line: string): void;
  summarize(tally: Tally, exitCode: number, forbidSkips: boolean): { lines: string[]; exitCode: number };
  avaArguments(args: string[]): string[];
  runsFor(args: string[]): { title: string | undefined; args: string[]; env: NodeJS.ProcessEnv }[];
}

const runner = (await import(pathToFileURL(join(projectRoot, "scripts", "run-tests.js")).href)) as Runner;

function tallyOf(...lines: string[]): Tally {
  const tally = runner.emptyTally();
  for (const line of lines) runner.count(tally, line);
  return tally;
}

const PASSED = "  ✔ codec › vars › a rule (12ms)";
const FAILED = "  ✘ [fail]: codec › vars › a rule Error thrown in test";
const SKIPPED = "  - [skip] interop › nginx › [needs nginx] relays a status";

test("passed, failed and skipped tests are counted", (t) => {
  t.like(tallyOf(PASSED, PASSED, FAILED, SKIPPED, ""), {
    passed: 2,
    failures: { length: 1 },
    crashes: { size: 0 },
    skips: { length: 1 },
  });
});

test("colours do not matter", (t) => {
  t.like(tallyOf("  \u001b[32m✔\u001b[39m a rule", "  \u001b[31m✘ [fail]:\u001b[39m a rule"), {
    passed: 1,
    failures: { length: 1 },
  });
});

test("what a test logs is not counted", (t) => {
  t.like(tallyOf("    ℹ ✔ a rule", "      ✘ [fail]: a rule", "✔ a rule"), {
    passed: 0,
    failures: { length: 0 },
    crashes: { size: 0 },
  });
});

for (const line of [
  "  Uncaught exception in build/test/a.test.js",
  "  Unhandled rejection in build/test/a.test.js",
  "  ✘ build/test/a.test.js exited with a non-zero exit code: 1",
  "  ✘ build/test/a.test.js exited due to SIGKILL",
  "  ✘ No tests found in build/test/a.test.js",
  "  ✘ Timed out while running tests",
  "  ✘ Exiting due to process.exit() when running build/test/a.test.js",
  '  ✘ No tests found in build/test/a.test.js, make sure to import "ava" at the top of your test file',
  "  ✘ 3 tests remaining in build/test/a.test.js",
]) {
  test(`counted as a crash: ${line.trim()}`, (t) => {
    t.is(tallyOf(line).crashes.size, 1);
  });
}

test("a skipped test says which program it needs", (t) => {
  t.deepEqual(
    tallyOf(SKIPPED, "  - [skip] [needs nginx, python3] two", "  - [skip] a › other").skips.map(
      ({ programs }) => programs,
    ),
    [["nginx"], ["nginx", "python3"], []],
  );
});

test("the last line has the three numbers", (t) => {
  t.deepEqual(runner.summarize(tallyOf(PASSED, PASSED), 0, false), {
    lines: ["2 passed, 0 failed, 0 skipped"],
    exitCode: 0,
  });
});

test("failures make the exit code not 0, whatever AVA ended with", (t) => {
  t.deepEqual(runner.summarize(tallyOf(PASSED, FAILED), 0, false), {
    lines: ["failed:", "  codec › vars › a rule Error thrown in test", "1 passed, 1 failed, 0 skipped"],
    exitCode: 1,
  });
});

test("what failed is named again behind the reports", (t) => {
  const tally = tallyOf(PASSED, FAILED, "  Uncaught exception in build/test/a.test.js");
  t.deepEqual(runner.summarize(tally, 1, false).lines.slice(0, 3), [
    "failed:",
    "  codec › vars › a rule Error thrown in test",
    "  build/test/a.test.js crashed",
  ]);
});

test("a crash counts as a failure", (t) => {
  const { lines, exitCode } = runner.summarize(tallyOf(PASSED, "  Uncaught exception in a.test.js"), 1, false);
  t.is(lines.at(-1), "1 passed, 1 failed, 0 skipped");
  t.is(exitCode, 1);
});

test("an exception and the exit that follows it are one crash", (t) => {
  const lines = [
    "  Uncaught exception in build/test/a.test.js",
    "  ✘ build/test/a.test.js exited with a non-zero exit code: 1",
  ];
  t.is(tallyOf(...lines).crashes.size, 1);
});

test("no test at all is a failure", (t) => {
  const { lines, exitCode } = runner.summarize(tallyOf(), 0, false);
  t.deepEqual(lines, ["no test was run", "0 passed, 0 failed, 0 skipped"]);
  t.is(exitCode, 1);
});

test("an exit code of AVA that nothing explains is a failure", (t) => {
  const { lines, exitCode } = runner.summarize(tallyOf(PASSED), 2, false);
  t.deepEqual(lines, ["AVA ended with exit code 2, see above", "1 passed, 1 failed, 0 skipped"]);
  t.is(exitCode, 2);
});

test("skipped tests are allowed, and summed up by the program they need", (t) => {
  t.deepEqual(runner.summarize(tallyOf(PASSED, SKIPPED, SKIPPED, "  - [skip] [needs apache2] one"), 0, false), {
    lines: [
      "apache2 is not installed: 1 test skipped",
      "nginx is not installed: 2 tests skipped",
      "1 passed, 0 failed, 3 skipped",
    ],
    exitCode: 0,
  });
});

test("skipped tests are a failure when they are forbidden, and are named", (t) => {
  t.deepEqual(runner.summarize(tallyOf(PASSED, SKIPPED), 0, true), {
    lines: [
      "nginx is not installed: 1 test skipped",
      "UISGE_FORBID_SKIPS is set, and these tests were skipped:",
      "  interop › nginx › [needs nginx] relays a status",
      "1 passed, 0 failed, 1 skipped",
    ],
    exitCode: 1,
  });
});

test("a source, a folder or a word names the compiled tests", (t) => {
  t.deepEqual(runner.avaArguments(["test/codec/vars.test.ts", "./test/codec", "vars", "build/test/a.test.js"]), [
    "build/test/codec/vars.test.js",
    "build/test/codec",
    "build/test/**/*vars*.test.js",
    "build/test/a.test.js",
  ]);
});

test("options go to AVA as they are", (t) => {
  t.deepEqual(runner.avaArguments(["--match", "a rule*", "-s", "--concurrency=1", "vars"]), [
    "--match",
    "a rule*",
    "-s",
    "--concurrency",
    "1",
    "build/test/**/*vars*.test.js",
  ]);
});

test("everything is run by the usual transport, and what has a connection in it by net too", (t) => {
  t.like(runner.runsFor([]), [
    { args: [], env: { UISGE_TRANSPORT: undefined } },
    { args: ["--config", "ava.wire.config.js"], env: { UISGE_TRANSPORT: "net" } },
  ]);
});

test("--wire is what has a connection in it, by both transports", (t) => {
  t.deepEqual(
    runner.runsFor(["--wire"]).map(({ args, env }) => [args.at(-1), env["UISGE_TRANSPORT"]]),
    [
      ["ava.wire.config.js", undefined],
      ["ava.wire.config.js", "net"],
    ],
  );
});

test("--nodes is what depends on the version of Node, by both transports", (t) => {
  t.deepEqual(
    runner.runsFor(["--nodes"]).map(({ args, env }) => [args.at(-1), env["UISGE_TRANSPORT"]]),
    [
      ["ava.nodes.config.js", undefined],
      ["ava.nodes.config.js", "net"],
    ],
  );
});

test("--reliability is what is timed, alone on its machine, and then what takes long", (t) => {
  t.deepEqual(
    runner.runsFor(["--reliability"]).map(({ args, env }) => [args, env["UISGE_RELIABILITY"]]),
    [
      [["--config", "ava.reliability.config.js"], "timed"],
      [["--config", "ava.reliability.config.js"], "long"],
    ],
  );
});

test("--reliability with files is these, of either", (t) => {
  t.deepEqual(runner.runsFor(["--reliability", "package", "--match", "a*"]), [
    {
      title: undefined,
      args: ["--config", "ava.reliability.config.js", "build/test/**/*package*.test.js", "--match", "a*"],
      env: {},
    },
  ]);
});

test("with files or options there is one run, whose transport is left to the environment", (t) => {
  t.deepEqual(runner.runsFor(["vars", "-s"]), [
    { title: undefined, args: ["build/test/**/*vars*.test.js", "-s"], env: {} },
  ]);
});
