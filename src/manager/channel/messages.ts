/**
 * What a master and its workers say to each other, one JSON object a line, over a pipe that each worker has as
 * descriptor 3. Not Node's own channel: `process.send` would be there for applications to find, and its end theirs to
 * cause. The package may have been exchanged under a master that runs: each side passes over kinds that it does not know.
 */
import type { RunningRequest } from "../../server/index.ts";
import type { Beat, Vitals, WantsOut } from "../plan/view.ts";

/** The descriptor of the pipe in a worker; sockets to listen on follow behind it. */
export const CHANNEL_FD = 3;
export const FIRST_SOCKET_FD: number = CHANNEL_FD + 1;

export type ToWorker =
  /** The first line: all that it needs, as `v8.serialize` writes it, in base64. See `WorkerSetup`. */
  | { readonly kind: "setup"; readonly setup: string }
  /**
   * Accept no more, finish, leave; `behindQueue`: see `Action`. `graceMs` 0: at once; null: no limit, as JSON writes
   * Infinity.
   */
  | { readonly kind: "stop"; readonly graceMs: number | null; readonly behindQueue: boolean }
  /** Open the files of the logs anew. */
  | { readonly kind: "reopen" }
  /** Say what runs. */
  | { readonly kind: "requests"; readonly ask: number };

export type FromWorker =
  /** It accepts. `why`: what the application is, for the log. */
  | { readonly kind: "ready"; readonly application: string; readonly why: string }
  /** The application could not be started; `exitCode` is what the process ends with. */
  | { readonly kind: "failed"; readonly code: string; readonly message: string; readonly exitCode: number }
  | ({ readonly kind: "vitals" } & Omit<Vitals, "at" | "largeInARow">)
  /** Only with harakiri, while requests run; `idle`: none runs any more. */
  | ({ readonly kind: "beat" } & Pick<Beat, "oldestMs">)
  | { readonly kind: "idle" }
  /** It was told to stop, and accepts no more. */
  | { readonly kind: "closed" }
  /** It wants to be replaced; `isLeaving`: it already accepts no more. */
  | { readonly kind: "out"; readonly why: WantsOut; readonly isLeaving: boolean }
  /** Its event loop is stuck: where, and with what. From its watcher thread. */
  | {
      readonly kind: "stuck";
      readonly forMs: number;
      readonly stack: readonly string[];
      readonly requests: readonly RunningRequest[];
    }
  | { readonly kind: "requests"; readonly ask: number; readonly requests: readonly RunningRequest[] };
