import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { Child } from "./helpers/child.ts";
import { codeBlock } from "./helpers/code-block.ts";
import { send } from "./helpers/http-client.ts";
import { needs } from "./helpers/needs.ts";
import { startNginx } from "./helpers/nginx.ts";
import { ask } from "./helpers/raw-client.ts";
import { projectRoot } from "./helpers/project.ts";
import { userProject } from "./helpers/user-project.ts";

/** The code block of README.md in that language that contains `word`. */
const block = (language: string, word: string): string => codeBlock("README.md", language, word);

needs("nginx")("the README's application, command and nginx block work together", async (t) => {
  const folder = userProject(t, { "app.js": block("js", "// app.js") });
  const socket = join(folder, "app.sock");
  const [, command = ""] = /^npx uisge (serve .*)$/m.exec(block("sh", "npx uisge serve ./app.js")) ?? [];
  t.true(command.includes("/tmp/app.sock"));
  const args = command.replace("/tmp/app.sock", socket).split(" ");
  await using child = new Child([join(folder, "node_modules/uisge/dist/cli/main.js"), ...args], { cwd: folder });
  await child.printed("stderr", /listening on/);
  await using nginx = await startNginx({
    confText: ({ port }) =>
      block("nginx", "uwsgi_pass").replace("127.0.0.1:8080", `127.0.0.1:${port}`).replace("/tmp/app.sock", socket),
  });
  const answer = await send({ port: nginx.port });
  t.is(answer.status, 200);
  t.is(answer.body.toString(), "Hello, 127.0.0.1\n");
});

test("the README's program serves and closes", async (t) => {
  const folder = userProject(t, { "app.js": block("js", "// app.js") });
  const program = block("js", "await serve(application")
    .replace("/tmp/app.sock", join(folder, "app.sock"))
    .replace("127.0.0.1:3031", "127.0.0.1:0");
  writeFileSync(join(folder, "server.js"), `${program}\nconsole.log("closed");\n`);
  await using child = new Child(["server.js"], { cwd: folder });
  t.is(await child.exit(), 0, child.stderr);
  t.is(child.stdout, "closed\n");
});

test("the README's use of the gateway interface answers what it says", async (t) => {
  const folder = userProject(t, {
    "app.js": block("js", 'environ["wsgi.input"]'),
    "server.js": `import { serve } from "uisge";
import { HttpBridge } from "uisge/gateway";
import { application } from "./app.js";
const server = await serve(application, { socket: "app.sock".replace(/^/, "./") });
const bridge = await HttpBridge.listen({ to: "./app.sock" });
const answer = await fetch("http://127.0.0.1:" + bridge.port, { method: "POST", body: "12345" });
console.log(await answer.text());
await bridge.close();
await server.close();
`,
  });
  await using child = new Child(["server.js"], { cwd: folder });
  t.is(await child.exit(), 0, child.stderr);
  t.is(child.stdout, "5 bytes\n\n");
  t.regex(child.stderr, /POST \/: 5 bytes came/);
});

test("the README's hooks are called when it says", async (t) => {
  const folder = userProject(t, {
    "app.js": `${block("js", "// app.js")}\n${block("js", "export async function start")}`,
  });
  await using child = new Child(
    [join(folder, "node_modules/uisge/dist/cli/main.js"), "serve", "./app.js", "-s", "./s"],
    {
      cwd: folder,
    },
  );
  await child.printed("stderr", /listening on/);
  child.process.kill("SIGTERM");
  t.is(await child.exit(), 0);
  // Between the server's own lines, which begin with a time.
  const said = child.stderr.split("\n").filter((line) => line !== "" && !/^\d{4}-/.test(line));
  t.deepEqual(said, ["start: connect to the database", "ready: 1", "drain", "stop"]);
});

test("the README's line of an error log is what one looks like", async (t) => {
  const [shown = ""] =
    /^ {4}\d{4}-.* GET \/tea answered 500: .*$/m.exec(readFileSync(join(projectRoot, "README.md"), "utf8")) ?? [];
  const folder = userProject(t, {
    "app.js": `function brew() { throw new TypeError("boom"); }
import { serve } from "uisge";
import { HttpBridge } from "uisge/gateway";
const server = await serve(brew, { socket: "./s" });
const bridge = await HttpBridge.listen({ to: "./s" });
await fetch("http://127.0.0.1:" + bridge.port + "/tea?milk=no", { headers: { "X-Request-ID": "4f0c..." } });
await bridge.close();
await server.close();
`,
  });
  await using child = new Child(["app.js"], { cwd: folder });
  t.is(await child.exit(), 0);
  const start = (line: string): string =>
    line
      .trim()
      .replace(/^\S+Z/, "TIME")
      .replace(/\(file:.*/s, "");
  t.is(start(child.stderr), start(shown));
});

test("the README's lines with the codec run and give what their comments say", async (t) => {
  const lines = block("js", "uisge/codec");
  const folder = userProject(t, {
    "codec.js": `${lines}
console.log(JSON.stringify([packet.vars.get("PATH_INFO"), packet.vars.size, decoder.rest().length]));
`,
  });
  await using child = new Child(["codec.js"], { cwd: folder });
  t.is(await child.exit(), 0, child.stderr);
  t.is(child.stdout, '["/",3,0]\n');
});

test("the README's CGI program answers", async (t) => {
  const folder = userProject(t, {
    "app.js": block("js", "// app.js"),
    "app.cgi.mjs": block("js", "uisge/cgi"),
  });
  const env = { GATEWAY_INTERFACE: "CGI/1.1", REQUEST_METHOD: "GET", REMOTE_ADDR: "192.0.2.1" };
  await using child = new Child(["app.cgi.mjs"], { cwd: folder, env });
  t.is(await child.exit(), 0, child.stderr);
  t.regex(child.stdout, /^Status: 200 OK\r\n[^]*\r\n\r\nHello, 192\.0\.2\.1\n$/);
});

test("the README's test of an application passes", async (t) => {
  const folder = userProject(t, {
    "app.js": block("js", "// app.js"),
    "test.js": block("js", "uisge/testing"),
  });
  await using child = new Child(["test.js"], { cwd: folder });
  t.is(await child.exit(), 0, child.stderr);
});

test("the README's program serves applications of each interface", async (t) => {
  const program = block("js", "./express-app.js").replaceAll("/tmp/", "./");
  const folder = userProject(t, {
    "express-app.js":
      'import { createServer } from "node:http"; export const app = createServer((req, res) => res.end("hello\\n"));',
    "server.js": `${program}\nconsole.log("listening");\n`,
  });
  await using child = new Child(["server.js"], { cwd: folder });
  await child.printed("stdout", /listening/);
  for (const name of ["app.sock", "b.sock", "c.sock"]) {
    t.is((await ask({ kind: "unix", path: join(folder, name) })).body, "hello\n");
  }
});

test("the README's middleware stands around its application", async (t) => {
  const folder = userProject(t, {
    "app.js": block("js", "// app.js"),
    // Of "open sesame".
    "site.htpasswd": "ada:{SHA}W8r/fyL/UzygmbNAjq2HbA67qac=\n",
    "site.js": block("js", "// site.js").replace("/etc/site.htpasswd", "site.htpasswd"),
    "ask.js": `import { inject } from "uisge/testing";
import site from "./site.js";
const Authorization = "Basic " + Buffer.from("ada:open sesame").toString("base64");
const known = await inject(site, { headers: { Authorization } });
const nobody = await inject(site);
const wrong = await inject(site, { headers: { Authorization: "Basic " + btoa("ada:x") } });
console.log(known.status, known.get("cache-control"), nobody.status, nobody.get("cache-control"), wrong.status);
`,
  });
  await using child = new Child(["ask.js"], { cwd: folder, env: { SESSION_KEY: "x".repeat(32) } });
  t.is(await child.exit(), 0, child.stderr);
  t.is(child.stdout, "200 private 200 undefined 401\n");
});

/** The arguments of a line that begins so, without quotes, on another socket and other ports. */
function argumentsOf(line: string, socket: string, changes: Readonly<Record<string, string>> = {}): string[] {
  const text = block("sh", line)
    .split("\n")
    .find((one) => one.startsWith(line));
  const words = Array.from((text ?? "").matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g), ([, a, b, c]) => a ?? b ?? c ?? "");
  const own = Object.entries({ "/tmp/app.sock": socket, ...changes });
  return words.slice(2).map((word) => own.reduce((changed, [from, to]) => changed.replace(from, to), word));
}

test("the README's commands and program that ask a socket are answered", async (t) => {
  const folder = userProject(t, { "app.js": block("js", "// app.js") });
  const socket = join(folder, "app.sock");
  writeFileSync(join(folder, "ask.js"), block("js", "uisge/client").replaceAll("/tmp/app.sock", socket));
  const main = join(folder, "node_modules/uisge/dist/cli/main.js");
  await using server = new Child([main, "serve", "./app.js", "--socket", socket], { cwd: folder });
  await server.printed("stderr", /listening on/);
  await using curl = new Child([main, ...argumentsOf("npx uisge curl", socket)]);
  t.is(await curl.exit(), 0, curl.stderr);
  t.regex(curl.stdout, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nHello, 127\.0\.0\.1\n$/);
  await using ping = new Child([main, ...argumentsOf("npx uisge ping", socket)]);
  t.is(await ping.exit(), 0, ping.stdout);
  await using asking = new Child(["ask.js"], { cwd: folder });
  t.is(await asking.exit(), 0, asking.stderr);
  t.is(asking.stdout, "200 Hello, 127.0.0.1\n\n200 Hello, 127.0.0.1\n\n");
});

test("the README's commands put HTTP in front of an application, and of several nodes", async (t) => {
  const folder = userProject(t, { "app.js": block("js", "// app.js") });
  const socket = join(folder, "app.sock");
  const main = join(folder, "node_modules/uisge/dist/cli/main.js");
  const serve = argumentsOf("npx uisge serve ./app.js --http", socket, { "127.0.0.1:8080": "127.0.0.1:0" });
  await using server = new Child([main, ...serve, "--socket", socket], { cwd: folder });
  const [, port] = await server.printed("stderr", /listening on http:\/\/127\.0\.0\.1:(\d+)/);
  t.is((await send({ port: Number(port) })).body.toString(), "Hello, 127.0.0.1\n");
  // The second node is not there: its requests go to the first.
  const changes = { ":8080": "127.0.0.1:0", "10.0.0.7:3031": join(folder, "nobody.sock") };
  await using bridge = new Child([main, ...argumentsOf("npx uisge bridge", socket, changes)]);
  const [, front] = await bridge.printed("stderr", /listening on http:\/\/127\.0\.0\.1:(\d+)/);
  for (let i = 0; i < 4; i++) t.is((await send({ port: Number(front) })).status, 200);
});
