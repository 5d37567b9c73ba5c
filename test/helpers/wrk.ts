/** Load from wrk: more requests a second than any client in Node makes. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface WrkResult {
  readonly requests: number;
  /** Connections that broke, and answers of another status than 2xx and 3xx. */
  readonly failures: number;
}

/** Asks for `url` over and over for so many seconds. */
export async function wrk(
  url: string,
  { connections, seconds }: { connections: number; seconds: number },
): Promise<WrkResult> {
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "30s", url];
  const { stdout } = await run("wrk", args);
  const requests = /(\d+) requests in/.exec(stdout)?.[1];
  if (requests === undefined) throw new Error(`wrk said: ${stdout}`);
  const failures = [
    /Non-2xx or 3xx responses: (\d+)/,
    /connect (\d+)/,
    /read (\d+)/,
    /write (\d+)/,
    /timeout (\d+)/,
  ].map((pattern) => Number(pattern.exec(stdout)?.[1] ?? 0));
  return { requests: Number(requests), failures: failures.reduce((sum, count) => sum + count, 0) };
}
