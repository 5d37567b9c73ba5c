/** How a command of an operator is started: by the shell, in a process group of its own, as the user of the workers. */
import { fileURLToPath } from "node:url";
import type { Privileges } from "../channel/worker-setup.ts";

/** What `spawn` needs. */
export interface CommandLaunch {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
}

const SHELL = "/bin/sh";
const PROGRAM = fileURLToPath(new URL("as-user-main.js", import.meta.url));

/**
 * `env`: as that of the workers. Supplementary groups are what `spawn` cannot give, it takes them all away: where there
 * shall be some, a Node of our own is between, which becomes the user itself.
 */
export function launchCommand(command: string, privileges: Privileges, env: NodeJS.ProcessEnv): CommandLaunch {
  const { uid, gid, groups, umask } = privileges;
  const line = umask === undefined ? command : `umask ${umask.toString(8).padStart(4, "0")}\n${command}`;
  if (groups === undefined || groups.length === 0) return { file: SHELL, args: ["-c", line], env, uid, gid };
  return { file: process.execPath, args: [PROGRAM, JSON.stringify({ privileges, line })], env };
}
