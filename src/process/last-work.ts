/** What is still done between the end of a server and that of its process. */
import type { Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

/** Node's timers go no further. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** An application whose server has closed. */
export interface EndingApplication {
  /** As `runApplication` has found it. */
  readonly interface: string;
  /** It has closed its server itself. */
  readonly isClosedByItself: boolean;
  /** Listeners of its own have heard that the process is to end. */
  readonly isTold: boolean;
}

/**
 * Resolves when an application has done what it does behind its server, or after `mostMs`. What ends by itself under node
 * does so here: `server.close(() => pool.end())`. For the others there is the hook `stop`.
 */
export async function lastWork(application: EndingApplication, mostMs: number): Promise<void> {
  const { interface: name, isClosedByItself, isTold } = application;
  if (isClosedByItself || (name !== "wsgi" && isTold)) await untilNothingLeft(mostMs);
}

/** Resolves when nothing is left that would keep the process alive, or after `mostMs`. */
function untilNothingLeft(mostMs: number): Promise<void> {
  return new Promise((resolve) => {
    process.once("beforeExit", () => resolve());
    // Without a reference: it is not itself what is waited for.
    setTimeout(resolve, Math.min(mostMs, MAX_TIMER_MS)).unref();
  });
}

/** How long the readers of the logs may take for the last lines, which the end of the process would lose. */
const LAST_LINES_MS = 2_000;

/** Resolves when these have passed on what they hold, or their readers have had their time. Default: output and error. */
export async function lastLines(streams: readonly Writable[] = [process.stdout, process.stderr]): Promise<void> {
  await Promise.race([Promise.all(streams.map(written)), delay(LAST_LINES_MS)]);
}

/** Resolves when the stream has passed on what it holds, or is broken. */
function written(stream: Writable): Promise<void> {
  return new Promise((resolve) => stream.write("", () => resolve()));
}
