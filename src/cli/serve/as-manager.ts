/** `uisge serve` as a manager: master and workers. Loaded only then. */
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ServeConfig } from "../../config/index.ts";
import { UwsgiError } from "../../errors.ts";
import { ErrorLog, plainRecord } from "../../log/index.ts";
import { manage } from "../../manager/index.ts";
import { lastLines } from "../../process/index.ts";
import { passSignals } from "../early-signals.ts";
import { queueNotice } from "../queue-notice.ts";
import { badOption } from "../read-options.ts";
import type { Label } from "../options/config-of.ts";
import { present } from "../options/present.ts";
import type { Asked } from "./asked.ts";
import { type Gateway, gatewayArgs } from "./gateway-args.ts";
import { GatewayProcess } from "./gateway-process.ts";
import { managerOptionsOf } from "./manager-options.ts";
import { isPlain } from "./reachable.ts";

/** Said to a master that takes another's place: it has the same private socket. */
const PRIVATE_SOCKET = "UISGE_PRIVATE_SOCKET";

/** As `manage` judges it: workers say so often that their event loops turn. */
const LEAST_HARAKIRI_MS = 100;

/** Resolves with the exit code when the manager has ended; rejects when it could not start. */
export async function runAsManager(asked: Asked, config: ServeConfig, label: Label): Promise<number> {
  const { sockets, http, given, subscribe, accessFormat, errorFormat } = asked;
  const hasGateways = http !== undefined || asked.gateways.length > 0;
  const { accessFile, errorFile, capture, captureRate, ...own } = managerOptionsOf(config, asked.name, label);
  if (hasGateways && process.geteuid?.() === 0 && config["allow-root"] !== true) throw rootBridge();
  const isUpgrade = process.env["UISGE_PREDECESSOR"] !== undefined;
  const { harakiriMs = Infinity } = given;
  if (harakiriMs < LEAST_HARAKIRI_MS) {
    throw badOption(
      `${label("harakiri")} ${harakiriMs / 1_000}: ${LEAST_HARAKIRI_MS / 1_000} seconds or more are needed`,
    );
  }
  // An upstream that there is not is told before anything is started.
  gatewaysOf(asked, "");
  // A log reader that goes away must not end the master.
  process.stdout.on("error", () => {});
  const log = new ErrorLog(process.stderr, errorFormat);
  const warn = (text: string): void => log.write(plainRecord("warn", "cli", text));
  let gateways: readonly GatewayProcess[] = [];
  let hopeless: number | undefined;
  const managing = manage({
    ...given,
    ...own,
    ...present({ application: asked.name, interface: asked.interface, listen: asked.listen, subscribe }),
    fastGlobals: asked.fastGlobals,
    args: asked.args,
    middleware: asked.middleware,
    socket: hasGateways ? reachable(sockets, isUpgrade) : sockets,
    log: present({ access: accessFormat, errors: errorFormat, accessFile, errorFile, capture, captureRate }),
    beforeStop: async () => void (await Promise.all(gateways.map((gateway) => gateway.stop()))),
  });
  // Whether it fails is waited for behind this.
  managing.catch(() => {});
  // It listens to signals by now.
  await passSignals();
  const manager = await managing;
  const notice = queueNotice();
  if (notice !== undefined) warn(notice);
  if (hasGateways) {
    // Looked for before.
    const address = manager.addresses.find(isPlain) as string;
    gateways = gatewaysOf(asked, address).map(
      ({ name, args }) =>
        new GatewayProcess({
          title: `the ${name}`,
          args,
          mayBeInUse: isUpgrade,
          onNotice: warn,
          onHopeless: (exitCode) => {
            hopeless ??= exitCode;
            void manager.stop("graceful");
          },
        }),
    );
  }
  const exitCode = await manager.ended;
  await Promise.all(gateways.map((gateway) => gateway.close()));
  await lastLines();
  return hopeless ?? exitCode;
}

/** That of `--http`, and those that have a name. */
function gatewaysOf({ http, gateways, upstreams, given, errorFormat }: Asked, own: string): readonly Gateway[] {
  const named = gateways.map((gateway) => {
    const { name, args } = gatewayArgs(gateway, upstreams, own);
    return { name: `gateway ${name}`, args };
  });
  if (http === undefined) return named;
  const options = present({
    type: "bridge",
    http,
    log: errorFormat,
    grace: given.graceMs === undefined ? undefined : given.graceMs / 1_000,
    "max-body-bytes": given.maxBodyBytes,
  });
  return [{ name: "bridge", args: gatewayArgs({ name: "http", options }, [], own).args }, ...named];
}

/** What speaks HTTP with everybody shall not be root for it. */
function rootBridge(): UwsgiError {
  return new UwsgiError(
    "--http: the bridge would be root, as the master is: run uisge bridge as another user, serve as one, or say " +
      "--allow-root",
    { code: "UWSGI_PRIVILEGES" },
  );
}

/** As for one process; the socket of its own is the same after an upgrade, so that the new master has it, too. */
function reachable(sockets: readonly string[], isUpgrade: boolean): readonly string[] {
  if (sockets.some(isPlain)) return sockets;
  const before = isUpgrade ? process.env[PRIVATE_SOCKET] : undefined;
  const path = before ?? join(mkdtempSync(join(tmpdir(), "uisge-")), "app.sock");
  process.env[PRIVATE_SOCKET] = path;
  process.once("exit", () => {
    try {
      rmdirSync(join(path, ".."));
    } catch {
      // The socket of the next master is in it.
    }
  });
  return [...sockets, path];
}
