import { chmodSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { serve } from "../../src/index.ts";
import { Child } from "../helpers/child.ts";
import { exampleConf } from "../helpers/nginx.ts";
import { projectRoot } from "../helpers/project.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const main = join(projectRoot, "dist/cli/main.js");

interface Ended {
  readonly exitCode: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `uisge doctor` to its end. */
async function doctor(t: ExecutionContext, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const child = new Child([main, "doctor", ...args], { env });
  t.teardown(() => child[Symbol.asyncDispose]());
  const exitCode = await child.exit();
  return { exitCode, stdout: child.stdout, stderr: child.stderr };
}

/** A file with one server, whose location holds `lines`. */
function written(t: ExecutionContext, lines: string): string {
  const path = join(folderOf(t), "site.conf");
  writeFileSync(path, `server {\n  listen 80;\n  location / {\n    ${lines}\n  }\n}\n`);
  return path;
}

const STOCK = "include /none/uwsgi_params;";

test("a sound file is exit code 0", async (t) => {
  t.like(await doctor(t, [exampleConf()]), { exitCode: 0, stdout: "nothing found\n", stderr: "" });
});

test("an error is exit code 1, told with its place and without colours where no terminal is", async (t) => {
  const path = written(t, "uwsgi_pass unix:/run/app.sock;");
  const { exitCode, stdout } = await doctor(t, [path]);
  t.is(exitCode, 1);
  t.true(stdout.startsWith(`error params-none: no uwsgi_param line holds here\n  ${path}:4: uwsgi_pass`));
  t.false(stdout.includes("\u001b"));
});

test("a warning is exit code 0, with --strict 1; hints never count", async (t) => {
  const warned = written(t, `${STOCK} uwsgi_ignore_client_abort on; uwsgi_pass unix:/run/app.sock;`);
  t.is((await doctor(t, [warned])).exitCode, 0);
  t.is((await doctor(t, [warned, "--strict"])).exitCode, 1);
  const hinted = written(t, `${STOCK} uwsgi_pass unix:/run/app.sock;`);
  const { exitCode, stdout } = await doctor(t, [hinted, "--strict"]);
  t.is(exitCode, 0);
  t.regex(stdout, /2 hints\n$/);
});

test("a finding that is ignored neither shows nor counts", async (t) => {
  const path = written(t, "uwsgi_pass unix:/run/app.sock;");
  t.like(await doctor(t, [path, "--ignore", "params-none"]), { exitCode: 0, stdout: "nothing found\n" });
});

test("a finding that there is not cannot be ignored: a typing error would hide in CI", async (t) => {
  const path = written(t, "uwsgi_pass unix:/run/app.sock;");
  const { exitCode, stderr } = await doctor(t, [path, "--ignore", "params-nine"]);
  t.is(exitCode, 64);
  t.regex(stderr, /--ignore params-nine: there is no such finding/);
});

test("a folder is told from a file", async (t) => {
  const { exitCode, stderr } = await doctor(t, [folderOf(t)]);
  t.is(exitCode, 66);
  t.regex(stderr, /is a folder: a file in it is needed, such as nginx\.conf/);
});

test("--json is for programs", async (t) => {
  const { stdout } = await doctor(t, [written(t, "uwsgi_pass unix:/run/app.sock;"), "--json"]);
  const { findings } = JSON.parse(stdout) as { findings: { id: string; line: number }[] };
  t.deepEqual(
    findings.map(({ id, line }) => [id, line]),
    [["params-none", 4]],
  );
});

test("- is standard input, with what nginx -T prints too", (t) => {
  const input = "# configuration file /etc/nginx/nginx.conf:\nhttp { server { location / { uwsgi_pass unix:@x; } } }\n";
  const { status, stdout } = spawnSync(process.execPath, [main, "doctor", "-"], { input, encoding: "utf8" });
  t.is(status, 1);
  t.regex(stdout, /^error address-abstract.*\n {2}\/etc\/nginx\/nginx\.conf:1: /);
});

test("without a file nginx is asked, and its sockets are looked at", async (t) => {
  const nginx = join(folderOf(t), "nginx");
  writeFileSync(
    nginx,
    `#!/bin/sh\ncat <<'END'\n# configuration file /etc/nginx/nginx.conf:\nserver { location / { ${STOCK} uwsgi_pass unix:/none/app.sock; } }\nEND\n`,
  );
  chmodSync(nginx, 0o755);
  const asked = await doctor(t, ["--nginx", nginx]);
  t.is(asked.exitCode, 1);
  t.regex(asked.stdout, /^error socket-missing: there is no \/none\/app\.sock\n/);
  t.is((await doctor(t, ["--nginx", nginx, "--no-probe"])).exitCode, 0);
});

test("--socket says whether nginx leads to it, and looks at it", async (t) => {
  const socket = join(folderOf(t), "s");
  const server = await serve(() => "", { socket });
  t.teardown(() => server.close());
  const right = written(t, `${STOCK} uwsgi_pass unix:${socket};`);
  t.is((await doctor(t, [right, "--socket", socket])).exitCode, 0);
  const wrong = written(t, `${STOCK} uwsgi_pass unix:/run/other.sock;`);
  const { exitCode, stdout } = await doctor(t, [wrong, "--socket", socket]);
  t.is(exitCode, 1);
  t.regex(stdout, /^error pass-elsewhere: no uwsgi_pass leads to /);
  await server.close();
  t.regex((await doctor(t, [right, "--socket", socket])).stdout, /^error socket-missing/);
});

test("what the application takes can be told", async (t) => {
  const path = written(t, `${STOCK} uwsgi_pass unix:/run/app.sock;`);
  const { stdout } = await doctor(t, [path, "--max-body-bytes", "5000000", "--answer-seconds", "90", "--streams"]);
  for (const id of ["body-size", "read-timeout", "answers-buffered", "uploads-buffered"])
    t.true(stdout.includes(` ${id}: `), id);
});

test("what is no configuration is exit code 65, and says where", async (t) => {
  const path = join(folderOf(t), "n.conf");
  writeFileSync(path, "http {\n  a;\n");
  t.like(await doctor(t, [path]), {
    exitCode: 65,
    stderr: `uisge: ${path}:1: the file ends inside this block, "}" is missing\n`,
  });
});

test("nothing to read is exit code 66", async (t) => {
  t.is((await doctor(t, ["/none/nginx.conf"])).exitCode, 66);
  t.is((await doctor(t, ["--nginx", "/none/nginx"])).exitCode, 66);
});

for (const args of [
  ["a", "b"],
  ["a", "--nginx", "nginx"],
  ["--probe", "--no-probe"],
  ["--what"],
  ["--max-body-bytes", "1k", "a"],
  [exampleConf(), "--user", "nobody-of-that-name"],
]) {
  test(`doctor ${args.map((word) => word.replace(/^.*\//, "")).join(" ")} is exit code 64`, async (t) => {
    t.is((await doctor(t, args)).exitCode, 64);
  });
}
