/** The log of the master: what an operator reads first. Rare by nature, and by limits where a fault could make it often. */
import { closeSync, constants, fchownSync, openSync } from "node:fs";
import { errorCode } from "../../errors.ts";
import { ErrorLog, LogFile, plainRecord, RateLimit } from "../../log/index.ts";
import type { WorkerLog } from "../channel/worker-setup.ts";

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
  /** What is attached to the service. */
  | "program"
  | "socket"
  | "system";

interface Line {
  readonly level: Level;
  readonly text: string;
  readonly at: Date;
}

/** So many at once, then one a second: workers of a large service change all at a time. */
const RATE = { burst: 100, intervalMs: 1_000 };

/** Whose files are to be: a worker opens them too, and may be somebody else. */
export interface LogOwner {
  readonly uid?: number;
  readonly gid?: number;
}

export class ManagerLog {
  private readonly log: ErrorLog;
  private readonly options: WorkerLog;
  private readonly owner: LogOwner;
  private readonly file: LogFile | undefined;
  private readonly limits = new Map<Topic, RateLimit<Line>>();

  /** Throws as `openSync` when the file cannot be opened. */
  constructor(options: WorkerLog, owner: LogOwner = {}) {
    this.options = options;
    this.owner = owner;
    this.makeFiles();
    this.file = options.errorFile === undefined ? undefined : new LogFile(options.errorFile);
    this.log = new ErrorLog(this.file ?? process.stderr, options.errors);
  }

  write(level: Level, topic: Topic, text: string): void {
    let limit = this.limits.get(topic);
    if (limit === undefined) {
      limit = new RateLimit<Line>(RATE, (line, heldBack) => {
        this.log.write(plainRecord(line.level, `manager:${topic}`, line.text), line.at, heldBack);
      });
      this.limits.set(topic, limit);
    }
    limit.offer({ level, text, at: new Date() });
  }

  /** Opens the files anew, before workers do: those may not be allowed to make them. */
  reopen(): void {
    try {
      this.makeFiles();
      this.file?.reopen();
    } catch (error) {
      this.write("error", "system", `the log cannot be opened anew: ${(error as Error).message}`);
    }
  }

  /** Writes what is held back. */
  close(): void {
    for (const limit of this.limits.values()) limit.flush();
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
 * Makes a file and gives it to its owner; leaves one that is there as it is. A link is not followed, so nobody gets a
 * file of another.
 */
function makeFile(path: string, { uid = -1, gid = -1 }: LogOwner): void {
  if (uid === -1 && gid === -1) return;
  try {
    const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o640);
    try {
      fchownSync(fd, uid, gid);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  }
}
