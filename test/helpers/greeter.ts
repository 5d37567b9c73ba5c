/** A listener in a process of its own, and clients for it. */
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { join } from "node:path";
import type { ListenOptions } from "../../src/connection/index.ts";
import { errorCode } from "../../src/errors.ts";
import { Child, type ChildOptions } from "./child.ts";
import { projectRoot } from "./project.ts";

/** What `test/programs/greeter.ts` prints. */
export type GreeterLine = Readonly<Record<string, unknown>>;

export class Greeter implements AsyncDisposable {
  readonly child: Child;

  constructor(
    address: string,
    options: ListenOptions & { readonly known?: string; readonly behindQueue?: boolean } = {},
    how: ChildOptions = {},
  ) {
    const program = join(projectRoot, "build/test/programs/greeter.js");
    this.child = new Child([program, address, JSON.stringify(options)], how);
  }

  /** The line at `position`, waited for. */
  async line(position = 0): Promise<GreeterLine> {
    await this.child.printed("stdout", new RegExp(`^(?:.*\\n){${position + 1}}`));
    return JSON.parse(this.child.stdout.split("\n")[position] ?? "") as GreeterLine;
  }

  signal(name: NodeJS.Signals): void {
    this.child.process.kill(name);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.child[Symbol.asyncDispose]();
  }
}

/** Connects and answers what comes until the end, or the code of the error. */
export function greet(where: NetConnectOpts): Promise<string> {
  return answerTo(connect(where));
}

/** A client that is in the queue, and what it gets there; `answer` never rejects. */
export interface Queued {
  readonly socket: Socket;
  readonly answer: Promise<string>;
}

/** Resolves once it is connected, which takes no help of who listens. */
export async function queue(where: NetConnectOpts): Promise<Queued> {
  const socket = connect(where);
  const answer = answerTo(socket);
  await once(socket, "connect");
  return { socket, answer };
}

function answerTo(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    socket
      .on("data", (bytes) => (text += String(bytes)))
      .on("error", (error) => resolve(errorCode(error) ?? error.message))
      .on("close", () => resolve(text));
  });
}

/** What may become of the path of a socket while that is listened on, and how it does. */
export const waysToLose: readonly (readonly [how: "removed" | "replaced", lose: (path: string) => void])[] = [
  ["removed", (path) => rmSync(path)],
  [
    "replaced",
    (path) => {
      rmSync(path);
      writeFileSync(path, "kept");
    },
  ],
];
