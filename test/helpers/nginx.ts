/**
 * Runs a real nginx for one test: a prefix of its own, a port of its own, gone when stopped.
 *
 *     await using nginx = await startNginx({
 *       conf: exampleConf(),
 *       substitutions: ({ port }) => exampleSubstitutions({ port, server: `unix:${socket}` }),
 *     });
 *     const answer = await fetch(`http://127.0.0.1:${nginx.port}/`);
 */
import { readFile, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import {
  type FrontEndProcess,
  isRoot,
  type Place,
  type PlaceOptions,
  type Prepared,
  startFrontEnd,
} from "./front-end-process.ts";
import { projectRoot } from "./project.ts";
import { substitute, type Substitutions } from "./substitute.ts";

export interface NginxFileOptions extends PlaceOptions {
  /** Path of a complete configuration file. Used in place unless there are substitutions. */
  readonly conf: string;
  readonly confText?: never;
  /** Applied to a copy of the file in the prefix. */
  readonly substitutions?: Substitutions | ((place: Place) => Substitutions);
}

export interface NginxTextOptions extends PlaceOptions {
  /** Contents of the `http` block; paths of logs and temporary files are already set. */
  readonly confText: string | ((place: Place) => string);
  readonly conf?: never;
  readonly substitutions?: never;
}

export type NginxOptions = NginxFileOptions | NginxTextOptions;

/**
 * Starts nginx in the foreground with one worker (unless the configuration says how many) and answers
 * when its port accepts. Throws, with nginx's own words, when it does not come up.
 */
export function startNginx(options: NginxOptions): Promise<FrontEndProcess> {
  return startFrontEnd(
    {
      name: "nginx",
      prepare: (place) => prepare(options, place),
      // QUIT lets requests finish, TERM does not.
      signals: ["SIGQUIT", "SIGTERM"],
    },
    options,
  );
}

/** Path of the repository's `nginx-example.conf`. */
export function exampleConf(): string {
  return join(projectRoot, "nginx-example.conf");
}

/** What a test has to change in `nginx-example.conf`: port, server (`unix:` and a path, or `host:port`), workers. */
export function exampleSubstitutions({ port, server }: { port: number; server: string }): Substitutions {
  return {
    "listen 127.0.0.1:8080;": `listen 127.0.0.1:${port};`,
    "server unix:/run/uisge/app.sock;": `server ${server};`,
    "worker_processes auto;": "worker_processes 1;",
  };
}

async function prepare(options: NginxOptions, place: Place): Promise<Prepared> {
  const { prefix } = place;
  const own = join(prefix, "nginx.conf");
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
  return {
    args: ["-p", prefix, "-c", path, "-e", "stderr", "-g", globalDirectives(text)],
    pidFile: resolve(prefix, directive(text, "pid") ?? "nginx.pid"),
    log: join(prefix, "error.log"),
  };
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
  if (isRoot()) wanted["user"] = userInfo().username;
  return Object.entries(wanted)
    .filter(([name]) => directive(text, name) === undefined)
    .map(([name, value]) => `${name} ${value};`)
    .join(" ");
}

/** Arguments of a directive that starts a line; comments do not count. */
function directive(text: string, name: string): string | undefined {
  return new RegExp(`^[ \\t]*${name}[ \\t]+([^;]+);`, "m").exec(text)?.[1]?.trim();
}
