/**
 * Runs a real nginx for one test: a prefix of its own, a port of its own, gone when stopped.
 *
 *     await using nginx = await startNginx({
 *       conf: exampleConf(),
 *       substitutions: ({ port }) => exampleSubstitutions({ port, socket }),
 *     });
 *     const answer = await fetch(`http://127.0.0.1:${nginx.port}/`);
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { projectRoot } from "./project.ts";

/** Old text -> new text. Each old text must occur exactly once. */
export type Substitutions = Readonly<Record<string, string>>;

/** What a configuration may need to know before nginx runs. */
export interface NginxPlace {
  readonly port: number;
  /** Absolute path of the directory that nginx keeps its files in. */
  readonly prefix: string;
}

interface CommonOptions {
  /** TCP port of 127.0.0.1 that the configuration listens on; a free one unless given. */
  readonly port?: number;
  /** Existing directory to use as prefix, left in place by `stop`; a temporary one unless given. */
  readonly prefix?: string;
  /** Longest wait in milliseconds until the port accepts. Default 10 000. */
  readonly startMs?: number;
}

export interface NginxFileOptions extends CommonOptions {
  /** Path of a complete configuration file. Used in place unless there are substitutions. */
  readonly conf: string;
  readonly confText?: never;
  /** Applied to a copy of the file in the prefix. */
  readonly substitutions?: Substitutions | ((place: NginxPlace) => Substitutions);
}

export interface NginxTextOptions extends CommonOptions {
  /** Contents of the `http` block; paths of logs and temporary files are already set. */
  readonly confText: string | ((place: NginxPlace) => string);
  readonly conf?: never;
  readonly substitutions?: never;
}

export type NginxOptions = NginxFileOptions | NginxTextOptions;

export interface Nginx extends NginxPlace, AsyncDisposable {
  readonly pid: number;
  /** Asks nginx to leave, insists after two seconds, and waits for its exit. Idempotent. */
  stop(): Promise<void>;
  /** What nginx wrote to stderr, then to `error.log` in the prefix. Still there after `stop`. */
  errorLog(): Promise<string>;
}

/**
 * Starts nginx in the foreground with one worker (unless the configuration says how many) and answers
 * when its port accepts. Throws, with nginx's own words, when it does not come up.
 */
export async function startNginx(options: NginxOptions): Promise<Nginx> {
  const binary = findNginx();
  if (binary === undefined) throw new Error("no nginx in PATH, /usr/sbin or /usr/local/sbin");
  const { port = await freePort(), startMs = 10_000 } = options;
  const ownPrefix = options.prefix === undefined;
  const prefix = options.prefix === undefined ? await mkdtemp(join(tmpdir(), "uisge-nginx-")) : resolve(options.prefix);
  const removeOwnPrefix = async (): Promise<void> => {
    if (ownPrefix) await rm(prefix, { recursive: true, force: true });
  };

  let conf: Conf;
  try {
    conf = await prepareConf(options, { port, prefix });
  } catch (error) {
    await removeOwnPrefix();
    throw error;
  }

  const args = ["-p", prefix, "-c", conf.path, "-e", "stderr", "-g", globalDirectives(conf.text)];
  const child = spawn(binary, args, { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const exited = once(child, "exit");
  // Only `stop` and `ready` look at it; a failed spawn is reported by `ready`.
  exited.catch(() => {});
  const killWithUs = (): void => void child.kill("SIGTERM");
  process.once("exit", killWithUs);

  let lastLog: string | undefined;
  const errorLog = async (): Promise<string> => lastLog ?? stderr + (await readOrEmpty(join(prefix, "error.log")));
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopping ??= (async () => {
      await end(child, exited);
      process.off("exit", killWithUs);
      lastLog = await errorLog();
      await removeOwnPrefix();
    })());

  try {
    await ready(child, { port, pidFile: conf.pidFile, deadline: performance.now() + startMs });
  } catch (error) {
    await stop();
    throw new Error(`nginx did not start: ${await errorLog()}`, { cause: error });
  }
  return { port, prefix, pid: child.pid as number, stop, errorLog, [Symbol.asyncDispose]: stop };
}

/** A TCP port of 127.0.0.1 that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Path of the repository's `nginx-example.conf`. */
export function exampleConf(): string {
  return join(projectRoot, "nginx-example.conf");
}

/** What a test has to change in `nginx-example.conf`: the port, the socket, the number of workers. */
export function exampleSubstitutions({ port, socket }: { port: number; socket: string }): Substitutions {
  return {
    "listen 127.0.0.1:8080;": `listen 127.0.0.1:${port};`,
    "server unix:/run/uisge/app.sock;": `server unix:${socket};`,
    "worker_processes auto;": "worker_processes 1;",
  };
}

interface Conf {
  readonly path: string;
  readonly text: string;
  readonly pidFile: string;
}

async function prepareConf(options: NginxOptions, place: NginxPlace): Promise<Conf> {
  const own = join(place.prefix, "nginx.conf");
  let path = own;
  let text: string;
  if (options.conf === undefined) {
    text = wholeConf(typeof options.confText === "function" ? options.confText(place) : options.confText);
    await writeFile(path, text);
  } else {
    const { substitutions } = options;
    text = await readFile(options.conf, "utf8");
    if (substitutions === undefined) {
      path = resolve(options.conf);
    } else {
      text = substitute(text, typeof substitutions === "function" ? substitutions(place) : substitutions);
      await writeFile(path, text);
    }
  }
  return { path, text, pidFile: resolve(place.prefix, directive(text, "pid") ?? "nginx.pid") };
}

function substitute(text: string, substitutions: Substitutions): string {
  let result = text;
  for (const [from, to] of Object.entries(substitutions)) {
    const parts = result.split(from);
    if (parts.length !== 2) {
      throw new Error(`${JSON.stringify(from)} occurs ${parts.length - 1} times in the configuration, not once`);
    }
    result = parts.join(to);
  }
  return result;
}

/** Temporary files go below the prefix: the defaults of a distribution are not ours to write to. */
function wholeConf(http: string): string {
  return `error_log error.log info;
pid nginx.pid;
events { worker_connections 512; }
http {
  access_log access.log;
  client_body_temp_path client_body_temp;
  proxy_temp_path proxy_temp;
  fastcgi_temp_path fastcgi_temp;
  uwsgi_temp_path uwsgi_temp;
  scgi_temp_path scgi_temp;
${http}
}
`;
}

/** nginx refuses a directive that is given twice, so only what the configuration leaves open is set. */
function globalDirectives(text: string): string {
  const wanted: Record<string, string> = { daemon: "off", pid: "nginx.pid", worker_processes: "1" };
  // Workers of a root nginx run as "nobody", who may open neither our sockets nor the prefix.
  if (process.getuid?.() === 0) wanted["user"] = userInfo().username;
  return Object.entries(wanted)
    .filter(([name]) => directive(text, name) === undefined)
    .map(([name, value]) => `${name} ${value};`)
    .join(" ");
}

/** Arguments of a directive that starts a line; comments do not count. */
function directive(text: string, name: string): string | undefined {
  return new RegExp(`^[ \\t]*${name}[ \\t]+([^;]+);`, "m").exec(text)?.[1]?.trim();
}

/**
 * nginx writes its pid file once all its sockets listen. Somebody else who took the port meanwhile
 * would accept as well, so the number in that file has to be the child's.
 */
async function ready(
  child: ChildProcess,
  { port, pidFile, deadline }: { port: number; pidFile: string; deadline: number },
): Promise<void> {
  const failed = new AbortController();
  const fail = (reason: unknown): void => failed.abort(reason);
  const left = (code: number | null, signal: string | null): void => fail(new Error(`exit ${code ?? signal}`));
  child.once("error", fail).once("exit", left);
  try {
    for (let pauseMs = 5; ; pauseMs = Math.min(2 * pauseMs, 100)) {
      const pid = Number.parseInt(await readOrEmpty(pidFile), 10);
      if (pid === child.pid && (await accepts(port))) return;
      failed.signal.throwIfAborted();
      if (performance.now() > deadline) throw new Error(`port ${port} does not accept`);
      await delay(pauseMs);
    }
  } finally {
    child.off("error", fail).off("exit", left);
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    // Refused: not yet. The caller has the deadline.
    return false;
  } finally {
    socket.destroy();
  }
}

/** QUIT lets requests finish, TERM does not, KILL is for a master that is stuck. */
async function end(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGQUIT");
  const insist = setTimeout(() => child.kill("SIGTERM"), 2_000);
  const force = setTimeout(() => child.kill("SIGKILL"), 5_000);
  try {
    await exited;
  } finally {
    clearTimeout(insist);
    clearTimeout(force);
  }
}

/** As `findProgram` of `needs.ts`, which cannot be used by programs that run outside of AVA. */
function findNginx(): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders
    .filter(isAbsolute)
    .map((folder) => join(folder, "nginx"))
    .find(isExecutable);
}

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Absent or not ours to run: the next folder may have one.
    return false;
  }
}
