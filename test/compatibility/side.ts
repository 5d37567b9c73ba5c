/** An application in a process of its own, behind an nginx of its own: on node:http by `proxy_pass`, or over uwsgi. */
import type { NetConnectOpts } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { accepts } from "../helpers/accepts.ts";
import { Child } from "../helpers/child.ts";
import { type FrontEndProcess, freePort } from "../helpers/front-end-process.ts";
import { startNginx } from "../helpers/nginx.ts";
import { httpBlock, passTo } from "../helpers/nginx-stack.ts";
import { projectRoot } from "../helpers/project.ts";
import { tempFolder } from "../helpers/temp-folder.ts";

export interface SideOptions {
  /** Environment of the application. */
  readonly env?: NodeJS.ProcessEnv;
  /** More directives for nginx's `server`. */
  readonly directives?: string;
}

export interface Side extends AsyncDisposable {
  /** Where nginx listens on 127.0.0.1. */
  readonly port: number;
  /** The uwsgi socket; undefined on node:http. */
  readonly socket?: string;
  /** What the application has written so far. */
  output(): string;
}

/** Most time for an application to listen. */
const START_MS = 30_000;

/** Runs a program that listens on PORT, and nginx with `proxy_pass`. */
export async function startOnNode(program: string, options: SideOptions = {}): Promise<Side> {
  const port = await freePort();
  const child = new Child([program], { cwd: projectRoot, env: environmentOf(options, port) });
  return behind(child, { host: "127.0.0.1", port }, () =>
    startNginx({ confText: (place) => proxyBlock(place.port, port, options.directives ?? "") }),
  );
}

/** Runs a module by `uisge serve`, and nginx with `uwsgi_pass`. */
export async function startOnUwsgi(module: string, options: SideOptions = {}): Promise<Side> {
  const folder = tempFolder();
  const socket = folder.file("app.sock");
  const args = [join(projectRoot, "dist/cli/main.js"), "serve", module, "--socket", socket, "--access-log", "off"];
  // The port that it asks for is never taken.
  const child = new Child(args, { cwd: projectRoot, env: environmentOf(options, 1) });
  try {
    const side = await behind(child, { path: socket }, () =>
      startNginx({
        confText: ({ port }) => httpBlock(port, `${options.directives ?? ""}\n location / { ${passTo(socket)} }`),
      }),
    );
    const stop = async (): Promise<void> => {
      await side[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    };
    return { ...side, socket, [Symbol.asyncDispose]: stop };
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
}

function environmentOf({ env }: SideOptions, port: number): NodeJS.ProcessEnv {
  return { NODE_ENV: "production", HOST: "127.0.0.1", PORT: String(port), ...env };
}

async function behind(child: Child, place: NetConnectOpts, start: () => Promise<FrontEndProcess>): Promise<Side> {
  try {
    await listening(child, place);
    const nginx = await start();
    const stop = async (): Promise<void> => {
      await nginx.stop();
      await child[Symbol.asyncDispose]();
    };
    return { port: nginx.port, output: () => child.stdout + child.stderr, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await child[Symbol.asyncDispose]();
    throw error;
  }
}

async function listening(child: Child, place: NetConnectOpts): Promise<void> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    if (await accepts(place)) return;
    const { exitCode, signalCode } = child.process;
    if (exitCode !== null || signalCode !== null || performance.now() > deadline) {
      throw new Error(`the application does not listen:\n${child.stdout}${child.stderr}`);
    }
    await delay(20);
  }
}

/** As `httpBlock`, of node:http with kept connections, as its users are told to set nginx up. */
function proxyBlock(port: number, to: number, directives: string): string {
  return `
  map $http_upgrade $connection_header { default upgrade; '' ''; }
  upstream application { server 127.0.0.1:${to}; keepalive 8; }
  proxy_http_version 1.1;
  proxy_set_header Host $http_host;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_header;
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 0;
    ${directives}
    location / { proxy_pass http://application; }
  }`;
}
