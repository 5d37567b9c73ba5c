import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { sendRequest as request } from "../../src/client/index.ts";
import { commands, overview } from "../../src/cli/commands.ts";
import type { CommandDefinition } from "../../src/cli/frame/definition.ts";
import { helpText, minorGroups } from "../../src/cli/frame/help-text.ts";
import { optionTables } from "../../src/config/index.ts";
import { parseAddress } from "../../src/connection/index.ts";
import { Child } from "../helpers/child.ts";
import { projectRoot } from "../helpers/project.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const main = join(projectRoot, "dist/cli/main.js");
const { version } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as { version: string };

const HELLO = `export function application(environ, startResponse) {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return "hello from " + environ.PATH_INFO;
}
`;

const SLOW = `export async function application(environ, startResponse) {
  startResponse("200 OK", []);
  console.log("started");
  await new Promise((resolve) => setTimeout(resolve, 300));
  return "finished";
}
`;

/** A folder with an application; the arguments to serve it on a socket in that folder. */
function project(
  t: ExecutionContext,
  source: string,
  name = "app.mjs",
): { folder: string; app: string; socket: string } {
  const folder = folderOf(t);
  const app = join(folder, name);
  writeFileSync(app, source);
  return { folder, app, socket: join(folder, "app.sock") };
}

function uisge(t: ExecutionContext, args: readonly string[], cwd?: string): Child {
  const child = new Child([main, ...args], cwd === undefined ? {} : { cwd });
  t.teardown(() => child[Symbol.asyncDispose]());
  return child;
}

async function get(socket: string, path = "/"): Promise<{ status: number; text: string }> {
  const response = await request(parseAddress(socket), { vars: { REQUEST_METHOD: "GET", PATH_INFO: path } });
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return { status: response.status, text: Buffer.concat(chunks).toString() };
}

test("--version prints the version of package.json", async (t) => {
  const child = uisge(t, ["--version"]);
  t.is(await child.exit(), 0);
  t.is(child.stdout, `${version}\n`);
});

test("--version --json says what runs, too", async (t) => {
  const child = uisge(t, ["--version", "--json"]);
  t.is(await child.exit(), 0);
  t.deepEqual(JSON.parse(child.stdout), {
    uisge: version,
    node: process.version,
    platform: process.platform,
    arch: process.arch,
  });
});

for (const [args, isLoaded] of [
  [["--version"], false],
  [["--help"], false],
  [["relaod"], false],
  [["__complete", "status", "--"], false],
  [["status", "--help"], true],
] as const) {
  test(`${args.join(" ")} ${isLoaded ? "loads the parser" : "needs no parser, and loads none"}`, async (t) => {
    const child = new Child(["--input-type=module", "-e", LOADED, main, ...args]);
    t.teardown(() => child[Symbol.asyncDispose]());
    await child.exit();
    t.is(child.stderr.trimEnd().split("\n").at(-1), String(isLoaded));
  });
}

/** Runs the command, and says at the end whether commander was loaded. */
const LOADED = `import { createRequire } from "node:module";
const { cache } = createRequire(process.argv[1]);
process.on("exit", () => {
  process.stderr.write(Object.keys(cache).some((path) => path.includes("/commander/")) + "\\n");
});
await import(process.argv[1]);
`;

test("serve --help and those of its groups name every option of the schema, each on a screen", async (t) => {
  const loaded = await commands.get("serve")?.load();
  const screens = loaded !== undefined && "definition" in loaded ? screensOf(loaded.definition) : [];
  const child = uisge(t, ["serve", "--help"]);
  t.is(await child.exit(), 0);
  t.is(child.stdout, screens[0] ?? "");
  const all = screens.join("\n");
  for (const { name } of optionTables.serve) {
    if (name !== "application" && name !== "args") t.true(all.includes(`--${name}`), name);
  }
  for (const name of ["config", "socket", "processes", "access-log", "log", "help"]) {
    t.true(child.stdout.includes(`--${name}`), name);
  }
  t.true(child.stdout.split("\n").length <= 31);
});

for (const [what, args, message] of [
  ["an unknown command", ["surf"], /unknown command "surf", there are: serve/],
  ["a command that is written almost right", ["relaod"], /"relaod": did you mean reload\?\nTry uisge --help\.\n$/],
  [
    "an option that is written almost right",
    ["ping", "--cuont", "1"],
    /--cuont.*--count\?\nTry uisge ping --help\.\n$/,
  ],
  ["an unknown option", ["serve", "app.js", "--sokcet", "x"], /--sokcet.*\nTry uisge serve --help\.\n$/],
  ["no application", ["serve", "--socket", "/tmp/x.sock"], /serve takes one application/],
  ["no socket", ["serve", "app.js"], /--socket/],
  ["an access log that there is not", ["serve", "app.js", "-s", "/tmp/x.sock", "--access-log", "common"], /json, off/],
  [
    "a log that there is not",
    ["serve", "app.js", "-s", "/tmp/x.sock", "--log", "xml"],
    /--log xml: there are text, json/,
  ],
] as const) {
  test(`${what} ends with exit code 64 and says what is allowed`, async (t) => {
    const child = uisge(t, args);
    t.is(await child.exit(), 64);
    t.regex(child.stderr, message);
    t.is(child.stdout, "");
  });
}

test("serve says what it serves and where, answers, and logs the access", async (t) => {
  const { app, socket, folder } = project(t, HELLO);
  const child = uisge(t, ["serve", "./app.mjs", "--socket", socket, "--socket", "127.0.0.1:0"], folder);
  const [, tcp] = await child.printed("stderr", /listening on (127\.0\.0\.1:\d+)/);
  t.true(child.stderr.includes(`serving ${app} (export application, by its name: WSGI)`));
  t.true(child.stderr.includes(`listening on ${socket}`));
  t.deepEqual(await get(socket, "/unix"), { status: 200, text: "hello from /unix" });
  t.deepEqual(await get(String(tcp), "/tcp"), { status: 200, text: "hello from /tcp" });
  await child.printed("stdout", /"GET \/unix HTTP\/1\.0" 200 16 .*\n.*"GET \/tcp HTTP\/1\.0" 200 15 /);
});

test("--access-log off and --chmod-socket do what they say", async (t) => {
  const { app, socket } = project(t, HELLO);
  const child = uisge(t, ["serve", app, "--socket", socket, "--chmod-socket", "600", "--access-log", "off"]);
  await child.printed("stderr", /listening on/);
  t.is(statSync(socket).mode & 0o777, 0o600);
  t.is((await get(socket)).status, 200);
  child.process.kill("SIGTERM");
  t.is(await child.exit(), 0);
  t.is(child.stdout, "");
});

test("--access-log json and --log json make every line an object", async (t) => {
  const { app, socket } = project(t, HELLO.replace("return", 'environ["wsgi.errors"].write("a word\\n"); return'));
  const child = uisge(t, ["serve", app, "--socket", socket, "--access-log", "json", "--log", "json"]);
  await child.printed("stderr", /listening on/);
  await get(socket, "/json");
  await child.printed("stdout", /\n/);
  child.process.kill("SIGTERM");
  t.is(await child.exit(), 0);
  t.like(JSON.parse(child.stdout), { method: "GET", target: "/json", status: 200, ending: "complete" });
  const events = child.stderr.trimEnd().split("\n");
  t.true(events.map((line) => (JSON.parse(line) as { message: string }).message).includes("GET /json: a word"));
});

test("each line on standard error has a time and a level", async (t) => {
  const { app, socket } = project(t, HELLO);
  const child = uisge(t, ["serve", app, "--socket", socket]);
  await child.printed("stderr", /listening on/);
  child.process.kill("SIGTERM");
  t.is(await child.exit(), 0);
  for (const line of child.stderr.trimEnd().split("\n")) t.regex(line, /^\d{4}-\d\d-\d\dT[\d:.]{12}Z info /);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} lets a running request finish, removes the socket and exits with 0`, async (t) => {
    const { app, socket } = project(t, SLOW);
    const child = uisge(t, ["serve", app, "--socket", socket]);
    await child.printed("stderr", /listening on/);
    const answer = get(socket);
    await child.printed("stdout", /started/);
    child.process.kill(signal);
    t.deepEqual(await answer, { status: 200, text: "finished" });
    t.is(await child.exit(), 0);
    t.false(existsSync(socket));
  });
}

test("an error that belongs to no request lets the others finish and exits with 1", async (t) => {
  const { app, socket } = project(t, `${SLOW}\nprocess.on("SIGUSR2", () => { throw new Error("stray"); });\n`);
  const child = uisge(t, ["serve", app, "--socket", socket]);
  await child.printed("stderr", /listening on/);
  const answer = get(socket);
  await child.printed("stdout", /started/);
  child.process.kill("SIGUSR2");
  t.is((await answer).text, "finished");
  t.is(await child.exit(), 1);
  t.regex(child.stderr, /uncaughtException: Error: stray/);
  t.false(existsSync(socket));
});

test("T36/F17: a socket that somebody answers at is left alone: exit code 69", async (t) => {
  const { app, socket } = project(t, HELLO);
  const first = uisge(t, ["serve", app, "--socket", socket]);
  await first.printed("stderr", /listening on/);
  const second = uisge(t, ["serve", app, "--socket", socket]);
  t.is(await second.exit(), 69);
  t.true(second.stderr.includes(socket));
  t.is((await get(socket)).status, 200);
});

test("T36/F17: a socket path that is something else is left alone: exit code 73", async (t) => {
  const { app, socket } = project(t, HELLO);
  writeFileSync(socket, "precious");
  const child = uisge(t, ["serve", app, "--socket", socket]);
  t.is(await child.exit(), 73);
  t.is(readFileSync(socket, "utf8"), "precious");
});

test("a missing module is exit code 66, a missing export too and names those that are there", async (t) => {
  const { app, socket, folder } = project(t, "export const site = {}; export const other = 1;");
  const missing = uisge(t, ["serve", join(folder, "nope.js"), "--socket", socket]);
  t.is(await missing.exit(), 66);
  const child = uisge(t, ["serve", app, "--socket", socket]);
  t.is(await child.exit(), 66);
  t.regex(child.stderr, /exports no application \(it has other, site\)/);
});

test("a module that fails to load is exit code 70 and shows its own error", async (t) => {
  const { app, socket } = project(t, 'throw new Error("the database is away");');
  const child = uisge(t, ["serve", app, "--socket", socket]);
  t.is(await child.exit(), 70);
  t.regex(child.stderr, /the database is away/);
  t.true(child.stderr.includes("app.mjs"));
});

test("a TypeScript module is served under the name of its export", async (t) => {
  const { folder, socket } = project(
    t,
    HELLO.replace("environ,", "environ: any,")
      .replace("startResponse)", "startResponse: any): string")
      .replace("application", "site"),
    "app.mts",
  );
  // tsx is looked up from the package: ours is the project's own.
  mkdirSync(join(folder, "node_modules"));
  const child = uisge(t, ["serve", "app.mts:site", "--socket", socket], folder);
  await child.printed("stderr", /listening on/);
  t.is((await get(socket, "/ts")).text, "hello from /ts");
});

test("what is said of all commands, and of each, fits a screen", async (t) => {
  const pages = await Promise.all(
    [...commands.values()].map(async ({ load }) => {
      const loaded = await load();
      return "definition" in loaded ? screensOf(loaded.definition) : [loaded.usage];
    }),
  );
  for (const page of [overview(), ...pages.flat()]) {
    const lines = page.trimEnd().split("\n");
    t.true(lines.length <= 30, page);
    t.deepEqual(
      lines.filter((line) => line.length > 80),
      [],
    );
  }
});

test("the summary of each command is the one of its definition", async (t) => {
  for (const [name, { summary, load }] of commands) {
    const loaded = await load();
    if ("definition" in loaded) t.like(loaded.definition, { name, summary });
  }
});

test("each option of a command is on one of its screens, and its short name is nobody else's", async (t) => {
  for (const { load } of commands.values()) {
    const loaded = await load();
    if (!("definition" in loaded)) continue;
    const { name, options } = loaded.definition;
    const screens = screensOf(loaded.definition).join("\n");
    const told = options.filter(({ isHidden }) => isHidden !== true);
    for (const option of told) t.true(screens.includes(`--${option.name}`), `${name} --${option.name}`);
    for (const names of [options.map((one) => one.name), options.flatMap(({ short }) => short ?? [])]) {
      t.is(new Set(names).size, names.length, name);
    }
    // Else the first screen would not lead to them.
    t.true(
      options.every(({ isMinor, group }) => isMinor !== true || group !== undefined),
      name,
    );
  }
});

/** All that help shows of a command. */
function screensOf(definition: CommandDefinition): string[] {
  return [helpText(definition), ...minorGroups(definition).map((group) => helpText(definition, group))];
}
