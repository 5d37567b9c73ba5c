/** A real uWSGI with a Python application and the plugins of other packets: say `needs("uwsgi", "python3")`. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { findProgram } from "./find-program.ts";
import { tempFolder } from "./temp-folder.ts";

export interface UwsgiServer extends AsyncDisposable {
  /** Of its unix socket. */
  readonly address: string;
  readonly log: () => string;
}

/** Starts it with the text of an application; settles when it takes requests. */
export async function startUwsgi(application: string, options: readonly string[] = []): Promise<UwsgiServer> {
  const folder = tempFolder();
  const [address, file, spools] = [folder.file("s"), folder.file("app.py"), folder.file("spool")];
  writeFileSync(file, application);
  mkdirSync(spools);
  const args = ["--plugins", "python3,ping,echo,signal,cache,spooler,rpc", "--wsgi-file", file, "--socket", address];
  const more = ["--master", "--need-app", "--die-on-term", "--cache2", "name=c,items=20", "--spooler", spools];
  // The distribution's Python, whichever else there is.
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };
  const child = spawn(findProgram("uwsgi") as string, [...args, ...more, ...options], {
    cwd: folder.path,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  const ready = new Promise<void>((resolve, reject) => {
    const hear = (text: string): void => {
      log += text;
      if (/spawned uWSGI worker \d+/.test(log)) resolve();
    };
    child.stdout.setEncoding("utf8").on("data", hear);
    child.stderr.setEncoding("utf8").on("data", hear);
    child.once("close", () => reject(new Error(`uwsgi has ended:\n${log}`)));
  });
  const end = async (): Promise<void> => {
    await stop(child);
    folder[Symbol.dispose]();
  };
  try {
    await ready;
  } catch (error) {
    await end();
    throw error;
  }
  return { address, log: () => log, [Symbol.asyncDispose]: end };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.kill("SIGTERM");
  const hurry = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await closed;
  clearTimeout(hurry);
}
