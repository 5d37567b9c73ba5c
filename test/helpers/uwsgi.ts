/** Runs a real uWSGI for a test, on a unix socket in the test's folder. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findProgram } from "./find-program.ts";

export interface RunningUwsgi extends AsyncDisposable {
  readonly address: string;
}

/** Answers when it accepts; throws, with its own words, when it does not come up. */
export async function startUwsgi(folder: string, args: readonly string[]): Promise<RunningUwsgi> {
  const address = join(folder, "uwsgi.sock");
  const child = spawn(
    findProgram("uwsgi") as string,
    ["--master", "--die-on-term", "--need-plugin", "ping", "--socket", address, ...args],
    {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (said += text));
  const exited = once(child, "exit");
  for (let tries = 0; !(await accepts(address)); tries++) {
    if (child.exitCode !== null || tries > 200) {
      child.kill("SIGKILL");
      throw new Error(`uwsgi did not come up:\n${said}`);
    }
    await delay(50);
  }
  return {
    address,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await exited;
      clearTimeout(timer);
    },
  };
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
