/** `uisge serve` as a manager: master and workers. Loaded only then. */
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAddress } from "../../connection/index.ts";
import { ErrorLog, plainRecord } from "../../log/index.ts";
import { manage, type ManagerOptions, type WorkerLog } from "../../manager/index.ts";
import { lastLines } from "../../process/index.ts";
import { present } from "../serve-options.ts";
import { BridgeProcess } from "./bridge-process.ts";
import { isPlain } from "./http-in-front.ts";
import type { ManagerFlags } from "./manager-flags.ts";
import { readManagerFlags } from "./read-manager-flags.ts";

/** What the other options of `serve` say. */
export interface AsManager {
  readonly flags: ManagerFlags;
  /** Without sockets and logs. */
  readonly options: Omit<ManagerOptions, "socket" | "log">;
  readonly sockets: readonly string[];
  readonly http: readonly string[] | undefined;
  readonly accessFormat: WorkerLog["access"];
  readonly errorFormat: WorkerLog["errors"];
}

/** Said to a master that takes another's place: it has the same private socket. */
const PRIVATE_SOCKET = "UISGE_PRIVATE_SOCKET";

/** Resolves with the exit code when the manager has ended; rejects when it could not start. */
export async function runAsManager({
  flags,
  options,
  sockets,
  http,
  accessFormat,
  errorFormat,
}: AsManager): Promise<number> {
  const { accessFile, errorFile, ...own } = readManagerFlags(flags, options.application);
  const isUpgrade = process.env["UISGE_PREDECESSOR"] !== undefined;
  // A log reader that goes away must not end the master.
  process.stdout.on("error", () => {});
  let bridge: BridgeProcess | undefined;
  let hopeless: number | undefined;
  const manager = await manage({
    ...options,
    ...own,
    socket: http === undefined ? sockets : reachable(sockets),
    log: present({ access: accessFormat, errors: errorFormat, accessFile, errorFile }),
    beforeStop: async () => bridge?.stop(),
  });
  if (http !== undefined) {
    const log = new ErrorLog(process.stderr, errorFormat);
    bridge = new BridgeProcess({
      listen: http,
      // Looked for before.
      to: parseAddress(manager.addresses.find(isPlain) as string),
      graceMs: options.graceMs,
      maxBodyBytes: options.maxBodyBytes,
      errorFormat,
      mayBeInUse: isUpgrade,
      onNotice: (text) => log.write(plainRecord("warn", "cli", text)),
      onHopeless: (exitCode) => {
        hopeless = exitCode;
        void manager.stop("graceful");
      },
    });
  }
  const exitCode = await manager.ended;
  await bridge?.close();
  await lastLines();
  return hopeless ?? exitCode;
}

/** As for one process; the socket of its own is the same after an upgrade, so that the new master has it, too. */
function reachable(sockets: readonly string[]): readonly string[] {
  if (sockets.some(isPlain)) return sockets;
  const path = (process.env[PRIVATE_SOCKET] ??= join(mkdtempSync(join(tmpdir(), "uisge-")), "app.sock"));
  process.once("exit", () => {
    try {
      rmdirSync(join(path, ".."));
    } catch {
      // The socket of the next master is in it.
    }
  });
  return [...sockets, path];
}
