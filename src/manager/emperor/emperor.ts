/**
 * An emperor: it looks at the files of its vassals each second, asks `planVassal` what is to be done, and does it.
 */
import { ConfigError } from "../../errors.ts";
import { afterFailure, delayOf, type Failures, noFailures } from "../../throttle.ts";
import { commandEnd, type CommandEnd } from "../master/exit-reason.ts";
import type { ManagerLog } from "../master/manager-log.ts";
import { privilegesOf } from "../outside/user-ids.ts";
import { type FileView, planVassal, type VassalAction, type VassalView } from "./plan.ts";
import type { FlagTable, Vassal } from "./vassal.ts";
import { listVassals, readVassal } from "./vassal-files.ts";
import { type VassalLaunch, VassalProcess } from "./vassal-process.ts";

export interface EmperorOptions {
  readonly folders: readonly string[];
  /** Each vassal is the owner of its file; links are refused. Default false. */
  readonly isTyrant?: boolean;
  /** Options of `uisge serve`. */
  readonly flags: FlagTable;
  /** Program and arguments that `uisge serve` is, here. */
  readonly serve: readonly [program: string, ...args: string[]];
  readonly log: Pick<ManagerLog, "write">;
  /** Rejects with what is wrong in a file that its vassal will read itself. */
  readonly check: (path: string) => Promise<void>;
}

/** As uWSGI's emperor looks every three seconds; a second is what touches of files take here. */
const LOOK_MS = 1_000;

interface Subject {
  readonly path: string;
  file: FileView | undefined;
  vassal: (Vassal & { readonly user: User | undefined }) | undefined;
  running: (VassalView["running"] & { readonly process: VassalProcess }) | undefined;
  failures: Failures;
  restsFor: string | undefined;
  /** What was said of its file last, not to be said each second. */
  fault: string | undefined;
}

type User = NonNullable<VassalLaunch["user"]>;

export class Emperor {
  /** Resolves when all vassals have ended. */
  readonly ended: Promise<void>;
  private readonly options: EmperorOptions;
  private readonly subjects = new Map<string, Subject>();
  private readonly unreadable = new Set<string>();
  private readonly timer: NodeJS.Timeout;
  private wakeTimer: NodeJS.Timeout | undefined;
  private isLooking = false;
  private isEnding = false;
  private onEnded: () => void = () => {};

  /** Rejects with a ConfigError (`UWSGI_NO_CONFIGURATION`) for a folder that cannot be read. */
  static async start(options: EmperorOptions): Promise<Emperor> {
    for (const folder of options.folders) {
      await listVassals(folder).catch((error: Error) => {
        throw new ConfigError(`no folder of vassals: ${error.message}`, {
          code: "UWSGI_NO_CONFIGURATION",
          cause: error,
        });
      });
    }
    const emperor = new Emperor(options);
    await emperor.look();
    return emperor;
  }

  private constructor(options: EmperorOptions) {
    this.options = options;
    this.timer = setInterval(() => void this.look(), LOOK_MS);
    this.ended = new Promise((resolve) => {
      this.onEnded = resolve;
    });
  }

  /** Tells all vassals to end; a second time with `fast`: at once. */
  stop(how: "graceful" | "fast", why: string): void {
    const { log } = this.options;
    log.write("info", "command", `${why}: all vassals end${how === "fast" ? " at once" : ""}`);
    this.isEnding = true;
    clearInterval(this.timer);
    if (how === "fast") {
      for (const subject of this.subjects.values()) {
        subject.running?.process.signal("SIGINT");
        if (subject.running !== undefined) subject.running = { ...subject.running, isStopping: true };
      }
    }
    this.act();
  }

  /** Passes a signal on. */
  tellAll(name: NodeJS.Signals): void {
    for (const { running } of this.subjects.values()) running?.process.signal(name);
  }

  private async look(): Promise<void> {
    // A file system that hangs is not asked twice at a time.
    if (this.isLooking) return;
    this.isLooking = true;
    const seen = new Set<string>();
    const kept: string[] = [];
    for (const folder of this.options.folders) {
      try {
        for (const path of await listVassals(folder)) seen.add(path);
        this.unreadable.delete(folder);
      } catch (error) {
        // That it cannot be read says nothing of the files in it.
        kept.push(folder);
        if (!this.unreadable.has(folder)) this.write("error", "system", `vassals stay as they are: ${textOf(error)}`);
        this.unreadable.add(folder);
      }
    }
    for (const path of seen) await this.lookAt(path);
    for (const [path, subject] of this.subjects) {
      const isKept = kept.some((folder) => path.startsWith(`${folder}/`));
      if (!seen.has(path) && !isKept) subject.file = undefined;
    }
    this.isLooking = false;
    this.act();
  }

  private async lookAt(path: string): Promise<void> {
    const subject = this.subjects.get(path) ?? newSubject(path);
    this.subjects.set(path, subject);
    const { flags, isTyrant = false } = this.options;
    // Of what cannot even be opened nothing is known: it is looked at anew.
    let changed = "";
    try {
      const file = await readVassal(path, flags, !isTyrant);
      if (file === undefined) {
        subject.file = undefined;
        return;
      }
      if (file.changed === subject.file?.changed) return;
      changed = file.changed;
      subject.failures = noFailures;
      const vassal = file.read();
      const user = isTyrant && file.uid !== process.getuid?.() ? await userOf(file.uid) : undefined;
      // What another user has written is judged by that user's own process.
      if (vassal.text !== undefined && user === undefined) await this.options.check(path);
      subject.vassal = { ...vassal, user };
      subject.file = { changed, command: JSON.stringify([vassal.args, vassal.text, user]) };
      subject.fault = undefined;
    } catch (error) {
      subject.file = { changed, command: undefined };
      if (subject.fault === textOf(error)) return;
      subject.fault = textOf(error);
      const goesOn = subject.running === undefined ? "" : "; the vassal goes on as it is";
      this.write("error", "failure", `${textOf(error)}${goesOn}`);
    }
  }

  private act(): void {
    const now = performance.now();
    let wakeAt = Infinity;
    for (const subject of this.subjects.values()) {
      const action = planVassal(subject, this.isEnding, now);
      if (action?.do === "wait") wakeAt = Math.min(wakeAt, action.until);
      else if (action !== undefined) this.perform(subject, action);
    }
    clearTimeout(this.wakeTimer);
    if (wakeAt !== Infinity) this.wakeTimer = setTimeout(() => this.act(), Math.max(1, Math.ceil(wakeAt - now)));
    if (!this.isEnding || this.subjects.size > 0) return;
    this.onEnded();
  }

  private perform(subject: Subject, action: Exclude<VassalAction, { do: "wait" }>): void {
    const { running, file } = subject;
    switch (action.do) {
      case "start":
        this.startVassal(subject);
        return;
      case "reload":
        if (running === undefined || file === undefined) return;
        this.tell(subject, "its file was touched: it reloads");
        running.process.signal("SIGHUP");
        subject.running = { ...running, changed: file.changed };
        return;
      case "stop":
        if (running === undefined) return;
        this.tell(subject, reasons[action.because]);
        running.process.signal("SIGTERM");
        subject.running = { ...running, isStopping: true };
        return;
      case "forget":
        this.subjects.delete(subject.path);
    }
  }

  private startVassal(subject: Subject): void {
    const { path, file, vassal } = subject;
    if (file?.command === undefined || vassal === undefined) return;
    const { serve } = this.options;
    const process = new VassalProcess({ serve, args: vassal.args, file: path, user: vassal.user }, (end) =>
      this.noteEnd(subject, end),
    );
    subject.running = { command: file.command, changed: file.changed, isStopping: false, process };
    subject.restsFor = undefined;
    this.tell(subject, "it is started");
  }

  private noteEnd(subject: Subject, end: CommandEnd): void {
    const { running } = subject;
    if (running === undefined) return;
    if (running.isStopping) this.tell(subject, `it has ended: ${commandEnd(end)}`);
    else if (end.code === 0) {
      subject.restsFor = running.changed;
      this.tell(subject, "it has ended because somebody has told it to: it rests until its file is touched");
    } else {
      subject.failures = afterFailure(subject.failures, performance.now());
      const delayMs = delayOf(subject.failures);
      const when = delayMs === 0 ? "at once" : `in ${delayMs / 1_000} s`;
      this.tell(subject, `it has ended: ${commandEnd(end)}; it is started again ${when}`, "error");
    }
    subject.running = undefined;
    this.act();
  }

  private tell({ path, running }: Subject, what: string, level: "info" | "error" = "info"): void {
    const pid = running === undefined || running.process.pid === 0 ? "" : ` (pid ${running.process.pid})`;
    this.write(level, level === "error" ? "failure" : "worker", `vassal ${path}${pid}: ${what}`);
  }

  private write(...line: Parameters<ManagerLog["write"]>): void {
    this.options.log.write(...line);
  }
}

const reasons = {
  gone: "its file is gone: it ends",
  changed: "its file has changed: it ends, and is started anew",
  ending: "it ends with its emperor",
} as const;

function newSubject(path: string): Subject {
  return {
    path,
    file: undefined,
    vassal: undefined,
    running: undefined,
    failures: noFailures,
    restsFor: undefined,
    fault: undefined,
  };
}

/** With the group that the system has for the user: that of the file proves nothing. */
async function userOf(owner: number): Promise<User> {
  const { uid = owner, gid } = await privilegesOf({ uid: owner });
  if (gid === undefined) throw new TypeError(`user ${owner} has no group`);
  return { uid, gid };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
