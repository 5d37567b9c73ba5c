/** Looks after the file of a unix socket while it listens: somebody may remove it, or put another in its place. */
import { lstat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { errorCode } from "../errors.ts";
import { type FilePlace, isSameFile } from "./socket-path.ts";

export type Loss = "removed" | "replaced";

/** Time between two looks. */
const LOOK_MS = 2_000;

/** Before it is called a loss: another server that starts may have moved the file aside for a moment. */
const SURE_MS = 250;

/** What is watched. */
export interface Watched {
  readonly path: string;
  /** The file that should be there. */
  readonly ours: FilePlace;
  /** Called for a loss; again at each look while it answers `keep-watching`. */
  onLost(how: Loss): Promise<"keep-watching" | "done">;
}

/** Watches until the answered function is called. Holds no process open. */
export function watchPath(watched: Watched): () => void {
  let isStopped = false;
  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    void look().finally(() => {
      isLooking = false;
    });
  }, LOOK_MS).unref();
  const stop = (): void => {
    isStopped = true;
    clearInterval(timer);
  };
  async function look(): Promise<void> {
    if ((await lossOf(watched)) === undefined) return;
    await delay(SURE_MS, undefined, { ref: false });
    const how = await lossOf(watched);
    if (how === undefined || isStopped) return;
    if ((await watched.onLost(how)) === "done") stop();
  }
  return stop;
}

async function lossOf({ path, ours }: Watched): Promise<Loss | undefined> {
  try {
    return isSameFile(await lstat(path, { bigint: true }), ours) ? undefined : "replaced";
  } catch (error) {
    // What cannot be looked at (EACCES, EIO) is not known to be lost.
    return errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR" ? "removed" : undefined;
  }
}
