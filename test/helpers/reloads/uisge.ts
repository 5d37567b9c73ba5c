/** Our own manager, by its command, as an operator runs it. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ManagerStatus } from "../../../src/manager/index.ts";
import { Child } from "../child.ts";
import { passTo } from "../nginx-stack.ts";
import { projectRoot } from "../project.ts";
import { tempFolder } from "../temp-folder.ts";
import type { Contender, Reload } from "./contender.ts";

const COMMAND = join(projectRoot, "dist/cli/main.js");
const APP = join(projectRoot, "build/test/programs/reload-app.js");
const run = promisify(execFile);

export interface UisgeOptions {
  readonly over: "a unix socket" | "TCP";
  readonly workers?: number;
  /** Of `uisge serve`, beside those that are given anyway. */
  readonly flags?: readonly string[];
  /** Module of the application. */
  readonly app?: string;
}

export interface UisgeContender extends Contender {
  /** The master as it was started. */
  readonly child: Child;
  readonly control: string;
  /** What `uisge status --json` says. */
  status(): Promise<ManagerStatus>;
  command(...args: readonly string[]): Promise<string>;
}

export async function startUisge({ over, workers = 2, flags = [], app = APP }: UisgeOptions): Promise<UisgeContender> {
  const folder = tempFolder();
  const control = folder.file("control.sock");
  const socket = over === "TCP" ? "127.0.0.1:0" : folder.file("app.sock");
  const basics = ["serve", app, "--socket", socket, "--processes", String(workers), "--control", control];
  const child = new Child([COMMAND, ...basics, "--allow-root", "--access-log", "off", ...flags]);
  const command = async (name: string, ...args: readonly string[]): Promise<string> =>
    (await run(process.execPath, [COMMAND, name, control, ...args])).stdout;
  const status = async (): Promise<ManagerStatus> => JSON.parse(await command("status", "--json")) as ManagerStatus;
  const [, address = ""] = await child.printed("stderr", /listening on (\S+)/);
  await child.printed("stderr", new RegExp(`(?:worker \\d+ \\(.* after [^]*){${workers}}`));
  return {
    name: "uisge",
    child,
    control,
    pass: passTo(address),
    get pid() {
      return child.process.pid as number;
    },
    ways: new Set<Reload>(["graceful", "chain", "upgrade"]),
    command,
    status,
    reload: async (way) => {
      if (way === "upgrade") await command("upgrade");
      else await command("reload", ...(way === "chain" ? ["--chain"] : []));
    },
    [Symbol.asyncDispose]: async () => {
      // Not of the child alone: an upgrade has made another process the master.
      await command("stop", "--fast").catch(() => {});
      await child[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}
