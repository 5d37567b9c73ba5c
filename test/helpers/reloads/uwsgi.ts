/** uWSGI with a Python application that answers the same, reloaded by its signals and by its FIFO. */
import { writeFileSync } from "node:fs";
import { passTo } from "../nginx-stack.ts";
import { tempFolder } from "../temp-folder.ts";
import { startUwsgi } from "../uwsgi-process.ts";
import { type Contender, untilOthersAnswer } from "./contender.ts";

const APP = `import os, time

def application(environ, start_response):
    body = environ["wsgi.input"].read()
    if environ["REQUEST_URI"].startswith("/slow"):
        time.sleep(0.02)
    text = ("%s %d" % (environ["REQUEST_URI"], len(body))).encode()
    start_response("200 OK", [("Content-Length", str(len(text))), ("X-Pid", str(os.getpid()))])
    return [text]
`;

/** Each process has four threads: one request at a time would be no match for an event loop. */
export async function startUwsgiContender(workers = 2): Promise<Contender> {
  const folder = tempFolder();
  const file = folder.file("app.py");
  const socket = folder.file("app.sock");
  const fifo = folder.file("fifo");
  writeFileSync(file, APP);
  const plugin = ["--plugin", "python3", "--wsgi-file", file, "--lazy-apps"];
  const socketArgs = ["--socket", socket, "--chmod-socket=666", "--listen", "1024", "--master-fifo", fifo];
  const args = [...plugin, ...socketArgs, "--processes", String(workers), "--threads", "4", "--disable-logging"];
  const uwsgi = await startUwsgi(
    args,
    new RegExp(`WSGI app 0 \\(mountpoint=''\\) ready[^]*(?:WSGI app 0[^]*){${workers - 1}}`),
  );
  return {
    name: "uWSGI",
    pass: passTo(socket),
    pid: uwsgi.pid,
    ways: new Set(["graceful", "chain"] as const),
    reload: async (way, load) => {
      const before = new Set(load.pids.keys());
      if (way === "chain") writeFileSync(fifo, "c");
      else process.kill(uwsgi.pid, "SIGHUP");
      await untilOthersAnswer(load, before, workers).catch((error: Error) => {
        const last = uwsgi.log().trimEnd().split("\n").slice(-2).join(" | ");
        throw new Error(`${error.message}; the last that uWSGI has said: ${last}`, { cause: error });
      });
    },
    [Symbol.asyncDispose]: async () => {
      await uwsgi[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}
