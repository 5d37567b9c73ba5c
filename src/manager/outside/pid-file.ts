/**
 * A file with the pid of the master. Written whole or not at all, and removed only while it is ours: behind an upgrade
 * it is the new master's.
 *
 * Who reads a pid that nobody has any more overwrites it: the file of a master that was killed is no reason not to start.
 */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { ConnectionError, errorCode } from "../../errors.ts";

export class PidFile {
  readonly path: string;
  private readonly pid: number;

  private constructor(path: string, pid: number) {
    this.path = path;
    this.pid = pid;
  }

  /**
   * Writes it. `predecessor`: the master that this one replaces, whose file it may be.
   *
   * Throws a ConnectionError: `UWSGI_ADDRESS_IN_USE` when another master runs with this file, `UWSGI_LISTEN_FAILED`
   * when it cannot be written.
   */
  static take(path: string, { pid = process.pid, predecessor }: PidFileOptions = {}): PidFile {
    const holder = readPid(path);
    if (holder !== undefined && holder !== pid && holder !== predecessor && isSuchProcess(holder)) {
      throw new ConnectionError(`pid file ${path}: process ${holder} runs with it`, { code: "UWSGI_ADDRESS_IN_USE" });
    }
    // Beside it, for a rename does not go from one file system to another.
    const draft = `${path}.${pid}`;
    try {
      rmSync(draft, { force: true });
      // `wx`: never through a link that somebody has laid there.
      writeFileSync(draft, `${pid}\n`, { flag: "wx", mode: 0o644 });
      renameSync(draft, path);
    } catch (cause) {
      remove(draft);
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ConnectionError(`pid file ${path} cannot be written: ${reason}`, {
        code: "UWSGI_LISTEN_FAILED",
        cause,
      });
    }
    return new PidFile(path, pid);
  }

  /** Removes it, unless it is somebody else's by now. Does not throw: at the end there is nothing left to do about it. */
  remove(): void {
    if (readPid(this.path) === this.pid) remove(this.path);
  }
}

export interface PidFileOptions {
  /** Default: that of this process. */
  readonly pid?: number;
  readonly predecessor?: number | undefined;
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The folder may no longer be ours to write, or a folder may lie there; who comes next finds a pid that nobody has.
  }
}

/** Longer than a pid and its line feed. */
const MOST_BYTES = 32;

/**
 * Undefined where there is no such file, or no pid in it. In a folder of somebody else's anything may be there: a pipe that
 * nobody writes to is not waited for, a device without an end not read to it.
 */
function readPid(path: string): number | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!fstatSync(fd).isFile()) return undefined;
    const bytes = Buffer.alloc(MOST_BYTES);
    const text = bytes.toString("latin1", 0, readSync(fd, bytes)).trim();
    return /^[1-9][0-9]{0,9}$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/**
 * True for a process that runs and may be a master. Pids are given again: behind a restart of the machine, or of a
 * container, another program may have it. Where the system tells which program that is (Linux), one that is not ours is
 * not taken for a master.
 */
function isSuchProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, and is another user's.
    if (errorCode(error) !== "EPERM") return false;
  }
  const program = programOf(pid);
  return program === undefined || program === programOf(process.pid);
}

function programOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return undefined;
  }
}
