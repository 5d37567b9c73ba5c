/** A server in a process of its own, to be killed. */
import { join } from "node:path";
import { Child } from "./child.ts";
import { projectRoot } from "./project.ts";

export class NodeProcess implements AsyncDisposable {
  readonly child: Child;

  /** `socket`: as for `serve`. */
  constructor(socket: string) {
    this.child = new Child([join(projectRoot, "build/test/programs/named-server.js"), socket]);
  }

  /** Resolves when it listens. */
  async listening(): Promise<this> {
    await this.child.printed("stdout", /listening\n/);
    return this;
  }

  /** Ends it without a word to its clients, and waits for that. */
  async kill(): Promise<void> {
    this.child.process.kill("SIGKILL");
    await this.child.exit();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.child[Symbol.asyncDispose]();
  }
}
