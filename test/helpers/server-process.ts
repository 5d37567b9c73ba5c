/** The server under test in a process of its own, so that its memory can be told from the test's. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { projectRoot } from "./project.ts";

/** What `/digest` of the program answers: the request body as the application saw it. */
export interface Digest {
  readonly contentLength: string | undefined;
  readonly bytes: number;
  readonly sha256: string;
  readonly memory: Memory;
}

/** Resident memory of the server process in bytes. */
export interface Memory {
  /** Before the first chunk. */
  readonly before: number;
  /** The most that was seen, looking at each chunk. */
  readonly peak: number;
}

/** What `/progress` of the program answers: how far the latest `/stream` has come. */
export interface Progress {
  /** Bytes that the application has handed to the server. */
  readonly produced: number;
  readonly memory: Memory;
}

export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  /** Closes the server and waits for the exit of its process. */
  stop(): Promise<void>;
}

/** Starts `test/programs/interop-server.ts` on `socket`, a path or `host:port`. */
export async function startServerProcess(socket: string): Promise<ServerProcess> {
  const program = join(projectRoot, "build/test/programs/interop-server.js");
  const child = fork(program, [socket], { execArgv: ["--expose-gc"], stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const exited = once(child, "exit");
  exited.catch(() => {});
  const [message] = await Promise.race([once(child, "message"), exited]);
  if (message !== "listening") throw new Error(`the server did not start: exit ${String(message)}`);
  const stop = async (): Promise<void> => {
    // The program takes the end of the channel as its own.
    if (child.connected) child.disconnect();
    if (isRunning(child)) await exited;
  };
  return { pid: child.pid as number, stop, [Symbol.asyncDispose]: stop };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
