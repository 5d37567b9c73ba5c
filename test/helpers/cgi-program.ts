/** Runs a CGI program with an environment and a standard input made by hand. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { projectRoot } from "./project.ts";

/** Compiled from `test/programs/cgi.ts`. */
export const cgiProgram: string = join(projectRoot, "build/test/programs/cgi.js");

export interface CgiRun {
  /** Latin-1. */
  readonly head: string;
  readonly body: string;
  readonly stderr: string;
  /** Exit code, or the name of the signal. */
  readonly code: number | string;
}

/** Beside what a test is about. */
const required: NodeJS.ProcessEnv = {
  GATEWAY_INTERFACE: "CGI/1.1",
  REQUEST_METHOD: "GET",
  SERVER_NAME: "example.com",
  SERVER_PORT: "80",
  SERVER_PROTOCOL: "HTTP/1.1",
  SCRIPT_NAME: "/cgi-bin/app",
};

/** Starts the program; the environment is exactly this, but for what a CGI program always has. */
export function spawnCgi(env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [cgiProgram], { env: { ...required, ...env }, stdio: "pipe" });
}

/** What the program was asked to show, as JSON. */
export function jsonOf({ body }: CgiRun): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(body, "latin1").toString()) as Record<string, unknown>;
}

/**
 * Runs the program to its end. `input` is written to its standard input, which is then left open: a CGI program must not
 * wait for an end.
 */
export async function runCgi(
  env: NodeJS.ProcessEnv,
  { input = "", isInputEnded = false }: { input?: string; isInputEnded?: boolean } = {},
): Promise<CgiRun> {
  const child = spawnCgi(env);
  child.stdin?.on("error", () => {});
  if (input !== "") child.stdin?.write(input, "latin1");
  if (isInputEnded) child.stdin?.end();
  const ended = ending(child);
  const run = await ended;
  child.stdin?.destroy();
  return run;
}

/** All that a program says, until its end. */
export async function ending(child: ChildProcess): Promise<CgiRun> {
  const [stdout, stderr, [code, signal]] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    once(child, "exit") as Promise<[number | null, string | null]>,
  ]);
  const end = stdout.indexOf("\r\n\r\n");
  const head = end < 0 ? "" : stdout.slice(0, end);
  return { head, body: end < 0 ? stdout : stdout.slice(end + 4), stderr, code: code ?? signal ?? "?" };
}

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of stream ?? []) chunks.push(chunk as Buffer);
  } catch (error) {
    // The test has gone away.
    if ((error as NodeJS.ErrnoException).code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  }
  return Buffer.concat(chunks).toString("latin1");
}
