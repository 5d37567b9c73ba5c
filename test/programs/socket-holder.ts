/**
 * Has the sockets of a service as a master does, in a process of its own:
 *
 *     node socket-holder.js [OPTIONS as JSON] ADDRESS...
 *
 * Prints one line of JSON when they listen, `{ sockets, env }`, or `{ code, exitCode, message }` when it cannot, and one
 * for each loss. TERM closes them; HUP hands them to a new process of the same kind, and leaves. `activate` in the options:
 * it poses as what systemd has passed so many sockets to.
 */
import { spawn } from "node:child_process";
import { formatAddress, parseAddress } from "../../src/connection/index.ts";
import { exitCodeOf } from "../../src/process/index.ts";
import { errorCode } from "../../src/errors.ts";
import { Sockets, type SocketsOptions } from "../../src/manager/sockets/sockets.ts";

interface HolderOptions extends SocketsOptions {
  readonly activate?: { readonly count: number | string; readonly names?: string };
  /** What it pretends after a handover: that it cannot go on. */
  readonly failsLater?: boolean;
}

const [, program = "", json = "{}", ...addresses] = process.argv;
const { activate, failsLater, ...options } = JSON.parse(json) as HolderOptions;

function print(line: object): void {
  console.log(JSON.stringify(line));
}

if (activate !== undefined) {
  process.env["LISTEN_PID"] = String(process.pid);
  process.env["LISTEN_FDS"] = String(activate.count);
  if (activate.names !== undefined) process.env["LISTEN_FDNAMES"] = activate.names;
}
const isNew = process.env["UISGE_HANDOVER"] !== undefined;

try {
  const sockets = await Sockets.bind(addresses.map(parseAddress), {
    ...options,
    onLost: (name, how, isRecreated) => print({ name, how, isRecreated }),
  });
  await sockets.openQueues();
  // Holds the process open.
  const waiting = setInterval(() => {}, 60_000);
  process.once("SIGTERM", async () => {
    await sockets.close();
    clearInterval(waiting);
  });
  process.once("SIGHUP", () => {
    const { env, fds } = sockets.handover();
    const next = spawn(process.execPath, [program, JSON.stringify({ ...options, failsLater }), ...addresses], {
      stdio: ["ignore", "inherit", "inherit", ...fds],
      env: { ...process.env, ...env },
    });
    next.once("spawn", () => {
      // Where the new one cannot go on, this one does.
      if (failsLater === true) return;
      sockets.release();
      clearInterval(waiting);
    });
  });
  print({
    pid: process.pid,
    sockets: sockets.list.map(({ fd, name, address, tls }) => ({
      fd,
      name,
      address: formatAddress(address),
      hasTls: tls !== undefined,
    })),
    env: Object.keys(process.env).filter((name) => /^LISTEN_|^UISGE_HANDOVER$/.test(name)),
  });
  if (isNew && failsLater === true) {
    await sockets.abandon();
    clearInterval(waiting);
    print({ abandoned: true });
  }
} catch (error) {
  const { message } = error as Error;
  print({ code: errorCode(error), exitCode: exitCodeOf(error), message });
}
