/** Our bridge in front of a real uWSGI with CPython: Flask, a WSGI program, a WebSocket. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { startBridge } from "../helpers/bridge.ts";
import { findProgram } from "../helpers/find-program.ts";
import { send } from "../helpers/http-client.ts";
import { until } from "../helpers/measure.ts";
import { needsUwsgiPython } from "../helpers/needs.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { converse } from "../helpers/websocket-client.ts";

const test = needsUwsgiPython("flask");

const FLASK = `
import hashlib
from flask import Flask, request
application = Flask(__name__)

@application.route("/", methods=["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def index():
    body = request.get_data()
    return {
        "method": request.method, "length": len(body), "hash": hashlib.sha256(body).hexdigest(),
        "addr": request.remote_addr, "scheme": request.scheme, "host": request.host,
        "cookies": request.cookies, "query": request.args.to_dict(),
    }

@application.route("/big")
def big():
    return application.response_class((b"x" * 65536 for _ in range(800)), mimetype="application/octet-stream")

@application.route("/empty")
def empty():
    return "", 204
`;

const WEBSOCKET = `
import uwsgi

def application(environ, start_response):
    uwsgi.websocket_handshake(environ["HTTP_SEC_WEBSOCKET_KEY"], environ.get("HTTP_ORIGIN", ""))
    while True:
        message = uwsgi.websocket_recv()
        uwsgi.websocket_send_binary(message)
`;

/** Runs a program by uWSGI; answers its socket. */
async function startUwsgi(t: ExecutionContext, program: string): Promise<string> {
  const folder = folderOf(t);
  writeFileSync(join(folder, "app.py"), program);
  const socket = join(folder, "uwsgi.sock");
  const child = spawn(
    findProgram("uwsgi") ?? "",
    ["--plugin", "python3", "--uwsgi-socket", socket, "--wsgi-file", join(folder, "app.py")].concat([
      "--processes",
      "2",
      "--master",
      "--die-on-term",
      "--need-app",
      "--buffer-size",
      "32768",
    ]),
    { stdio: "ignore", cwd: folder },
  );
  t.teardown(async () => {
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  });
  await until(() => existsSync(socket), 20_000, "uWSGI listens");
  return socket;
}

test("Flask behind uWSGI answers all methods, and knows its client", async (t) => {
  const { port } = await startBridge(t, { to: await startUwsgi(t, FLASK) });
  for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
    const answer = await send({ port, method, path: "/?a=b", headers: [["Cookie", "c=d"]] });
    t.like(JSON.parse(answer.body.toString()), {
      method,
      addr: "127.0.0.1",
      scheme: "http",
      host: `127.0.0.1:${port}`,
      cookies: { c: "d" },
      query: { a: "b" },
    });
  }
  const head = await send({ port, method: "HEAD" });
  t.deepEqual([head.status, head.body.length], [200, 0]);
  t.is((await send({ port, path: "/empty" })).status, 204);
});

test("50 MB go to it and come from it, with a length and without", async (t) => {
  const { port } = await startBridge(t, { to: await startUwsgi(t, FLASK) });
  const body = randomBytes(50_000_000);
  const hash = createHash("sha256").update(body).digest("hex");
  const pieces = Array.from({ length: 50 }, (_, i) => body.subarray(i * 1_000_000, (i + 1) * 1_000_000));
  for (const sent of [body, pieces]) {
    const answer = await send({ port, method: "POST", body: sent });
    t.like(JSON.parse(answer.body.toString()), { length: body.length, hash });
  }
  t.is((await send({ port, path: "/big" })).body.length, 800 * 65_536);
});

test("a WebSocket of uWSGI's own", async (t) => {
  const { port } = await startBridge(t, { to: await startUwsgi(t, WEBSOCKET) });
  const messages = [Buffer.from("tea"), randomBytes(200_000)];
  const { answers } = await converse(port, messages);
  t.deepEqual(answers, messages);
});
