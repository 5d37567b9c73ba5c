/** What can only be said by who knows the application, and what nginx refuses by itself. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import test, { type ExecutionContext } from "ava";
import { parseAddress } from "../../src/connection/index.ts";
import { applyFixes, examine, readFile, type Told } from "../../src/doctor/index.ts";
import { findProgram } from "../helpers/find-program.ts";
import { needs } from "../helpers/needs.ts";
import { copyOf, idsOf } from "./prepared.ts";

/** The sound configuration, with more in its server. */
function written(t: ExecutionContext, lines: string): string {
  const path = copyOf(t, "sound.minimal");
  const text = readFileSync(path, "utf8").replace("server_name localhost;", `server_name localhost;\n${lines}`);
  writeFileSync(path, text);
  return path;
}

const rows: readonly (readonly [what: string, lines: string, told: Told, ids: readonly string[]])[] = [
  ["a body limit below the application's", "", { maxBodyBytes: 2_097_152 }, ["body-size"]],
  ["a body limit above the application's", "client_max_body_size 10m;", { maxBodyBytes: 1_000_000 }, ["body-size"]],
  [
    "no body limit before an application that has one",
    "client_max_body_size 0;",
    { maxBodyBytes: 1_048_576 },
    ["body-size"],
  ],
  ["the application's own body limit", "client_max_body_size 10m;", { maxBodyBytes: 10_485_760 }, []],
  ["a read timeout below the application's time", "", { answerMs: 120_000 }, ["read-timeout"]],
  ["a read timeout that is the application's time", "uwsgi_read_timeout 2m;", { answerMs: 120_000 }, ["read-timeout"]],
  ["a read timeout above the application's time", "uwsgi_read_timeout 3m;", { answerMs: 120_000 }, []],
  ["buffers before an application that streams", "", { streams: true }, ["answers-buffered", "uploads-buffered"]],
  [
    "no buffers before an application that streams",
    "uwsgi_buffering off;\nuwsgi_request_buffering off;",
    { streams: true },
    [],
  ],
  ["buffers before one that does not", "", { streams: false }, []],
  ["another socket than the application's", "", { socket: parseAddress("/run/other.sock") }, ["pass-elsewhere"]],
  ["a port in place of the application's socket", "", { socket: parseAddress("127.0.0.1:3031") }, ["pass-elsewhere"]],
  [
    "plain uwsgi to an application with TLS",
    "",
    { socket: parseAddress("suwsgi:///run/uisge/app.sock") },
    ["pass-elsewhere"],
  ],
  [
    "the application's socket with more slashes",
    "location /a { uwsgi_pass unix:///run/app.sock; }",
    { socket: parseAddress("/run/app.sock") },
    [],
  ],
  [
    "the application's port by another name",
    "location /a { uwsgi_pass localhost:3031; }",
    { socket: parseAddress("127.0.0.1:3031") },
    [],
  ],
  [
    "a port that is listened to everywhere",
    "location /a { uwsgi_pass 10.0.0.7:3031; }",
    { socket: parseAddress("0.0.0.0:3031") },
    [],
  ],
  ["the application's socket", "", { socket: parseAddress("/run/uisge/app.sock") }, []],
  ["a large head buffer alone", "uwsgi_buffer_size 64k;", {}, ["buffers-inconsistent"]],
  ["busy buffers that are too many", "uwsgi_busy_buffers_size 64k;", {}, ["buffers-inconsistent"]],
  ["busy buffers that are too few", "uwsgi_busy_buffers_size 1k;", {}, ["buffers-inconsistent"]],
  ["large buffers, all of them", "uwsgi_buffer_size 64k;\nuwsgi_buffers 8 64k;", {}, []],
];

for (const [what, lines, told, ids] of rows) {
  test(`${what}: ${ids.length === 0 ? "nothing is found" : ids.join(", ")}`, (t) => {
    t.deepEqual(idsOf(examine(readFile(written(t, lines)), told)), ids);
  });

  if (ids.length === 0) continue;
  test(`${what}: with the fixes made nothing is found`, (t) => {
    const path = written(t, lines);
    for (const [file, text] of applyFixes(examine(readFile(path), told))) writeFileSync(file, text);
    const left = idsOf(examine(readFile(path), told));
    // The fix writes TLS, which wants more: that it is verified.
    t.deepEqual(left, told.socket?.kind === "tls" ? ["tls-unverified"] : []);
  });
}

const nginxTest = needs("nginx");

nginxTest("buffers that do not fit each other are what nginx refuses, and no others", (t) => {
  for (const [what, lines, , ids] of rows.filter(([, text]) => /^uwsgi_(?:busy_)?buffer/.test(text))) {
    const path = written(t, lines);
    const folder = path.slice(0, path.lastIndexOf("/"));
    const { status } = spawnSync(findProgram("nginx") ?? "", ["-t", "-q", "-p", folder, "-c", path, "-e", "stderr"]);
    t.is(status === 0, !ids.includes("buffers-inconsistent"), what);
  }
});
