/** Runs a real uWSGI with CPython for a test, and a WSGI application in it. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type FrontEndProcess, startFrontEnd } from "./front-end-process.ts";

export interface UwsgiPython extends FrontEndProcess {
  /** As the client takes it. */
  readonly address: string;
}

/** `source`: a module in Python with an `application`. It has threads, so that one request does not wait for another. */
export async function startUwsgiPython(source: string, options: readonly string[] = []): Promise<UwsgiPython> {
  const server = await startFrontEnd({
    name: "uwsgi",
    signals: ["SIGQUIT", "SIGKILL"],
    prepare: async ({ port, prefix }) => {
      const app = join(prefix, "app.py");
      await writeFile(app, source);
      const pidFile = join(prefix, "uwsgi.pid");
      const where = ["--plugin", "python3", "--socket", `127.0.0.1:${port}`, "--wsgi-file", app, "--need-app"];
      const how = ["--master", "--threads", "8", "--safe-pidfile", pidFile, "--die-on-term"];
      return { args: [...where, ...how, ...options], pidFile };
    },
  });
  return Object.assign(server, { address: `127.0.0.1:${server.port}` });
}
