/** A real uWSGI for one test: on a unix socket, with plugins of Debian's. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FrontEndProcess, startFrontEnd } from "./front-end-process.ts";

/** Says its name, and the vars that it got, as JSON. */
const APPLICATION = `
import json
def application(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Type", "application/json"), ("X-From", NAME)])
    told = {k: v for k, v in environ.items() if isinstance(v, str)}
    told["body_bytes"] = len(body)
    return [json.dumps(told).encode()]
`;

export interface Uwsgi extends FrontEndProcess {
  /** Its unix socket. */
  readonly socket: string;
}

export interface UwsgiOptions {
  /** Beside python3. */
  readonly plugins?: readonly string[];
  /** More arguments. */
  readonly args?: readonly string[];
  /** In front of the application's own code. */
  readonly code?: string;
}

/** Starts one whose application calls itself `name`. */
export async function startUwsgi(
  name: string,
  { plugins = [], args = [], code = "" }: UwsgiOptions = {},
): Promise<Uwsgi> {
  let socket = "";
  const started = await startFrontEnd({
    name: "uwsgi",
    prepare: ({ port, prefix }) => {
      socket = join(prefix, "uwsgi.sock");
      const pidFile = join(prefix, "uwsgi.pid");
      const app = join(prefix, "app.py");
      writeFileSync(app, `NAME = ${JSON.stringify(name)}\n${code}\n${APPLICATION}`);
      return Promise.resolve({
        args: [
          `--plugin=${["python3", ...plugins].join(",")}`,
          `--socket=${socket}`,
          `--socket=127.0.0.1:${port}`,
          `--wsgi-file=${app}`,
          `--safe-pidfile=${pidFile}`,
          "--buffer-size=65535",
          "--need-app",
          "--master",
          "--threads=2",
          ...args,
        ],
        pidFile,
      });
    },
    signals: ["SIGINT", "SIGQUIT"],
  });
  return { ...started, socket };
}
