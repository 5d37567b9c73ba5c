/** What can be commanded from outside: a manager, as its control socket sees it. */
import type { ManagerStatus, WorkerRequest } from "../status.ts";
import type { ReloadMode } from "../plan/view.ts";

export interface Controlled {
  status(): ManagerStatus;
  /** What runs in the workers; of one that does not answer soon, nothing. */
  requests(): Promise<readonly WorkerRequest[]>;
  /** Resolves when the new version serves; rejects with why it does not. */
  reload(mode?: ReloadMode): Promise<void>;
  /** Resolves when all workers have ended. */
  stop(how: "graceful" | "fast"): Promise<unknown>;
  scale(processes: number): void;
  /** Resolves when a new master has taken over; rejects with why it has not. */
  upgrade(): Promise<void>;
  reopenLogs(): void;
}
