/** A manager that is commanded: it notes what it was told, and does what the test lets it do. */
import { join } from "node:path";
import { connect } from "node:net";
import { Room } from "../../src/connection/index.ts";
import type { Controlled } from "../../src/manager/control/controlled.ts";
import { ControlServer, type ControlOptions } from "../../src/manager/control/control-server.ts";
import type { ManagerStatus, WorkerRequest, WorkerStatus } from "../../src/manager/status.ts";
import { tempFolder } from "./temp-folder.ts";

export function workerStatus(part: Partial<WorkerStatus> = {}): WorkerStatus {
  return {
    id: 1,
    pid: 1001,
    generation: 1,
    state: "ready",
    uptimeMs: 5_000,
    requests: 7,
    running: 1,
    rss: 60 * 2 ** 20,
    busyness: 0.25,
    lagMs: 1,
    ...part,
  };
}

export class FakeManager implements Controlled {
  /** What it was told, in order. */
  readonly told: string[] = [];
  /** What the log says of it. */
  readonly log: string[] = [];
  running: readonly WorkerRequest[] = [];
  /** Settled by the test: until then a reload, a stop or an upgrade goes on. */
  readonly work = new Room();
  current: ManagerStatus = {
    name: "shop",
    pid: 1000,
    version: "0.0.0",
    node: "v20.0.0",
    failures: 0,
    delayMs: 0,
    application: "app.js",
    addresses: ["/run/shop.sock"],
    state: "running",
    generation: 1,
    processes: 2,
    uptimeMs: 60_000,
    rss: 40 * 2 ** 20,
    workers: [workerStatus(), workerStatus({ id: 2, pid: 1002 })],
  };

  status(): ManagerStatus {
    return this.current;
  }
  requests(): Promise<readonly WorkerRequest[]> {
    return Promise.resolve(this.running);
  }
  reload(mode?: string): Promise<void> {
    return this.wait(`reload ${mode}`);
  }
  stop(how: string): Promise<void> {
    return this.wait(`stop ${how}`);
  }
  upgrade(): Promise<void> {
    return this.wait("upgrade");
  }
  scale(processes: number): void {
    this.told.push(`scale ${processes}`);
    this.current = { ...this.current, processes };
  }
  reopenLogs(): void {
    this.told.push("reopen");
  }
  private wait(what: string): Promise<void> {
    this.told.push(what);
    return this.work.promise;
  }
}

/** A fake manager with a control socket in a folder of its own; both end with the test. */
export async function controlled(
  t: { teardown(end: () => Promise<void>): void },
  options: Partial<ControlOptions> = {},
): Promise<{ manager: FakeManager; server: ControlServer; path: string }> {
  const folder = tempFolder();
  const manager = new FakeManager();
  const path = options.path ?? join(folder.path, "shop-1000.sock");
  const server = await ControlServer.listen({
    controlled: manager,
    onCommand: (text) => void manager.log.push(text),
    ...options,
    path,
  });
  t.teardown(async () => {
    await server.close();
    folder[Symbol.dispose]();
  });
  return { manager, server, path };
}

/** Sends bytes as they are, and closes its side where `isEnded`; all that comes until the other side closes. */
export function tellRaw(path: string, bytes: string | Uint8Array, isEnded = false): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ path, allowHalfOpen: true });
    socket.on("connect", () => (isEnded ? socket.end(bytes) : socket.write(bytes)));
    socket.setEncoding("utf8").on("data", (more: string) => {
      text += more;
    });
    // What is not read on the other side may come back as a reset.
    socket.on("error", () => {});
    socket.on("end", () => socket.end());
    socket.on("close", () => resolve(text));
  });
}
