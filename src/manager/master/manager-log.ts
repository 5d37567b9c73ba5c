/** The log of the master: what an operator reads first. Rare by nature, and by limits where a fault could make it often. */
import { closeSync, constants, fchownSync, openSync } from "node:fs";
import { errorCode, typeError } from "../../errors.ts";
import { checkLogOptions, ErrorLog, LogFile, plainRecord, RateLimit } from "../../log/index.ts";
import type { WorkerLog } from "../channel/worker-setup.ts";
import { type OutputSource, type Printed, printedRecord } from "../output/printed-record.ts";
import { asUser, type Rights } from "../outside/as-user.ts";
import { distrust } from "../outside/trusted-folder.ts";

export type Level = "error" | "warn" | "info";

/** What is told of by the same limit: a storm of one kind hides no other. */
export type Topic =
  /** What the operator has asked for, and what has become of it. */
  | "command"
  /** Workers that come and go as they should. */
  | "worker"
  /** Those that do not. */
  | "failure"
  /** A worker that is stuck. */
  | "stuck"
  /** What a worker says, and this version does not know. */
  | "message"
  /** What is attached to the service. */
  | "program"
  | "socket"
  | "system";

interface Line {
  readonly level: Level;
  readonly text: string;
  readonly worker: number | undefined;
  readonly at: Date;
}

/** So many at once, then one a second: workers of a large service change all at a time. */
const RATE = { burst: 100, intervalMs: 1_000 };

/** Whose files are to be: a worker opens them too, and may be somebody else. */
export type LogOwner = Rights;

export class ManagerLog {
  private readonly log: ErrorLog;
  private readonly options: WorkerLog;
  private readonly owner: LogOwner;
  private readonly file: LogFile | undefined;
  private readonly limits = new Map<Topic, RateLimit<Line>>();
  private isClosed = false;

  /**
   * Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) when a file cannot be made, or opened by its owner, and for a format that
   * workers would refuse, and a UwsgiError (`UWSGI_PACKAGE_MISSING`).
   */
  constructor(options: WorkerLog, owner: LogOwner = {}) {
    const { access, errors } = options;
    checkLogOptions({ errorFormat: errors, ...(access === "off" ? {} : { accessFormat: access }) });
    this.options = options;
    this.owner = owner;
    this.makeFiles();
    const { errorFile } = options;
    this.file = errorFile === undefined ? undefined : attempt(errorFile, owner, () => new LogFile(errorFile));
    this.log = new ErrorLog(this.file ?? process.stderr, options.errors);
  }

  /** `worker`: the id of the one that it is about. */
  write(level: Level, topic: Topic, text: string, worker?: number): void {
    let limit = this.limits.get(topic);
    if (limit === undefined) {
      limit = new RateLimit<Line>(RATE, (line, heldBack) => {
        const record = plainRecord(line.level, `manager:${topic}`, line.text);
        this.log.write({ ...record, members: { worker: line.worker } }, line.at, heldBack);
      });
      this.limits.set(topic, limit);
    }
    limit.offer({ level, text, worker, at: new Date() });
  }

  /** Writes what another process has printed, which has a limit of its own. */
  print(source: OutputSource, printed: Printed): void {
    // What a worker has started may print for longer than there is a service.
    if (!this.isClosed) this.log.write(printedRecord(source, printed, this.options.errors));
  }

  /** Opens the files anew, before workers do: those may not be allowed to make them. */
  reopen(): void {
    try {
      this.makeFiles();
      const { file } = this;
      if (file !== undefined) attempt(file.path, this.owner, () => file.reopen());
    } catch (error) {
      this.write("error", "system", (error as Error).message);
    }
  }

  /** Writes what is held back. */
  close(): void {
    for (const limit of this.limits.values()) limit.flush();
    this.isClosed = true;
    this.log.close();
    this.file?.close();
  }

  private makeFiles(): void {
    for (const path of [this.options.errorFile, this.options.accessFile]) {
      if (path !== undefined) makeFile(path, this.owner);
    }
  }
}

/**
 * Makes a file for its owner; leaves one that is there as it is.
 *
 * All is done as the owner, who gets no file by us that could not be had without us: in a folder of theirs, what is at the
 * path, or on the way to it, is what they like, such as a link to a file of root's. Only where they may not write we make
 * the file, and only where nobody but root decides what that folder is.
 */
function makeFile(path: string, owner: LogOwner): void {
  if (owner.uid === undefined) return;
  const make = (): number => openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o640);
  try {
    closeSync(asUser(owner, make));
    return;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return;
    if (errorCode(error) !== "EACCES") throw refusal(path, error);
  }
  const objection = distrust(path);
  if (objection !== undefined) throw refusal(path, new Error(`user ${owner.uid} may not make it, and ${objection}`));
  try {
    const fd = make();
    try {
      fchownSync(fd, owner.uid, owner.gid ?? -1);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw refusal(path, error);
  }
}

function attempt<Result>(path: string, owner: LogOwner, act: () => Result): Result {
  try {
    return asUser(owner, act);
  } catch (error) {
    throw refusal(path, error);
  }
}

function refusal(path: string, error: unknown): TypeError {
  const reason = error instanceof Error ? error.message : String(error);
  return Object.assign(typeError("UWSGI_INVALID_ARGUMENT", `log ${path} cannot be opened: ${reason}`), {
    cause: error,
  });
}
