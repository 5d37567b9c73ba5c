/** Becomes a user with supplementary groups, runs a command, ends as that does. Its argument is from `launchCommand`. */
import { spawn } from "node:child_process";
import { dropPrivileges } from "../worker/privileges.ts";
import type { Privileges } from "../channel/worker-setup.ts";

const { privileges, line } = JSON.parse(process.argv[2] ?? "") as {
  readonly privileges: Privileges;
  readonly line: string;
};
dropPrivileges(privileges);
// Signals are for the process group, so the command has them too: this one waits for what it makes of them.
for (const name of ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2"]) process.on(name, () => {});
const child = spawn("/bin/sh", ["-c", line], { stdio: "inherit" });
child.once("error", (error) => {
  process.stderr.write(`uisge: ${error.message}\n`);
  process.exit(1);
});
child.once("exit", (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
