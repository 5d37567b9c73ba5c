import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { askNginx, type Block, findNginxUser, readFile, readText, userNamed } from "../../../src/doctor/index.ts";
import { ConfigError } from "../../../src/errors.ts";
import { isRoot } from "../../helpers/front-end-process.ts";
import { needs } from "../../helpers/needs.ts";
import { startNginx } from "../../helpers/nginx.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

const names = (block: Block): readonly string[] => block.directives.map(({ name }) => name);

test("includes count from the folder of the file, or from the one that is given", (t) => {
  const folder = folderOf(t);
  mkdirSync(join(folder, "parts"));
  writeFileSync(join(folder, "parts/b.conf"), "b;");
  writeFileSync(join(folder, "parts/a.conf"), "a;");
  writeFileSync(join(folder, "n.conf"), "include parts/*.conf;\nc;");
  t.deepEqual(names(readFile(join(folder, "n.conf"))), ["a", "b", "c"]);
  t.deepEqual(names(readText("include ?.conf; d;", "-", join(folder, "parts"))), ["a", "b", "d"]);
});

test("a file that is not there is UWSGI_NO_CONFIGURATION", (t) => {
  const error = t.throws(() => readFile("/none/nginx.conf"), { instanceOf: ConfigError });
  t.is(error.code, "UWSGI_NO_CONFIGURATION");
  t.is(error.message, "cannot read /none/nginx.conf: ENOENT");
});

test("a file that is too large is refused", (t) => {
  const path = join(folderOf(t), "n.conf");
  writeFileSync(path, Buffer.alloc(16 * 1024 * 1024 + 1));
  const error = t.throws(() => readFile(path), { instanceOf: ConfigError });
  t.is(error.code, "UWSGI_BAD_CONFIGURATION");
});

const include = (t: { teardown(end: () => void): void }, what: string): string => {
  const path = join(folderOf(t), "n.conf");
  writeFileSync(path, `include ${what};\nc;`);
  return path;
};

test("a device without an end is read no further than a file", (t) => {
  const error = t.throws(() => readFile(include(t, "/dev/zero")), { instanceOf: ConfigError });
  t.is(error.code, "UWSGI_BAD_CONFIGURATION");
});

test("an included pipe that nobody writes to holds nobody up", (t) => {
  const folder = folderOf(t);
  execFileSync("mkfifo", [join(folder, "pipe")]);
  t.deepEqual(names(readFile(include(t, join(folder, "pipe")))), ["c"]);
});

test("included files may not have more than 64 MiB together, and count once", (t) => {
  const folder = folderOf(t);
  for (let i = 0; i < 5; i++) writeFileSync(join(folder, `${i}.part`), `a;#${" ".repeat(15 * 1024 * 1024)}`);
  t.is(names(readFile(include(t, `${folder}/0.part${`; include ${folder}/0.part`.repeat(9)}`))).length, 11);
  const error = t.throws(() => readFile(include(t, `${folder}/*.part`)), { instanceOf: ConfigError });
  t.is(error.code, "UWSGI_BAD_CONFIGURATION");
});

/** A program that stands in for nginx: what it prints on both streams, and its exit code. */
function pretended(t: { teardown(end: () => void): void }, stdout: string, stderr: string, exitCode: number): string {
  const path = join(folderOf(t), "nginx");
  writeFileSync(
    path,
    `#!/bin/sh\n[ "$1" = -T ] || exit 9\ncat <<'END'\n${stdout}\nEND\ncat >&2 <<'END'\n${stderr}\nEND\nexit ${exitCode}\n`,
  );
  chmodSync(path, 0o755);
  return path;
}

test("nginx is asked by -T", async (t) => {
  const main = await askNginx(
    pretended(t, "# configuration file /etc/nginx/nginx.conf:\nhttp { a; }\n", "nginx: ok", 0),
  );
  t.deepEqual(names(main), ["http"]);
  t.is(main.source.path, "/etc/nginx/nginx.conf");
});

test("what nginx finds wrong is passed on in its own words", async (t) => {
  const words = 'nginx: [emerg] unknown directive "x" in /etc/nginx/nginx.conf:3';
  const error = await t.throwsAsync(askNginx(pretended(t, "", words, 1)), { instanceOf: ConfigError });
  t.deepEqual([error.code, error.message], ["UWSGI_BAD_CONFIGURATION", words]);
});

test("an nginx that cannot tell is UWSGI_NO_CONFIGURATION", async (t) => {
  for (const binary of [
    "/none/nginx",
    pretended(t, "", 'nginx: [emerg] open() "/run/x" failed (13: Permission denied)', 1),
  ]) {
    const error = await t.throwsAsync(askNginx(binary), { instanceOf: ConfigError });
    t.is(error.code, "UWSGI_NO_CONFIGURATION");
  }
});

test("a user is known with all groups", (t) => {
  t.like(userNamed("root"), { name: "root", uid: 0, gids: [0], group: "root" });
  t.is(userNamed("nobody-of-that-name"), undefined);
});

test("the user of the configuration is nginx's where no worker runs", (t) => {
  const main = readText("user root daemon; pid /none/nginx.pid;", "x", "/");
  t.like(findNginxUser(main), { name: "root", uid: 0, group: "daemon" });
  t.is(findNginxUser(readText("pid /none/nginx.pid;", "x", "/")), undefined);
});

const nginxTest = needs("nginx");

nginxTest("a worker that runs is asked first", async (t) => {
  await using nginx = await startNginx({ confText: ({ port }) => `server { listen 127.0.0.1:${port}; }` });
  const main = readText(`user nobody-of-that-name; pid ${nginx.prefix}/nginx.pid;`, "x", "/");
  t.is(findNginxUser(main)?.uid, process.getuid?.());
  t.true(isRoot() ? findNginxUser(main)?.name === "root" : true);
});
