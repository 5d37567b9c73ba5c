// @ts-check
/**
 * Runs AVA and says at the end what came out, for people and for machines.
 *
 *     node scripts/run-tests.js                                everything, see below
 *     node scripts/run-tests.js --wire                         what has a real connection in it
 *     node scripts/run-tests.js --nodes                        of these, what depends on the version of Node
 *     node scripts/run-tests.js --reliability          the timed checks, then the long lists (`ava.long.js`)
 *     node scripts/run-tests.js --reliability [file or word ...]   some of these
 *     node scripts/run-tests.js [file or word ...] [options of AVA]
 *
 * Connections go by one of two transports (`ListenOptions.transport`). Everything is run by the one that is usual,
 * and what has a real connection in it once more by `net`; `--wire` and `--nodes` are such tests alone, by both. With files or
 * options there is one run, by what UISGE_TRANSPORT says.
 *
 * A file may be named as a source (`test/codec/vars.test.ts`) or by a word of its name (`vars`). The
 * very last line is always `N passed, N failed, N skipped`; the exit code is not 0 when a test fails,
 * when something crashes, and when there was no test at all. A test that needs a program which is
 * not installed is skipped with a title that begins with `[needs NAME] `: these are summed up by
 * program. With UISGE_FORBID_SKIPS=1 every skipped test counts as a failure of the run.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs, stripVTControlCharacters } from "node:util";

/** @typedef {{ title: string, programs: string[] }} Skip */
/** @typedef {{ passed: number, failures: string[], crashes: Set<string>, todo: number, skips: Skip[] }} Tally */

/** @returns {Tally} */
export function emptyTally() {
  return { passed: 0, failures: [], crashes: new Set(), todo: 0, skips: [] };
}

/** What a line of AVA's report says; the first pattern that matches counts. */
const CRASHES = [
  /^ {2}(?:Uncaught exception|Unhandled rejection) in (?<file>.+)$/,
  /^ {2}[✘×] (?:No tests found in |Exiting due to .* when running |Internal error when running )(?<file>[^,]+)/,
  /^ {2}[✘×] (?:Line numbers for |\d+ tests? remaining in )(?<file>\S+)/,
  /^ {2}[✘×] (?<file>\S+) exited (?:due to|with) /,
  /^ *[✘×] (?<file>Internal error|Error in shared worker|Exiting due to SIGINT|Timed out while running tests)/,
];
const FAILED = /^ {2}[✘×] \[(?:fail|unexpected pass)\]: (.*)$/;
const SKIPPED = /^ {2}- \[skip\] (.*)$/;
const TODO = /^ {2}- \[todo\] /;
const PASSED = /^ {2}[✔√] /;
const NEEDS = /(?:^|› )\[needs ([^\]]+)\] /;

/**
 * Adds what one line says to the tally.
 * @param {Tally} tally
 * @param {string} coloured
 */
export function count(tally, coloured) {
  const line = stripVTControlCharacters(coloured);
  const skipped = SKIPPED.exec(line);
  if (skipped) {
    const title = skipped[1] ?? "";
    const needs = NEEDS.exec(title);
    tally.skips.push({ title, programs: needs?.[1]?.split(", ") ?? [] });
    return;
  }
  const failed = FAILED.exec(line)?.[1];
  if (failed !== undefined) tally.failures.push(failed);
  else if (PASSED.test(line)) tally.passed++;
  else if (TODO.test(line)) tally.todo++;
  else {
    // A file may be named several times, by its exception and by its exit: that is one crash.
    const crashed = CRASHES.map((crash) => crash.exec(line)?.groups?.["file"]).find((file) => file !== undefined);
    if (crashed !== undefined) tally.crashes.add(crashed);
  }
}

/**
 * The summary, the machine's line last, and the exit code.
 * @param {Tally} tally
 * @param {number} exitCode of AVA
 * @param {boolean} forbidSkips
 * @returns {{ lines: string[], exitCode: number }}
 */
export function summarize(tally, exitCode, forbidSkips) {
  const { passed, failures: failed, skips } = tally;
  const crashes = tally.crashes.size;
  const lines = [];
  // Named again: their reports lie thousands of lines above.
  if (failed.length + crashes > 0) {
    lines.push(
      "failed:",
      ...failed.map((title) => `  ${title}`),
      ...[...tally.crashes].map((file) => `  ${file} crashed`),
    );
  }
  /** @type {Map<string, number>} */
  const missing = new Map();
  for (const { programs } of skips) {
    for (const program of programs) missing.set(program, (missing.get(program) ?? 0) + 1);
  }
  for (const [program, tests] of [...missing].sort(([a], [b]) => (a < b ? -1 : 1))) {
    lines.push(`${program} is not installed: ${tests} ${tests === 1 ? "test" : "tests"} skipped`);
  }
  if (crashes > 0) {
    lines.push(`${crashes} ${crashes === 1 ? "crash" : "crashes"} outside of tests, counted as failures below`);
  }
  let code = exitCode;
  if (forbidSkips && skips.length > 0) {
    lines.push("UISGE_FORBID_SKIPS is set, and these tests were skipped:");
    for (const { title } of skips) lines.push(`  ${title}`);
    code ||= 1;
  }
  let failures = failed.length + crashes;
  if (failures > 0) code ||= 1;
  if (passed + failures + skips.length === 0) {
    lines.push("no test was run");
    code ||= 1;
  } else if (code !== 0 && failures === 0 && !(forbidSkips && skips.length > 0)) {
    lines.push(`AVA ended with exit code ${code}, see above`);
    failures = 1;
  }
  lines.push(`${passed} passed, ${failures} failed, ${skips.length} skipped`);
  return { lines, exitCode: code };
}

/**
 * Arguments for AVA: files may be named as their source or by a word.
 * @param {string[]} args
 */
export function avaArguments(args) {
  const { tokens } = parseArgs({
    args,
    // The options of AVA that take a value; all others are flags.
    options: {
      match: { type: "string", short: "m", multiple: true },
      timeout: { type: "string", short: "T" },
      concurrency: { type: "string", short: "c" },
      config: { type: "string" },
      "node-arguments": { type: "string" },
    },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  return tokens.flatMap((token) => {
    if (token.kind === "positional") return [pattern(token.value)];
    if (token.kind === "option") return token.value === undefined ? [token.rawName] : [token.rawName, token.value];
    return ["--"];
  });
}

/** @param {string} name */
function pattern(name) {
  if (/^[\w-]+$/.test(name) && name !== "debug") return `build/test/**/*${name}*.test.js`;
  return name.replace(/^(?:\.\/)?(?:build\/)?test\//, "build/test/").replace(/\.ts(?=:|$)/, ".js");
}

/** @typedef {{ title: string | undefined, args: string[], env: NodeJS.ProcessEnv }} Run */

const WIRE = ["--config", "ava.wire.config.js"];
const NODES = ["--config", "ava.nodes.config.js"];
const RELIABILITY = ["--config", "ava.reliability.config.js"];

/**
 * What is run, one after the other.
 * @param {string[]} args
 * @returns {Run[]}
 */
export function runsFor(args) {
  if (args[0] === "--reliability") return reliabilityRuns(args.slice(1));
  const [first] = args.length === 1 ? args : [];
  const isWhole = first === "--wire" || first === "--nodes";
  if (args.length > 0 && !isWhole) return [{ title: undefined, args: avaArguments(args), env: {} }];
  const connections = first === "--nodes" ? NODES : WIRE;
  return [
    {
      title: "connections by the usual transport",
      args: isWhole ? connections : [],
      env: { UISGE_TRANSPORT: undefined },
    },
    { title: "connections by net", args: connections, env: { UISGE_TRANSPORT: "net" } },
  ];
}

/**
 * @param {string[]} args
 * @returns {Run[]}
 */
function reliabilityRuns(args) {
  if (args.length > 0) return [{ title: undefined, args: avaArguments([...RELIABILITY, ...args]), env: {} }];
  return [
    { title: "timed checks", args: RELIABILITY, env: { UISGE_RELIABILITY: "timed" } },
    { title: "long lists", args: RELIABILITY, env: { UISGE_RELIABILITY: "long" } },
  ];
}

/**
 * Runs AVA, its report goes to stdout as it comes and is counted.
 * @param {Run} run
 * @param {Tally} tally
 * @returns {Promise<number>} its exit code
 */
async function runAva({ title, args, env }, tally) {
  if (title !== undefined) console.log(`\n== ${title}, Node ${process.versions.node}`);
  const cli = new URL("cli.mjs", import.meta.resolve("ava"));
  const ava = spawn(process.execPath, [fileURLToPath(cli), ...args], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    stdio: ["inherit", "pipe", "inherit"],
    env: { ...(process.stdout.isTTY ? { FORCE_COLOR: "1" } : {}), ...process.env, ...env },
  });
  for await (const line of createInterface({ input: ava.stdout, crlfDelay: Infinity })) {
    console.log(line);
    count(tally, line);
  }
  return new Promise((resolve, reject) => {
    ava.once("error", reject);
    if (ava.exitCode !== null || ava.signalCode !== null) resolve(ava.exitCode ?? 1);
    ava.once("close", (code) => resolve(code ?? 1));
  });
}

/**
 * All runs, and the sum of them.
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
async function runAll(args) {
  const tally = emptyTally();
  let exitCode = 0;
  for (const run of runsFor(args)) exitCode = (await runAva(run, tally)) || exitCode;
  const summary = summarize(tally, exitCode, process.env["UISGE_FORBID_SKIPS"] === "1");
  for (const line of summary.lines) console.log(line);
  return summary.exitCode;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await runAll(process.argv.slice(2));
