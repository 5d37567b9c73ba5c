/** An htpasswd file, read again when it has changed. */
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { typeError } from "../../errors.ts";
import { parseHtpasswd, type UserList } from "./user-list.ts";

/** It is looked at no more often. */
const CHECK_MS = 1_000;

interface Stamp {
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
}

export class HtpasswdFile {
  private readonly path: string;
  private list: UserList;
  private stamp: string;
  private checkedAt: number;
  private isChecking = false;

  /** Reads it. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) where it cannot be read, or has a fault. */
  constructor(path: string, now: number) {
    this.path = resolve(path);
    const { text, stamp } = readNow(this.path);
    this.list = parseHtpasswd(text, this.path);
    this.stamp = stamp;
    this.checkedAt = now;
  }

  /**
   * The users, at once unless it is time to look at the file again. One that cannot be read, or has a fault, changes
   * nothing; `log` hears of it, once for each change.
   */
  users(now: number, log: (text: string) => void): UserList | Promise<UserList> {
    if (now - this.checkedAt < CHECK_MS || this.isChecking) return this.list;
    this.checkedAt = now;
    this.isChecking = true;
    return this.check(log).finally(() => (this.isChecking = false));
  }

  private async check(log: (text: string) => void): Promise<UserList> {
    const { stamp, text, why } = await lookAt(this.path, this.stamp);
    if (stamp === this.stamp) return this.list;
    this.stamp = stamp;
    try {
      if (text === undefined) throw why;
      this.list = parseHtpasswd(text, this.path);
    } catch (error) {
      log(`auth: the users stay as they were, ${this.path} cannot be used: ${messageOf(error)}`);
    }
    return this.list;
  }
}

interface Seen {
  /** Another one for another state of the file; that it cannot be read is one too. */
  readonly stamp: string;
  /** What is in it, where it has changed. */
  readonly text?: string;
  readonly why?: unknown;
}

async function lookAt(path: string, known: string): Promise<Seen> {
  try {
    const file = await open(path, "r");
    try {
      // Before it is read: what is written meanwhile is a change that will be seen.
      const stamp = stampOf(await file.stat());
      return stamp === known ? { stamp } : { stamp, text: await file.readFile("latin1") };
    } finally {
      await file.close();
    }
  } catch (error) {
    return { stamp: messageOf(error), why: error };
  }
}

function readNow(path: string): { readonly text: string; readonly stamp: string } {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const stamp = stampOf(fstatSync(file));
    return { stamp, text: readFileSync(file, "latin1") };
  } catch (error) {
    throw typeError("UWSGI_INVALID_ARGUMENT", `auth: htpasswd cannot be read: ${messageOf(error)}`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function stampOf({ ino, size, mtimeMs }: Stamp): string {
  return `${ino} ${size} ${mtimeMs}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
