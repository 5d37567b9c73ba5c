/** A worker as its master has it, with the test as the master. */
import { EventEmitter, once } from "node:events";
import { writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { type Address, type HeldSocket, holdSocket, parseAddress } from "../../src/connection/index.ts";
import { LineChannel } from "../../src/manager/channel/line-channel.ts";
import { CHANNEL_FD, FIRST_SOCKET_FD, type FromWorker, type ToWorker } from "../../src/manager/channel/messages.ts";
import { writeSetup } from "../../src/manager/channel/read-setup.ts";
import type { WorkerSetup } from "../../src/manager/channel/worker-setup.ts";
import { Child, type ChildOptions } from "./child.ts";
import { projectRoot } from "./project.ts";
import { folderOf } from "./temp-folder.ts";

export const WORKER_PROGRAM: string = join(projectRoot, "build/src/manager/worker/worker-main.js");

/** What differs from a setup that has nothing special. */
export interface WorkerChanges extends Partial<Omit<WorkerSetup, "application" | "worker" | "sockets">> {
  readonly application?: Partial<WorkerSetup["application"]>;
  readonly worker?: Partial<WorkerSetup["worker"]>;
}

type Said<Kind extends FromWorker["kind"]> = Extract<FromWorker, { readonly kind: Kind }>;

export class WorkerChild extends Child {
  readonly pipe: Socket;
  /** All that it has said. */
  readonly messages: FromWorker[] = [];
  /** Why the channel has ended. */
  channelEnd: string | undefined;
  private readonly channel: LineChannel<ToWorker, FromWorker>;
  private readonly news = new EventEmitter();

  /** `fds`: its sockets. */
  constructor(
    fds: readonly number[],
    nodeOptions: readonly string[] = [],
    options: Pick<ChildOptions, "env" | "cwd" | "uid"> = {},
  ) {
    super([...nodeOptions, WORKER_PROGRAM], { ...options, fds: ["pipe", ...fds] });
    this.pipe = this.process.stdio[CHANNEL_FD] as Socket;
    this.channel = new LineChannel<ToWorker, FromWorker>(this.pipe, {
      onMessage: (message) => {
        this.messages.push(message);
        this.news.emit("more");
      },
      onEnd: (error) => {
        this.channelEnd = error?.message ?? "end";
        this.news.emit("more");
      },
    });
  }

  send(message: ToWorker): void {
    this.channel.send(message);
  }

  stop(graceMs = 60_000, behindQueue = false): void {
    this.send({ kind: "stop", graceMs, behindQueue });
  }

  /** The first message of a kind that `matches`; rejects when no more can come. */
  async said<Kind extends FromWorker["kind"]>(
    kind: Kind,
    matches: (message: Said<Kind>) => boolean = () => true,
  ): Promise<Said<Kind>> {
    for (;;) {
      const found = this.messages.find((one): one is Said<Kind> => one.kind === kind && matches(one as Said<Kind>));
      if (found !== undefined) return found;
      if (this.channelEnd !== undefined) {
        throw new Error(
          `the worker has not said ${kind} but ${JSON.stringify(this.messages)}, ${this.channelEnd}\n${this.stderr}`,
        );
      }
      await once(this.news, "more");
    }
  }
}

/** A worker, what it was told, and where it is to be reached. */
export interface StartedWorker {
  readonly worker: WorkerChild;
  readonly address: Address;
  readonly held: HeldSocket;
  readonly folder: string;
}

export interface StartWorkerOptions extends WorkerChanges {
  readonly nodeOptions?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Default: a unix socket. */
  readonly socket?: string;
  /** Default `app.mjs`. */
  readonly file?: string;
}

/** Starts a worker with a module of that source. It is gone at the end of the test. */
export async function startWorker(
  t: ExecutionContext,
  source: string,
  { nodeOptions, env, socket, file = "app.mjs", ...changes }: StartWorkerOptions = {},
): Promise<StartedWorker> {
  const folder = folderOf(t);
  writeFileSync(join(folder, file), source);
  const held = await holdSocket(parseAddress(socket ?? join(folder, "app.sock")));
  t.teardown(() => held.close());
  const worker = new WorkerChild([held.fd], nodeOptions, { cwd: folder, ...(env === undefined ? {} : { env }) });
  t.teardown(() => worker[Symbol.asyncDispose]());
  worker.send({ kind: "setup", setup: writeSetup(setupOf(join(folder, file), held.address, changes)) });
  return { worker, address: held.address, held, folder };
}

/** As `startWorker`, and waits until it accepts. */
export async function readyWorker(
  t: ExecutionContext,
  source: string,
  options: StartWorkerOptions = {},
): Promise<StartedWorker> {
  const started = await startWorker(t, source, options);
  await started.worker.said("ready");
  return started;
}

export function setupOf(name: string, address: Address, changes: WorkerChanges = {}): WorkerSetup {
  const { application, worker, ...rest } = changes;
  return {
    server: {},
    log: { access: "off", errors: "text" },
    privileges: { allowRoot: true },
    watchesLoop: false,
    ...rest,
    worker: { id: 1, generation: 1, processes: 1, ...worker },
    application: { name, fastGlobals: false, args: [], ...application },
    sockets: [{ fd: FIRST_SOCKET_FD, name: "app", address }],
  };
}

/** A WSGI application that says `body`, an expression that may use `environ`. */
export function saying(body: string): string {
  return `export function application(environ, startResponse) {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return ${body};
}
`;
}
