/** As process 1: says once that processes pile up which have ended and are nobody's. */
import { zombiesOf } from "./zombies.ts";

/** Behind the end of a child, and between two looks: Node waits for its own within a turn of the event loop. */
const LOOK_MS = 1_000;

/**
 * Calls `tell` with a sentence for the operator at the first such process, and looks no more. Looks only after children
 * have ended, once a second at most. Does nothing unless this is process 1. Ends when the answered function is called.
 */
export function watchOrphans(tell: (text: string) => void): () => void {
  if (process.pid !== 1) return () => {};
  let timer: NodeJS.Timeout | undefined;
  let seen = new Set<number>();
  const wait = (): void => {
    timer ??= setTimeout(look, LOOK_MS).unref();
  };
  const stop = (): void => {
    clearTimeout(timer);
    process.off("SIGCHLD", wait);
  };
  const look = (): void => {
    timer = undefined;
    const zombies = zombiesOf(process.pid);
    // What is still there at a second look is none of ours.
    const lasting = zombies.find(({ pid }) => seen.has(pid));
    if (lasting !== undefined) {
      stop();
      tell(orphanNotice(lasting.pid, lasting.name));
      return;
    }
    seen = new Set(zombies.map(({ pid }) => pid));
    if (zombies.length > 0) wait();
  };
  process.on("SIGCHLD", wait);
  // Some may be there already, of a script that has become this program.
  wait();
  return stop;
}

function orphanNotice(pid: number, name: string): string {
  return (
    `process ${pid} (${name}) has ended and cannot go: its parent ended before, and Node.js as process 1 waits for its own ` +
    "children alone. Such pile up until no process can be started: give the container an init (docker run --init, tini, " +
    "in Kubernetes shareProcessNamespace)"
  );
}
