// @ts-check
/**
 * Runs a framework's own test suite twice: as it is, and with every `http.Server` of it served over uwsgi.
 *
 *     npm run build && npx tsc -p tsconfig.test.json
 *     node scripts/upstream-suite.js FOLDER -- COMMAND [ARGUMENT ...]
 *     node scripts/upstream-suite.js ../express -- node_modules/.bin/mocha --require test/support/env test/ test/acceptance/
 *     node scripts/upstream-suite.js ../koa -- node --test
 *
 * FOLDER is a checkout with its dependencies installed; nothing is fetched or changed there. What the suite prints is kept
 * in a temporary folder, which is named at the end. Not a test of ours: some differences are those of the HTTP bridge in
 * front (it refuses targets and hosts that are malformed, as nginx does), so people have to look at them.
 */
import { spawn } from "node:child_process";
import { createWriteStream, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

const preload = new URL("../build/test/compatibility/upstream/preload.js", import.meta.url);

/** Longest run of a suite. */
const MOST_MS = 600_000;

/** @typedef {{ passed: number, failed: number }} Counts */

/** How test runners say what came out: mocha; node:test (TAP, spec); vitest and jest. */
const PASSED = [/^\s*(\d+) passing\b/m, /^(?:#|ℹ) pass (\d+)$/m, /^\s*Tests:?\s.*?\b(\d+) passed/m];
const FAILED = [/^\s*(\d+) failing\b/m, /^(?:#|ℹ) fail (\d+)$/m, /^\s*Tests:?\s.*?\b(\d+) failed/m];

/**
 * The numbers in what a test runner has printed; undefined when there are none.
 * @param {string} coloured
 * @returns {Counts | undefined}
 */
export function countsIn(coloured) {
  const text = stripVTControlCharacters(coloured);
  const passed = numberBy(PASSED, text);
  return passed === undefined ? undefined : { passed, failed: numberBy(FAILED, text) ?? 0 };
}

/**
 * @param {readonly RegExp[]} patterns
 * @param {string} text
 */
function numberBy(patterns, text) {
  const match = patterns.map((pattern) => pattern.exec(text)).find((found) => found !== null);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/**
 * Runs the suite and keeps what it prints in `file`.
 * @param {string} folder
 * @param {readonly string[]} command
 * @param {string} nodeOptions
 * @param {string} file
 * @returns {Promise<Counts | undefined>}
 */
async function run(folder, [program = "", ...args], nodeOptions, file) {
  const kept = createWriteStream(file);
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: nodeOptions },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: MOST_MS,
  });
  for (const stream of [child.stdout, child.stderr]) stream.pipe(kept, { end: false });
  await new Promise((done, failed) => child.once("close", done).once("error", failed));
  await new Promise((done) => kept.end(done));
  return countsIn(readFileSync(file, "utf8"));
}

/** @param {Counts | undefined} counts */
function describe(counts) {
  return counts === undefined ? "no counts in what it printed" : `${counts.passed} passed, ${counts.failed} failed`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, separator, ...command] = process.argv.slice(2);
  if (folder === undefined || separator !== "--" || command.length === 0) {
    console.error("usage: node scripts/upstream-suite.js FOLDER -- COMMAND [ARGUMENT ...]");
    process.exit(2);
  }
  const kept = mkdtempSync(join(tmpdir(), "uisge-upstream-"));
  const plain = await run(resolve(folder), command, "", join(kept, "node-http.log"));
  console.log(`node:http: ${describe(plain)}`);
  const detoured = await run(resolve(folder), command, `--import ${preload.href}`, join(kept, "uwsgi.log"));
  console.log(`uwsgi:     ${describe(detoured)}`);
  console.log(kept);
  if (plain === undefined || detoured === undefined) process.exitCode = 1;
}
