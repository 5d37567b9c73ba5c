/** A service of master and workers in processes of their own, an application for it, and load. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate, setTimeout as delay } from "node:timers/promises";
import { askManager } from "../../src/manager/control/control-client.ts";
import type { ManagerOptions } from "../../src/manager/options.ts";
import type { ManagerStatus } from "../../src/manager/status.ts";
import { Child, LONG_MS } from "./child.ts";
import { projectRoot } from "./project.ts";
import { ask, get } from "./raw-client.ts";
import { tempFolder, type TempFolder } from "./temp-folder.ts";

/** Answers with its pid and its version, and misbehaves as it is asked to. */
export function applicationOf(version: string, atLoad = ""): string {
  return `import { existsSync, writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
${atLoad};
let kept = [];
const paths = {
  "/held": async () => { while (!existsSync("released")) await delay(20); },
  "/loop": () => { for (;;); },
  "/busy": (ms) => { const end = performance.now() + Number(ms); while (performance.now() < end); },
  "/throw": () => { setTimeout(() => { throw new Error("planted"); }); return delay(50); },
  "/reject": () => { setTimeout(() => Promise.reject(new Error("planted"))); return delay(50); },
  "/exit": (code) => process.exit(Number(code)),
  "/heap": () => { for (;;) kept.push(new Array(10_000).fill(kept.length)); },
  "/garbage": () => { for (let n = 0; n < 50; n++) writeSync(3, "x".repeat(1_000) + "\\n"); },
  "/lie": () => { writeSync(3, '{"kind":"vitals","rss":"much"}\\n'); },
  "/deep": (kind) => {
    const depth = 400_000;
    say('{"kind":"' + kind + '","a":' + "[".repeat(depth) + "]".repeat(depth) + "}\\n");
  },
  "/later": (times) => say('{"kind":"later","more":1}\\n'.repeat(Number(times))),
  "/leak": (mib) => { kept.push(Buffer.alloc(Number(mib) * 2 ** 20, 1)); },
};
export default {
  async fetch(request) {
    const { pathname, search } = new URL(request.url);
    await paths[pathname]?.(search.slice(1));
    return new Response(process.pid + " ${version}");
  },
};
function say(text) {
  const lines = Buffer.from(text);
  for (let at = 0; at < lines.length; ) {
    try { at += writeSync(3, lines, at); } catch (error) { if (error.code !== "EAGAIN") throw error; }
  }
}
`;
}

export interface ManagedOptions extends Partial<ManagerOptions> {
  /** What the application's module is first. Default: `applicationOf("one")`. */
  readonly source?: string;
  readonly environment?: NodeJS.ProcessEnv;
}

export interface Answer {
  readonly pid: number;
  readonly version: string;
}

export class Managed implements AsyncDisposable {
  readonly child: Child;
  readonly folder: TempFolder;
  /** Pids of masters beside the first: ended at the end. */
  readonly successors = new Set<number>();
  private readonly tcp: number | undefined;

  private constructor(child: Child, folder: TempFolder, tcp: number | undefined) {
    this.child = child;
    this.folder = folder;
    this.tcp = tcp;
  }

  /** Begins; see `serving`. */
  static begin({ source = applicationOf("one"), environment = {}, ...options }: ManagedOptions = {}): Managed {
    const folder = tempFolder();
    writeFileSync(folder.file("app.mjs"), source);
    const given: ManagerOptions = {
      application: folder.file("app.mjs"),
      socket: folder.file("app.sock"),
      control: folder.file("control.sock"),
      processes: 2,
      allowRoot: true,
      ...options,
    };
    const tcp = typeof given.socket === "string" ? /^127\.0\.0\.1:([1-9]\d*)$/.exec(given.socket)?.[1] : undefined;
    const program = join(projectRoot, "build/test/programs/manager.js");
    const child = new Child([program, JSON.stringify(given)], { cwd: folder.path, env: environment });
    return new Managed(child, folder, tcp === undefined ? undefined : Number(tcp));
  }

  /** Resolves when it serves with all its workers. */
  static async start(options: ManagedOptions = {}): Promise<Managed> {
    const managed = Managed.begin(options);
    await managed.child.printed("stdout", /serving .*\n/);
    await managed.allReady();
    return managed;
  }

  get pid(): number {
    return this.child.process.pid ?? 0;
  }

  /** The module from now on. */
  write(source: string): void {
    writeFileSync(this.folder.file("app.mjs"), source);
  }

  signal(name: NodeJS.Signals): void {
    this.child.process.kill(name);
  }

  logged(pattern: RegExp): Promise<RegExpExecArray> {
    return this.child.printed("stderr", pattern);
  }

  async status(): Promise<ManagerStatus> {
    const { status } = await askManager(this.folder.file("control.sock"), { command: "status" }, "a test");
    if (status === undefined) throw new Error("no status");
    return status;
  }

  /** Waits until the status is as it should be; rejects when it is not so after `LONG_MS`. */
  async until(isSo: (status: ManagerStatus) => boolean): Promise<ManagerStatus> {
    const last = performance.now() + LONG_MS;
    for (;;) {
      const status = await this.status();
      if (isSo(status)) return status;
      if (performance.now() > last) throw new Error(`still ${JSON.stringify(status)}\n${this.child.stderr}`);
      await setImmediate();
    }
  }

  /** Waits until there are as many ready workers as are wanted, and no others; their pids. */
  async allReady(): Promise<number[]> {
    const { workers } = await this.until(
      ({ workers: all, processes, state }) =>
        state === "running" && all.length === processes && all.every((worker) => worker.state === "ready"),
    );
    return workers.map(({ pid }) => pid);
  }

  /** Rejects for any other answer than a whole 200. */
  async ask(path = "/"): Promise<Answer> {
    const address =
      this.tcp === undefined
        ? ({ kind: "unix", path: this.folder.file("app.sock") } as const)
        : ({ kind: "tcp", host: "127.0.0.1", port: this.tcp } as const);
    const [pathname = "", query = ""] = path.split("?");
    const answer = await ask(address, get({ PATH_INFO: pathname, REQUEST_URI: path, QUERY_STRING: query }));
    const [pid, version] = answer.body.split(" ");
    if (answer.status !== 200 || version === undefined || answer.how !== "end") {
      throw new Error(`${answer.how}: ${answer.status} ${answer.body}`);
    }
    return { pid: Number(pid), version };
  }

  /** Asks so often for what is not answered before `release`; resolves when all of these run. */
  async hold(requests: number): Promise<Promise<Answer>[]> {
    const held = Array.from({ length: requests }, () => this.ask("/held"));
    // Who waits for them hears of it.
    for (const one of held) one.catch(() => {});
    while ((await this.running()) < requests) await setImmediate();
    return held;
  }

  release(): void {
    writeFileSync(this.folder.file("released"), "");
  }

  /** How many requests run in all workers. */
  async running(): Promise<number> {
    let count = 0;
    await askManager(this.folder.file("control.sock"), { command: "requests" }, "a test", (line) => {
      if ("request" in line) count++;
    });
    return count;
  }

  /** Asks all the time until it is ended. */
  load(lanes = 4, path = "/"): Load {
    return new Load(this, lanes, path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGTERM");
    for (const pid of this.successors) await endProcess(pid);
    await this.child.exit();
    this.folder[Symbol.dispose]();
  }
}

/** Ends a process that need not be a child of ours, and waits for that. */
export async function endProcess(pid: number): Promise<void> {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // It has ended already.
  }
  await gone(pid);
}

/** Resolves when no such process is there any more. */
export async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await delay(10);
  }
}

/** Requests that are asked one after the other in each of several lanes. */
export class Load {
  /** What each failed request was answered with. */
  readonly failed: string[] = [];
  readonly answers = new Map<string, number>();
  requests = 0;
  private isEnded = false;
  private readonly lanes: Promise<void[]>;
  private wake: () => void = () => {};

  constructor(managed: Managed, lanes: number, path: string) {
    this.lanes = Promise.all(Array.from({ length: lanes }, () => this.run(managed, path)));
  }

  /** Waits until so many more have been answered. */
  async more(requests: number): Promise<void> {
    const most = this.requests + requests;
    while (this.requests < most) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /** Waits for what runs. */
  async end(): Promise<void> {
    this.isEnded = true;
    await this.lanes;
  }

  private async run(managed: Managed, path: string): Promise<void> {
    while (!this.isEnded) {
      try {
        const { version } = await managed.ask(path);
        this.answers.set(version, (this.answers.get(version) ?? 0) + 1);
      } catch (error) {
        this.failed.push(String(error));
      }
      this.requests++;
      this.wake();
    }
  }
}
