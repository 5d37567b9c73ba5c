/** What can stand between an HTTP client and our server: each a process of its own. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findProgram } from "../../test/helpers/find-program.ts";
import type { Backend, BackendPlace, Command } from "../backends/backend.ts";
import { nginxConf } from "../load/nginx-conf.ts";
import { HTTP_CONNECTIONS } from "./load.ts";

/** A front end, or a router behind one. */
export interface Front {
  readonly name: string;
  readonly title: string;
  /** What it is asked in: uwsgi where nginx stands in front of it. */
  readonly spoken: "http" | "uwsgi";
  /** `to`: the socket of the server behind it. */
  command(place: BackendPlace, to: string): Command;
}

/** As `BackendProcess` starts it. */
export function asBackend({ name, title, command }: Front, to: string): Backend {
  return {
    name,
    title,
    protocol: "http",
    over: ["tcp"],
    optional: false,
    runsApplications: true,
    command: (place) => command(place, to),
  };
}

/** nginx with one worker in one process, `uwsgi_pass` to that socket. Also what stands in front of routers. */
export function nginxCommand({ socket, folder }: BackendPlace, to: string): Command {
  const conf = join(folder, "nginx.conf");
  const port = Number(socket.slice(socket.lastIndexOf(":") + 1));
  const limits = { connections: HTTP_CONNECTIONS, varCounts: [] };
  writeFileSync(conf, nginxConf([{ port, protocol: "uwsgi", socket: to }], limits));
  const args = ["-p", folder, "-c", conf, "-e", join(folder, "error.log"), "-g", "daemon off; master_process off;"];
  return { program: programOf("nginx"), args, takesOrders: false };
}

export const fronts: readonly Front[] = [
  { name: "nginx", title: "nginx, uwsgi_pass", spoken: "http", command: nginxCommand },
  {
    name: "uwsgi-http",
    title: "uWSGI's http router",
    spoken: "http",
    // By itself it closes behind each answer; with these it keeps connections, as the others do.
    command: ({ socket }, to) => uwsgi(["http"], `--http ${socket} --http-to ${to} --http-keepalive`),
  },
  { name: "bridge", title: "our bridge", spoken: "http", command: (place, to) => program("bridge", place, to) },
  {
    name: "fastrouter",
    title: "uWSGI's fastrouter",
    spoken: "uwsgi",
    command: ({ socket }, to) => uwsgi(["fastrouter"], `--fastrouter ${socket} --fastrouter-to ${to}`),
  },
  { name: "route", title: "our router", spoken: "uwsgi", command: (place, to) => program("route", place, to) },
];

function uwsgi(plugins: readonly string[], options: string): Command {
  const args = [...plugins.flatMap((plugin) => ["--plugin", plugin]), "--disable-logging", "--buffer-size", "65535"];
  // A router only, no workers.
  args.push("--master", "--processes", "0", "--die-on-term");
  return { program: programOf("uwsgi"), args: [...args, ...options.split(" ")], takesOrders: false };
}

function program(name: string, { socket }: BackendPlace, to: string): Command {
  const path = fileURLToPath(new URL(`../programs/${name}.js`, import.meta.url));
  return { program: process.execPath, args: [path, JSON.stringify({ socket, to })], takesOrders: true };
}

function programOf(name: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`${name} is not installed`);
  return path;
}
