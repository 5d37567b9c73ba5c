/** Process managers that are compared: how each is started with two workers, and where it then answers. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../../test/helpers/find-program.ts";
import { pm2Folder } from "../../test/helpers/reloads/pm2.ts";
import { projectRoot } from "../../test/helpers/project.ts";

export interface Start {
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export interface Manager {
  readonly title: string;
  /** By which protocol it is asked. */
  readonly speaks: "uwsgi" | "http";
  /** Undefined where it is not installed. `socket`: a path for uwsgi, a port of 127.0.0.1 for HTTP. */
  start(socket: string, workers: number, folder: string): Start | undefined;
}

const APP = join(projectRoot, "build/bench/programs/manager-app.js");

const PYTHON_APP = `import os

def application(environ, start_response):
    text = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Length", str(len(text)))])
    return [text]
`;

export const managers: readonly Manager[] = [
  { title: "uisge", speaks: "uwsgi", start: startUisge },
  { title: "PM2", speaks: "http", start: startPm2 },
  { title: "uWSGI, Python", speaks: "uwsgi", start: startUwsgi },
  { title: "gunicorn, Python", speaks: "http", start: startGunicorn },
];

export function startUisge(socket: string, workers: number): Start {
  const flags = ["--processes", String(workers), "--allow-root", "--control", "off", "--access-log", "off"];
  return {
    command: [process.execPath, join(projectRoot, "dist/cli/main.js"), "serve", APP, "--socket", socket, ...flags],
    env: process.env,
  };
}

function startPm2(port: string, workers: number, folder: string): Start {
  const runtime = join(pm2Folder(), "bin/pm2-runtime");
  return {
    command: [process.execPath, runtime, "start", APP, "-i", String(workers)],
    env: { ...process.env, PM2_HOME: join(folder, "pm2"), PORT: port },
  };
}

function startUwsgi(socket: string, workers: number, folder: string): Start | undefined {
  const program = findProgram("uwsgi");
  if (program === undefined || findProgram("uwsgi_python3") === undefined) return undefined;
  const app = pythonApp(folder);
  const flags = ["--master", "--plugin", "python3", "--wsgi-file", app, "--disable-logging", "--lazy-apps"];
  return { command: [program, ...flags, "--socket", socket, "--processes", String(workers)], env: distribution };
}

function startGunicorn(port: string, workers: number, folder: string): Start | undefined {
  const program = findProgram("gunicorn");
  if (program === undefined) return undefined;
  pythonApp(folder);
  const flags = ["--chdir", folder, "--workers", String(workers), "--bind", `127.0.0.1:${port}`];
  return { command: [program, ...flags, "app:application"], env: distribution };
}

/** The distribution's Python, whichever else there is. */
const distribution = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8", PYTHONDONTWRITEBYTECODE: "1" };

function pythonApp(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "app.py");
  writeFileSync(file, PYTHON_APP);
  return file;
}
