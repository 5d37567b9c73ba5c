/** A program of `examples/`, served by the command as its first lines say, with our bridge in front. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HttpBridge } from "../../src/gateway/index.ts";
import { Child } from "./child.ts";
import { projectRoot } from "./project.ts";
import { tempFolder } from "./temp-folder.ts";

export interface ServedExample extends AsyncDisposable {
  /** Where the bridge listens on 127.0.0.1. */
  readonly port: number;
  readonly child: Child;
  /** A folder that the example may fill: its environment variable UPLOADS. */
  readonly folder: string;
  /** Ends the command as TERM does; answers its exit code. */
  stop(): Promise<number | string>;
}

/** Starts `examples/<name>`, with the very command that its comments name. */
export async function serveExample(name: string): Promise<ServedExample> {
  const folder = tempFolder();
  const socket = folder.file("app.sock");
  const args = commandOf(name).map((word) => (word === "/tmp/app.sock" ? socket : word));
  const child = new Child([join(projectRoot, "dist/cli/main.js"), ...args], {
    cwd: projectRoot,
    env: { UPLOADS: folder.file("uploads") },
  });
  await child.printed("stderr", /listening on /);
  const bridge = await HttpBridge.listen({ to: socket });
  return {
    port: bridge.port,
    child,
    folder: folder.file("uploads"),
    stop: () => {
      child.process.kill("SIGTERM");
      return child.exit();
    },
    [Symbol.asyncDispose]: async () => {
      await child[Symbol.asyncDispose]();
      await bridge.close();
      folder[Symbol.dispose]();
    },
  };
}

/** The arguments behind `npx uisge` in the comments of an example. */
function commandOf(name: string): string[] {
  const text = readFileSync(join(projectRoot, "examples", name), "utf8");
  const command = /npx uisge ([^\n,]+?)(?:,|\n)/.exec(text)?.[1];
  if (command?.includes(`examples/${name}`) !== true) throw new Error(`examples/${name} does not say how to run it`);
  return command.split(" ");
}
