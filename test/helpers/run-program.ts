/** A program run to its end, with input. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { projectRoot } from "./project.ts";

export interface Ran {
  readonly code: number | string;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs it; answers how it has ended, and all that it has said. */
export function runProgram(
  program: string,
  args: readonly string[],
  { input = "", cwd }: { readonly input?: string | Uint8Array; readonly cwd?: string } = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ["pipe", "pipe", "pipe"] });
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
export function runUisge(
  args: readonly string[],
  options?: { readonly input?: string | Uint8Array; readonly cwd?: string },
): Promise<Ran> {
  return runProgram(process.execPath, [join(projectRoot, "dist/cli/main.js"), ...args], options);
}
