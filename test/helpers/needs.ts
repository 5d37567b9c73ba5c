/** Tests that need a program which not every machine has. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import test, { type ImplementationFn } from "ava";
import { findProgram } from "./find-program.ts";

type Declare = (title: string, implementation: ImplementationFn<[]>) => void;

/** Declares a test, or a skipped one. */
export interface ConditionalTest extends Declare {
  readonly serial: Declare;
}

/**
 * `test` when all programs are installed. Otherwise the tests are skipped and their titles begin
 * with `[needs NAME] `, which is what the summary of the test run counts by.
 *
 *     const nginxTest = needs("nginx");
 *     nginxTest("nginx relays a status it does not know", async (t) => { ... });
 */
export function needs(...programs: string[]): ConditionalTest {
  return unless(programs.filter((program) => findProgram(program) === undefined));
}

/** Where Debian has its Python look for modules; uWSGI's plugin looks there too. */
const PYTHON_MODULES = "/usr/lib/python3/dist-packages";

/** As `needs`, of uWSGI with its plugin for Python, and of modules of Python's in Debian's packages. */
export function needsUwsgiPython(...modules: readonly ("django" | "flask")[]): ConditionalTest {
  const missing = ["uwsgi", "uwsgi_python3"].filter((program) => findProgram(program) === undefined);
  const absent = modules.filter((name) => !existsSync(`${PYTHON_MODULES}/${name}`));
  return unless([...missing, ...absent.map((name) => `python3-${name}`)]);
}

/** As `needs`, of what only Linux has. */
export function needsLinux(): ConditionalTest {
  return unless(process.platform === "linux" ? [] : ["Linux"]);
}

/** An ordinary user that most systems have: nobody. */
export const OTHER_UID = 65_534;

/** As `needs`, of the right to run Node as another user; the programs of the build must be readable to that one. */
export function needsOtherUser(): ConditionalTest {
  if (process.getuid?.() !== 0) return unless(["root"]);
  const { status } = spawnSync(process.execPath, ["-e", "require('fs').readFileSync(process.argv[1])", ownPath], {
    uid: OTHER_UID,
    gid: OTHER_UID,
    cwd: "/",
  });
  return unless(status === 0 ? [] : ["files that other users may read"]);
}

/** Before a command that is to be process 1, with all that it starts: killed with the program itself. */
export const AS_PROCESS_1: readonly [program: string, ...args: string[]] = [
  "unshare",
  "--pid",
  "--fork",
  "--kill-child",
  "--mount-proc",
];

/** As `needs`, of the right to be process 1 of a namespace. */
export function needsProcess1(): ConditionalTest {
  if (process.getuid?.() !== 0) return unless(["root"]);
  const [program, ...args] = AS_PROCESS_1;
  const { status } = spawnSync(program, [...args, "true"]);
  return unless(status === 0 ? [] : ["unshare, and the right to use it"]);
}

const ownPath = fileURLToPath(import.meta.url);

/** Declares tests when nothing is missing. */
function unless(missing: readonly string[]): ConditionalTest {
  if (missing.length === 0) {
    return Object.assign(declare, { serial: declareSerial });
  }
  const skip: Declare = (title, implementation) => test.skip(`[needs ${missing.join(", ")}] ${title}`, implementation);
  return Object.assign(skip, { serial: skip });
}

function declare(title: string, implementation: ImplementationFn<[]>): void {
  test(title, implementation);
}

function declareSerial(title: string, implementation: ImplementationFn<[]>): void {
  test.serial(title, implementation);
}
