/**
 * Sockets listen from here on, and nobody accepts: connections queue until somebody does.
 *
 * listen(2) by a handle of Node's begins to accept. So another process calls it, which inherits the sockets, and has ended
 * before its event loop turns.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** What the program tells of each socket, in their order: null when it listens. */
export type QueueOutcome = { readonly code: string; readonly message: string } | null;

const PROGRAM = fileURLToPath(new URL("queue-opener-main.js", import.meta.url));

/** Most time for a program that takes 50 ms. */
const MOST_MS = 20_000;

/**
 * Makes bound sockets listen; answers why not for each that cannot, `EADDRINUSE` where another has begun to listen since
 * ours was bound. Rejects when the program cannot be run.
 */
export async function openQueues(fds: readonly number[], backlog: number): Promise<(Error | undefined)[]> {
  // What is preloaded into all programs is not for this one.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(process.execPath, [PROGRAM, String(backlog), String(fds.length)], {
    stdio: ["ignore", "pipe", "pipe", ...fds],
    env,
    timeout: MOST_MS,
    killSignal: "SIGKILL",
  });
  // Also that it could not be started; then there may be no pipes.
  const closed = once(child, "close");
  let [told, complaint] = ["", ""];
  child.stdout?.on("data", (bytes: Buffer) => (told += bytes.toString()));
  child.stderr?.on("data", (bytes: Buffer) => (complaint += bytes.toString()));
  const [code, signal] = (await closed) as [number | null, string | null];
  if (code !== 0) {
    throw new Error(`the program that makes sockets listen ended with ${code ?? signal}: ${complaint.slice(0, 1_000)}`);
  }
  const outcomes = JSON.parse(told) as QueueOutcome[];
  return fds.map((_fd, index) => errorOf(outcomes[index]));
}

function errorOf(outcome: QueueOutcome | undefined): Error | undefined {
  if (outcome === null) return undefined;
  if (outcome === undefined) return new Error("the program that makes sockets listen has not told how it went");
  return Object.assign(new Error(outcome.message), { code: outcome.code });
}
