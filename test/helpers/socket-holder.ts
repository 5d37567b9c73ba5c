/** The sockets of a service in a process of its own. */
import { join } from "node:path";
import { Child, type ChildOptions } from "./child.ts";
import { projectRoot } from "./project.ts";

export interface HeldLine {
  readonly pid: number;
  readonly sockets: readonly {
    readonly fd: number;
    readonly name: string;
    readonly address: string;
    readonly hasTls: boolean;
  }[];
  readonly env: readonly string[];
  readonly [more: string]: unknown;
}

export class SocketHolder implements AsyncDisposable {
  readonly child: Child;
  private readonly pids = new Set<number>();

  /** `options`: see `test/programs/socket-holder.ts`. */
  constructor(addresses: readonly string[], options: object = {}, how: ChildOptions = {}) {
    const program = join(projectRoot, "build/test/programs/socket-holder.js");
    this.child = new Child([program, JSON.stringify(options), ...addresses], how);
  }

  /** The line at `position`, waited for; also of the process that took over. */
  async line(position = 0): Promise<HeldLine> {
    await this.child.printed("stdout", new RegExp(`^(?:.*\\n){${position + 1}}`));
    const line = JSON.parse(this.child.stdout.split("\n")[position] ?? "") as HeldLine;
    if (line.pid !== undefined) this.pids.add(line.pid);
    return line;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of this.pids) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    }
    await this.child[Symbol.asyncDispose]();
  }
}
