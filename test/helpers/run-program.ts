/** A program run to its end, with input. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { projectRoot } from "./project.ts";

export interface Ran {
  readonly code: number | string;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  /** Beside what is there. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs it; answers how it has ended, and all that it has said. */
export function runProgram(
  program: string,
  args: readonly string[],
  { input = "", cwd, env = {} }: RunOptions = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      // A test run with colours is not about those of the program.
      env: { ...process.env, FORCE_COLOR: undefined, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const stdout: Buffer[] = [];
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({ code: code ?? signal ?? "?", stdout: Buffer.concat(stdout), stderr }),
    );
    // A program that does not read its input is none of our concern.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

/** `uisge`, as it was built. */
export function runUisge(args: readonly string[], options?: RunOptions): Promise<Ran> {
  return runProgram(process.execPath, [join(projectRoot, "dist/cli/main.js"), ...args], options);
}
