/**
 * A worker from inside: it gives up its rights, loads the application, serves it on sockets that it inherits, says how
 * it is, and ends. What it knows of the world comes from its master over the channel; without a master it leaves.
 */
import { Socket } from "node:net";
import { type RunningApplication, runApplication } from "../../app/index.ts";
import { errorCode } from "../../errors.ts";
import type { Middleware } from "../../handler/index.ts";
import { RateLimit } from "../../log/index.ts";
import { exitCodeOf } from "../../process/index.ts";
import { serve } from "../../serve.ts";
import { DEFAULT_GRACE_MS } from "../../server/index.ts";
import { LineChannel, type Message } from "../channel/line-channel.ts";
import { CHANNEL_FD, type FromWorker, type ToWorker } from "../channel/messages.ts";
import { UnknownKinds } from "../channel/unknown-kinds.ts";
import { preload } from "./preload.ts";
import { printAtOnce } from "./printing.ts";
import { dropPrivileges } from "./privileges.ts";
import { readSetup, serveOptionsOf } from "../channel/read-setup.ts";
import { Reports } from "./reports.ts";
import { Serving } from "./serving.ts";
import type { WantsOut } from "../plan/view.ts";
import { type Served, type StopOptions, WorkerEnd } from "./worker-end.ts";
import { WorkerLogs } from "./worker-logs.ts";
import { onSignals } from "./worker-signals.ts";
import type { WorkerSetup } from "../channel/worker-setup.ts";

/** For an application that fails: 20 lines at once, then 10 a second. */
const FAILURES = { burst: 20, intervalMs: 100 };

/** Exit code for a program that is not started as it must be. */
const USAGE_ERROR = 64;

/** Begins; the process goes on for as long as there is something to serve. */
export function runWorker(): object {
  let socket: Socket;
  try {
    socket = new Socket({ fd: CHANNEL_FD, readable: true, writable: true });
  } catch {
    process.stderr.write(`uisge: a worker is started by its master, which is to be at descriptor ${CHANNEL_FD}\n`);
    process.exit(USAGE_ERROR);
  }
  return new Worker(socket);
}

/** What the application has of an activation by systemd would be our descriptors. */
const NOT_FOR_APPLICATIONS = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "UISGE_HANDOVER"];

class Worker {
  private readonly socket: Socket;
  private readonly channel: LineChannel<FromWorker, ToWorker>;
  private readonly end = new WorkerEnd();
  private setup: WorkerSetup | undefined;
  private logs: WorkerLogs = new WorkerLogs({ access: "off", errors: "text" });
  private served: Promise<Served> | undefined;
  private serving: Serving | undefined;
  private reports: Reports | undefined;
  private readonly saidOut = new Set<WantsOut>();
  private readonly unknown = new UnknownKinds();

  constructor(socket: Socket) {
    this.socket = socket;
    this.channel = new LineChannel<FromWorker, ToWorker>(socket, {
      onMessage: (message) => this.onMessage(message),
      onEnd: (error) => this.onMasterGone(error),
    });
    this.end.onClosed = () => this.channel.send({ kind: "closed" });
  }

  private get name(): string {
    return this.setup === undefined ? "worker" : `worker ${this.setup.worker.id}`;
  }

  /** As long as the server itself gives what runs. */
  private get grace(): StopOptions {
    return { graceMs: this.setup?.server.graceMs ?? DEFAULT_GRACE_MS, behindQueue: false };
  }

  private onMessage(message: ToWorker): void {
    switch (message.kind) {
      case "setup":
        if (this.setup === undefined) void this.start(message.setup).catch((error: unknown) => this.fail(error));
        break;
      case "stop":
        // Infinity is not to be had in JSON: it is null.
        this.stop({ ...message, graceMs: message.graceMs ?? Number.POSITIVE_INFINITY });
        break;
      case "reopen":
        this.logs.reopen();
        break;
      case "requests":
        this.channel.send({ kind: "requests", ask: message.ask, requests: this.serving?.running() ?? [] });
        break;
      default:
        this.passOver(message);
    }
  }

  /** A master that knows more than we do is of a later version. */
  private passOver({ kind }: Message): void {
    const told = this.unknown.note(kind);
    if (told !== undefined) this.logs.warn(`${this.name}: its master ${told}`);
  }

  private async start(text: string): Promise<void> {
    const setup = readSetup(text);
    this.setup = setup;
    const { worker, application: wanted } = setup;
    dropPrivileges(setup.privileges);
    this.logs = new WorkerLogs(setup.log, worker.id);
    this.end.streams = [process.stdout, process.stderr, ...this.logs.streams];
    if (setup.log.capture === "lines") printAtOnce();
    // From now on only what the application has keeps the process alive.
    this.socket.unref();
    this.takeErrors();
    onSignals({
      stop: () => this.onTerm(),
      leave: () => process.exit(1),
      reopen: () => this.logs.reopen(),
    });
    for (const name of NOT_FOR_APPLICATIONS) delete process.env[name];
    process.env["UISGE_WORKER_ID"] = String(worker.id);
    await preload(wanted.preload ?? []);
    const application = await runApplication(wanted.name, {
      interface: wanted.interface,
      listen: wanted.listen,
      fastGlobals: wanted.fastGlobals,
      args: wanted.args,
      onNotice: (notice) => this.logs.warn(`${this.name}: ${notice}`),
    });
    // A log reader that goes away must not end the worker, not even where only the application writes there.
    process.stdout.on("error", () => {});
    this.served = this.serve(application, setup);
    await this.served;
    const exported = application.exportName === undefined ? "" : `:${application.exportName}`;
    this.channel.send({ kind: "ready", application: `${application.path}${exported}`, why: application.why });
    void application.closed.then(() => {
      if (this.end.hasBegun) return;
      this.end.isClosedByItself = true;
      this.wantsOut("closed", true);
    });
  }

  private async serve(application: RunningApplication, setup: WorkerSetup): Promise<Served> {
    const { worker } = setup;
    const isCounted = setup.maxRequests !== undefined || setup.harakiriMs !== undefined;
    const server = await serve(application.application, {
      ...serveOptionsOf(setup),
      interface: application.interface,
      lifecycle: application.lifecycle,
      middleware: await middlewareOf(setup),
      ...(application.interface === "wsgi"
        ? { wsgi: { multiprocess: worker.processes > 1, workerId: worker.id } }
        : {}),
      beforeAnswer: isCounted ? () => this.reports?.beforeAnswer() : undefined,
      log: this.logs.options,
    });
    this.serving = new Serving(server);
    this.reports = new Reports(this.channel, this.serving, server.counts, setup, {
      onMaxRequests: () => this.wantsOut("max-requests", false),
      onNotice: (notice) => this.logs.warn(`${this.name}: ${notice}`),
    });
    return { serving: this.serving, application };
  }

  private stop(options: StopOptions): void {
    this.end.begin(options, this.served);
  }

  private onTerm(): void {
    // Also heard when we tell the application.
    if (this.end.hasBegun) return;
    this.end.isApplicationTold = true;
    this.wantsOut("asked", true);
  }

  /** Once for each reason: the master knows it from then on. */
  private wantsOut(why: WantsOut, isLeaving: boolean): void {
    if (!this.saidOut.has(why)) this.channel.send({ kind: "out", why, isLeaving });
    this.saidOut.add(why);
    if (isLeaving) this.stop(this.grace);
  }

  /** Errors of nobody. Applications that listen to them have the say. */
  private takeErrors(): void {
    const limit = new RateLimit<{ error: unknown; origin: string }>(FAILURES, ({ error, origin }, heldBack) => {
      const text = `${this.name}: ${origin}`;
      this.logs.own.write({ level: "error", event: "worker:uncaught", text, thrown: { error } }, new Date(), heldBack);
    });
    process.on("uncaughtException", (error, origin) => {
      if (process.listenerCount("uncaughtException") > 1) return;
      limit.offer({ error, origin });
      // The request that it belongs to would wait for its answer in vain.
      this.serving?.blame(error);
      if (this.serving === undefined) process.exit(1);
      if (origin === "unhandledRejection") {
        this.wantsOut("rejection", false);
        return;
      }
      this.end.hasFailed = true;
      this.wantsOut("exception", true);
    });
  }

  private onMasterGone(error?: Error): void {
    if (error !== undefined && errorCode(error) !== "ECONNRESET") {
      const text = `${this.name}: its master cannot be heard any more`;
      this.logs.own.write({ level: "error", event: "worker:channel", text, thrown: { error } });
    }
    // Before the setup there is nothing to be asked to finish.
    if (this.setup === undefined) process.exit(error === undefined ? 0 : exitCodeOf(error));
    this.stop({ ...this.grace, behindQueue: true });
  }

  /** It could not start. The log has all of it, the master what it needs to decide. */
  private fail(error: unknown): void {
    const exitCode = exitCodeOf(error);
    const text = `${this.name} cannot start`;
    this.logs.own.write({ level: "error", event: "worker:failed", text, thrown: { error } });
    const message = error instanceof Error ? error.message : String(error);
    this.channel.send({ kind: "failed", code: errorCode(error) ?? "", message: message.slice(0, 10_000), exitCode });
    this.socket.end(() => process.exit(exitCode));
    // A master that does not read.
    setTimeout(() => process.exit(exitCode), 1_000);
  }
}

/** Loads what only those need who have any. */
async function middlewareOf({ application: { middleware = [] } }: WorkerSetup): Promise<readonly Middleware[]> {
  return middleware.length === 0 ? [] : (await import("../../middleware/index.ts")).middlewareListByName(middleware);
}
