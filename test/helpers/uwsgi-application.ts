/** Runs an application in real uWSGI with CPython for a test. Say `needs("uwsgi")`. */
import { writeFileSync } from "node:fs";
import { freePort } from "./front-end-process.ts";
import { tempFolder } from "./temp-folder.ts";
import { startUwsgi, type UwsgiProcess } from "./uwsgi-process.ts";

export interface UwsgiApplicationOptions {
  /** Text of a module in Python that has an `application`. Default `telling("app")`. */
  readonly application?: string;
  /** A file instead. */
  readonly file?: string;
  /** Beside python3. */
  readonly plugins?: readonly string[];
  /** Of 127.0.0.1. Default a free one. */
  readonly port?: number;
  /** The port speaks TLS: files of its certificate and key. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Most requests at a time. Default 4. */
  readonly threads?: number;
  /** More arguments. */
  readonly args?: readonly string[];
}

export interface UwsgiApplication extends UwsgiProcess {
  /** Path of its unix socket. */
  readonly socket: string;
  /** Its TCP port. */
  readonly port: number;
  /** Of the port, as `parseAddress` reads it. */
  readonly address: string;
}

/** Starts a master with one worker. */
export async function startUwsgiApplication({
  application = telling("app"),
  file,
  plugins = [],
  port: given,
  tls,
  threads = 4,
  args = [],
}: UwsgiApplicationOptions = {}): Promise<UwsgiApplication> {
  const port = given ?? (await freePort());
  const folder = tempFolder();
  const [socket, ownFile] = [folder.file("s"), folder.file("app.py")];
  if (file === undefined) writeFileSync(ownFile, application);
  const tcp = `127.0.0.1:${port}`;
  const tcpSocket = tls === undefined ? `--socket=${tcp}` : `--suwsgi-socket=${tcp},${tls.certFile},${tls.keyFile}`;
  const what = [`--plugin=${["python3", ...plugins].join(",")}`, `--wsgi-file=${file ?? ownFile}`, "--need-app"];
  // Its own limits are 4 096 bytes of vars, and 4 s for a read.
  const limits = [`--threads=${threads}`, "--buffer-size=65535", "--socket-timeout=30"];
  const end = (): void => folder[Symbol.dispose]();
  let started: UwsgiProcess;
  try {
    started = await startUwsgi(
      [...what, ...limits, `--socket=${socket}`, tcpSocket, ...args],
      /spawned uWSGI worker 1/,
    );
  } catch (error) {
    end();
    throw error;
  }
  const address = tls === undefined ? tcp : `suwsgi://${tcp}`;
  const kill = (): Promise<void> => started.kill().then(end);
  const stop = (): Promise<void> => started.stop().then(end);
  return { ...started, socket, port, address, stop, kill, [Symbol.asyncDispose]: kill };
}

/** An application that answers the vars it got as JSON, `body_bytes` among them, and its own name as X-From. */
export function telling(name: string, more = ""): string {
  return `${more}
import json
def application(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Type", "application/json"), ("X-From", ${JSON.stringify(name)})])
    told = {k: v for k, v in environ.items() if isinstance(v, str)}
    told["body_bytes"] = len(body)
    return [json.dumps(told).encode()]
`;
}
