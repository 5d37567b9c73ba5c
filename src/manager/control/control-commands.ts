/** What each command of the control socket does to a manager. */
import { type ControlCommand, type ControlLine, type Progress, scaledTo } from "./control-messages.ts";
import type { Controlled } from "./controlled.ts";
import type { ManagerStatus } from "../status.ts";

/** Requests that are told of; a worker may have thousands of open streams. */
const MAX_REQUESTS = 1_000;

/** Characters of a path that are told. */
const MAX_PATH = 500;

/** Does it; the line that ends the answer. Rejects as the manager does. */
export async function obey(
  command: ControlCommand,
  controlled: Controlled,
  tell: (line: ControlLine) => void,
  progressMs: number,
): Promise<ControlLine> {
  switch (command.command) {
    case "status":
      return { done: true, status: controlled.status() };
    case "requests":
      return tellRequests(controlled, tell);
    case "reload":
      await withProgress(controlled, tell, progressMs, () => controlled.reload(command.mode));
      return { done: true };
    case "stop":
      await controlled.stop(command.how);
      return { done: true };
    case "scale": {
      const processes = scaledTo(command.to, controlled.status().processes);
      controlled.scale(processes);
      return { done: true, processes: controlled.status().processes };
    }
    case "upgrade":
      await controlled.upgrade();
      return { done: true };
    default:
      controlled.reopenLogs();
      return { done: true };
  }
}

async function tellRequests(controlled: Controlled, tell: (line: ControlLine) => void): Promise<ControlLine> {
  const all = await controlled.requests();
  for (const { worker, pid, id, method, path, remote, ms } of all.slice(0, MAX_REQUESTS)) {
    // Member by member: what else a worker says stays here. A query may be a password.
    tell({ request: { worker, pid, id, method, path: (path.split("?", 1)[0] ?? "").slice(0, MAX_PATH), remote, ms } });
  }
  return { done: true, ...(all.length > MAX_REQUESTS ? { more: all.length - MAX_REQUESTS } : {}) };
}

/** Tells how far a reload is whenever that has changed. */
async function withProgress(
  controlled: Controlled,
  tell: (line: ControlLine) => void,
  progressMs: number,
  reload: () => Promise<void>,
): Promise<void> {
  let last = "";
  const look = (): void => {
    const progress = progressOf(controlled.status());
    const text = JSON.stringify(progress);
    if (text !== last) tell({ progress });
    last = text;
  };
  const timer = setInterval(look, progressMs).unref();
  try {
    await reload();
  } finally {
    clearInterval(timer);
  }
}

function progressOf({ generation, processes, workers }: ManagerStatus): Progress {
  const ready = workers.filter((worker) => worker.generation === generation && worker.state === "ready").length;
  return { ready, of: processes, generation };
}
