// @ts-check
/**
 * The walk of a new user: does what README.md says below "From an empty folder to nginx", word for word, and fails where a
 * word of it does not hold.
 *
 *     npm run build && node scripts/walk.js
 *
 * What is not as there: `uisge` comes from `npm pack` of this checkout and not from the registry, Express in the version of
 * our lockfile; paths and port are free ones; nginx is one of its own, with the README's `server`, in place of the system's.
 * Where this runs as root, as it does in CI, the user is nobody and nginx is www-data, so that the socket's mode matters.
 * Needs nginx, curl, and the registry or npm's cache.
 */
import { execFile, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { get } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const SECTION = "## From an empty folder to nginx";

/** A command that takes longer is stuck, on the slowest machine. */
const MOST_MS = 180_000;

/** An ordinary user that most systems have: nobody. */
const OTHER_UID = 65_534;

/** @typedef {{ code: number | string, stdout: string, stderr: string }} Ran */

/** @type {{ language: string, text: string, isUsed: boolean }[]} */
const blocks = blocksOf(readFileSync(join(root, "README.md"), "utf8"));
const folder = mkdtempSync(join(tmpdir(), "uisge-walk-"));
const socket = join(folder, "app.sock");
const user = chooseUser();
const startedAt = performance.now();

/** What has to be ended, whatever happens; the last one first. @type {(() => unknown)[]} */
const ends = [];

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.once(signal, () => void cleanUp().finally(() => process.exit(1)));
}
try {
  await walk();
  say("done");
} catch (error) {
  console.error(`walk: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await cleanUp();
}

async function cleanUp() {
  for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end();
  rmSync(folder, { recursive: true, force: true });
}

async function walk() {
  chmodSync(folder, 0o755);
  const project = await install();
  say("server.js and uisge.ini");
  const source = block("js", "require(");
  const ini = block("ini", "application").replace("/tmp/app.sock", socket);
  writeFileSync(join(project, "server.js"), source);
  writeFileSync(join(project, "uisge.ini"), ini);

  const serve = oneLine(block("sh", "npx uisge serve"));
  const { exited } = await startServing(serve, project);
  const port = await freePort();
  await startNginx(block("nginx", "uwsgi_pass").replace("127.0.0.1:8080", `127.0.0.1:${port}`));
  const [, curl = ""] = block("sh", "curl").replace("127.0.0.1:8080", `127.0.0.1:${port}`).trim().split("\n");
  await answers(curl, "Hello World!", project);

  const [reload = "", status = "", stop = ""] = block("sh", "npx uisge reload").trim().split("\n");
  const before = await statusOf(status, project);
  writeFileSync(join(project, "server.js"), source.replace("Hello World!", "Hello Debian!"));
  await reloads(reload, port, project);
  await answers(curl, "Hello Debian!", project);
  const after = await statusOf(status, project);
  if (after.some((pid) => before.includes(pid))) throw new Error(`${reload} has kept a worker: ${after.join(", ")}`);

  await explains(serve, ini, project);
  say(stop);
  await succeeds(stop, project);
  const code = await exited;
  if (code !== 0) throw new Error(`${serve} has ended with ${code} after ${stop}`);
  leavesNothing(project, [...before, ...after]);
  const unused = blocks.filter(({ isUsed }) => !isUsed);
  if (unused.length > 0) throw new Error(`nobody has walked the block ${JSON.stringify(unused[0]?.text)}`);
}

/** The first block: a folder, with what it installs. Answers its path. */
async function install() {
  const text = block("sh", "npm install");
  if (!existsSync(join(root, "dist/cli/main.js"))) throw new Error("there is no dist: npm run build makes it");
  say("npm pack of this checkout");
  // Its scripts build, which has just been done.
  const packed = await run(`npm pack --ignore-scripts --silent --pack-destination '${folder}'`, root, ownEnv());
  if (packed.code !== 0) throw new Error(`npm pack has failed: ${packed.stderr}`);
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const express = `express@${lock.packages["node_modules/express"].version}`;
  say(`${text.trim().replaceAll("\n", "; ")} (of ${tarball}, ${express})`);
  const commands = text.replace("install uisge express", `install '${join(folder, tarball)}' ${express}`);
  if (commands === text) throw new Error("the README does not install uisge and express by one command");
  const ran = await run(commands, folder, ownEnv());
  if (ran.code !== 0) throw new Error(`npm has failed, is there a registry? ${ran.stderr}`);
  const [, name = ""] = /^mkdir (\S+)/.exec(text) ?? [];
  mkdirSync(join(folder, "home"));
  if (user.uid !== undefined) await run(`chown -R ${user.uid}:${user.gid} '${folder}'`, folder, ownEnv());
  return join(folder, name);
}

/**
 * Answers when it listens; `exited` is its exit code.
 * @param {string} command
 * @param {string} project
 */
async function startServing(command, project) {
  say(command);
  // A group of its own: npx is not whom one would have to end.
  const child = spawn("sh", ["-c", command], {
    ...asUser(project),
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (/** @type {string} */ text) => (stderr += text));
  /** @type {Promise<number | string>} */
  const exited = new Promise((resolve) => child.once("close", (code, signal) => resolve(code ?? signal ?? "?")));
  ends.push(() => killGroup(child.pid, exited));
  await until(
    () => stderr.includes("listening on"),
    exited,
    () => `${command} does not listen: ${stderr}`,
  );
  if (!stderr.includes(`listening on ${socket}`)) throw new Error(`${command} listens elsewhere: ${stderr}`);
  return { exited };
}

/** @param {number | undefined} pid @param {Promise<unknown>} exited */
async function killGroup(pid, exited) {
  try {
    process.kill(-(pid ?? Number.NaN), "SIGKILL");
  } catch {
    // It has ended, as it should.
    return;
  }
  await exited;
}

/** @param {string} server */
async function startNginx(server) {
  say("nginx with that server");
  const prefix = join(folder, "nginx");
  mkdirSync(prefix);
  const conf = `${user.nginx === undefined ? "" : `user ${user.nginx};\n`}worker_processes 1;
daemon off;
pid nginx.pid;
error_log error.log;
events {}
http {
  access_log off;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${name}_temp;`).join("\n  ")}
${server.replace("/tmp/app.sock", socket)}}
`;
  writeFileSync(join(prefix, "nginx.conf"), conf);
  const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/usr/local/sbin` };
  const child = spawn("nginx", ["-p", prefix, "-c", "nginx.conf", "-e", "error.log"], { env, stdio: "inherit" });
  /** @type {Promise<void>} */
  const exited = new Promise((resolve) => {
    child.once("error", (error) => (console.error(`walk: ${error.message}`), resolve()));
    child.once("exit", () => resolve());
  });
  ends.push(async () => {
    child.kill("SIGQUIT");
    await exited;
  });
  const log = () => (existsSync(join(prefix, "error.log")) ? readFileSync(join(prefix, "error.log"), "utf8") : "");
  await until(
    () => existsSync(join(prefix, "nginx.pid")),
    exited,
    () => `nginx does not start: ${log()}`,
  );
}

/** @param {string} curl @param {string} wanted @param {string} project */
async function answers(curl, wanted, project) {
  say(curl);
  const { stdout } = await succeeds(curl.replace(/^curl /, "curl -sS --max-time 30 "), project);
  if (stdout !== wanted) throw new Error(`curl got ${JSON.stringify(stdout)}, ${JSON.stringify(wanted)} is right`);
}

/** The pids of both workers. @param {string} command @param {string} project */
async function statusOf(command, project) {
  say(command);
  const { stdout } = await succeeds(command, project);
  const pids = Array.from(stdout.matchAll(/^ *\d+ +(\d+) +\d+ +ready /gm), ([, pid]) => Number(pid));
  if (pids.length !== 2) throw new Error(`two workers should be ready, ${command} says:\n${stdout}`);
  return pids;
}

/** While clients ask. @param {string} command @param {number} port @param {string} project */
async function reloads(command, port, project) {
  say(`${command}, while four clients ask`);
  const load = { isOn: true, answers: 0 };
  const clients = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (load.isOn) {
        const { status, body } = await ask(port);
        if (status !== 200 || !/^Hello (?:World|Debian)!$/.test(body)) {
          throw new Error(`a request got ${status} ${JSON.stringify(body)} during the reload`);
        }
        load.answers += 1;
      }
    }),
  );
  // Who fails first is told; what the other says then is of no interest.
  clients.catch(() => {});
  try {
    await Promise.race([succeeds(command, project), clients]);
  } finally {
    load.isOn = false;
  }
  await clients;
  if (load.answers === 0) throw new Error("nobody was answered during the reload");
  console.log(`               ${load.answers} requests, all answered`);
}

/** @param {number} port @returns {Promise<{ status: number | undefined, body: string }>} */
function ask(port) {
  return new Promise((resolve, reject) => {
    const request = get({ host: "127.0.0.1", port, agent: false, timeout: 30_000 }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text) => (body += text));
      response.once("end", () => resolve({ status: response.statusCode, body })).once("error", reject);
    });
    request.once("error", reject).once("timeout", () => request.destroy(new Error("no answer within 30 s")));
  });
}

/** The slip of the README. @param {string} serve @param {string} ini @param {string} project */
async function explains(serve, ini, project) {
  const wanted = block("text", "did you mean");
  const [, slip = ""] = /"(\w+)"/.exec(wanted) ?? [];
  const [, meant = ""] = /did you mean (\w+)\?/.exec(wanted) ?? [];
  say(`${serve}, with ${slip} in place of ${meant}`);
  writeFileSync(join(project, "uisge.ini"), ini.replace(meant, slip));
  const { code, stderr } = await run(serve, project);
  writeFileSync(join(project, "uisge.ini"), ini);
  if (code !== 65 || stderr !== wanted) throw new Error(`it has ended with ${code}, and says:\n${stderr}`);
}

/** @param {string} project @param {readonly number[]} workers */
function leavesNothing(project, workers) {
  say("nothing is left");
  const known = new Set(["node_modules", "package-lock.json", "package.json", "server.js", "uisge.ini"]);
  const more = readdirSync(project).filter((name) => !known.has(name));
  const control = readdirSync(folder).find((name) => /^uisge-\d+$/.test(name));
  const sockets = control === undefined ? [] : readdirSync(join(folder, control));
  if (existsSync(socket)) more.push(socket);
  if (more.length + sockets.length > 0) throw new Error(`files are left: ${[...more, ...sockets].join(", ")}`);
  const alive = workers.filter((pid) => existsSync(`/proc/${pid}`));
  if (alive.length > 0) throw new Error(`workers are left: ${alive.join(", ")}`);
}

/** @param {string} command @param {string} project */
async function succeeds(command, project) {
  const ran = await run(command, project);
  if (ran.code !== 0) throw new Error(`${command} has ended with ${ran.code}:\n${ran.stdout}${ran.stderr}`);
  return ran;
}

/**
 * As the user; with an environment as who we are.
 * @param {string} command
 * @param {string} cwd
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<Ran>}
 */
function run(command, cwd, env) {
  const as = env === undefined ? asUser(cwd) : { cwd, env };
  return new Promise((resolve) => {
    execFile("sh", ["-ec", command], { ...as, timeout: MOST_MS, encoding: "utf8" }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? error?.signal ?? 0, stdout, stderr });
    });
  });
}

/** Polls: it is another program that does it. @param {() => boolean} isSo @param {Promise<unknown>} ended @param {() => string} failure */
async function until(isSo, ended, failure) {
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  for (const last = performance.now() + MOST_MS; !isSo(); await delay(50)) {
    if (hasEnded || performance.now() > last) throw new Error(failure());
  }
}

/** @returns {{ uid?: number, gid?: number, nginx?: string, allowsRoot?: boolean }} */
function chooseUser() {
  if (process.getuid?.() !== 0) return {};
  const other = { uid: OTHER_UID, gid: OTHER_UID };
  const nginx = spawnSync("id", ["www-data"]).status === 0 ? "www-data" : "nobody";
  if (spawnSync(process.execPath, ["-v"], { ...other, cwd: "/" }).status === 0) return { ...other, nginx };
  console.log("walk: Node cannot be run by nobody here, so the user is root");
  return { nginx, allowsRoot: true };
}

/** @param {string} cwd */
function asUser(cwd) {
  const { uid, gid, allowsRoot } = user;
  const env = { ...ownEnv(), HOME: join(folder, "home"), npm_config_cache: join(folder, "home/.npm") };
  const as = uid === undefined ? {} : { uid, gid };
  return { cwd, ...as, env: allowsRoot === true ? { ...env, UISGE_ALLOW_ROOT: "true" } : env };
}

/** Nothing of ours, or of an npm that has started us, is in a new user's environment. */
function ownEnv() {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(?:UISGE_|NODE_|XDG_|npm_(?!config_)|npm_config_local_)/.test(name),
  );
  const quiet = { npm_config_update_notifier: "false", npm_config_audit: "false", npm_config_fund: "false" };
  return { ...Object.fromEntries(own), ...quiet, npm_config_prefer_offline: "true", TMPDIR: folder };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** @param {string} text */
function blocksOf(text) {
  const start = text.indexOf(`${SECTION}\n`);
  if (start === -1) throw new Error(`README.md has no section ${SECTION}`);
  const section = text.slice(start, text.indexOf("\n## ", start + 1));
  return Array.from(section.matchAll(/^```(\w+)\n(.*?)^```$/gms), ([, language = "", body = ""]) => ({
    language,
    text: body,
    isUsed: false,
  }));
}

/** The block of the walk in that language with `word`. @param {string} language @param {string} word */
function block(language, word) {
  const found = blocks.find((one) => one.language === language && one.text.includes(word));
  if (found === undefined) throw new Error(`the README's walk has no ${language} block with ${word}`);
  found.isUsed = true;
  return found.text;
}

/** @param {string} text */
function oneLine(text) {
  if (text.trim().includes("\n")) throw new Error(`one command is needed, not ${JSON.stringify(text)}`);
  return text.trim();
}

/** @param {string} step */
function say(step) {
  const seconds = (performance.now() - startedAt) / 1_000;
  console.log(`walk: ${seconds.toFixed(1).padStart(5)} s  ${step}`);
}
