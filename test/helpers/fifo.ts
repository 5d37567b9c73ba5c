/** A pipe with a name: a descriptor that does not wait, as that of a socket, without a socket. */
import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { join } from "node:path";

const { O_RDONLY, O_NONBLOCK, O_WRONLY } = constants;

export class Fifo implements Disposable {
  /** To read from. */
  readonly fd: number;
  private readonly end: number;
  private isEnded = false;

  /** In `folder`, which somebody else removes. */
  constructor(folder: string) {
    const path = join(folder, "fifo");
    execFileSync("mkfifo", [path]);
    this.fd = openSync(path, O_RDONLY | O_NONBLOCK);
    this.end = openSync(path, O_WRONLY);
  }

  write(text: string): void {
    writeSync(this.end, text);
  }

  /** Nothing comes any more. */
  close(): void {
    if (!this.isEnded) closeSync(this.end);
    this.isEnded = true;
  }

  [Symbol.dispose](): void {
    this.close();
    closeSync(this.fd);
  }
}
