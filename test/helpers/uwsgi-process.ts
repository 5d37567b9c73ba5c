/** Runs uWSGI with options for a test, in a process group of its own that goes with it. */
import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { writeFileSync } from "node:fs";
import { findProgram } from "./find-program.ts";

export interface UwsgiProcess extends AsyncDisposable {
  /** Of the master. */
  readonly pid: number;
  /** All that it has printed. */
  readonly log: () => string;
  /** Waits until it has printed what matches. */
  printed(pattern: RegExp): Promise<void>;
  /** Lets it end in good order: it unsubscribes. */
  stop(): Promise<void>;
  /** Ends it, and its workers, at once. */
  kill(): Promise<void>;
}

/** Starts uWSGI; resolves when it has printed `isUp`. Say `needs("uwsgi")`. */
export async function startUwsgi(args: readonly string[], isUp: RegExp): Promise<UwsgiProcess> {
  const child = spawn(findProgram("uwsgi") as string, ["--master", ...args], {
    // The distribution's Python, whichever else there is.
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8", PYTHONDONTWRITEBYTECODE: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let log = "";
  const output = new EventEmitter();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      log += text;
      output.emit("more");
    });
  }
  const exited = once(child, "exit").then(() => output.emit("more"));
  const signalGroup = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-(child.pid as number), signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  };
  const killWithUs = (): void => signalGroup("SIGKILL");
  process.once("exit", killWithUs);
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const printed = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(log)) {
      if (isOver()) throw new Error(`uWSGI ended without printing ${pattern}:\n${log}`);
      await once(output, "more");
    }
  };
  const end = async (): Promise<void> => {
    // Those of the group that outlive their master.
    signalGroup("SIGKILL");
    if (!isOver()) await exited;
    process.off("exit", killWithUs);
  };
  const stop = async (): Promise<void> => {
    if (!isOver()) {
      child.kill("SIGQUIT");
      const stuck = setTimeout(killWithUs, 5_000);
      await exited;
      clearTimeout(stuck);
    }
    await end();
  };
  const pid = child.pid as number;
  const uwsgi = { pid, log: () => log, printed, stop, kill: end, [Symbol.asyncDispose]: end };
  try {
    await printed(isUp);
  } catch (error) {
    await end();
    throw error;
  }
  return uwsgi;
}

/** Writes a WSGI application for Python that answers `NAME PATH_INFO`; answers uWSGI's options that serve it. */
export function pythonApp(folder: string, name: string): string[] {
  const file = `${folder}/${name}.py`;
  writeFileSync(
    file,
    `def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [("${name} " + environ["PATH_INFO"]).encode()]
`,
  );
  return ["--plugin", "python3", "--wsgi-file", file];
}
