/** What the application prints, where the master reads it. */
import type { Writable } from "node:stream";

/** Of streams to pipes; not documented, and as old as these. */
interface Blocking {
  readonly _handle?: { setBlocking?(isBlocking: boolean): unknown } | null;
}

/**
 * Each write waits until the master has room for it, which it makes at once. Else whatever waits in this process is lost
 * with it, as by `process.exit`, and what prints faster than anybody reads has all of it in memory.
 */
export function printAtOnce(): void {
  for (const stream of [process.stdout, process.stderr]) {
    // A master that has died must not end the worker.
    stream.on("error", () => {});
    // libuv allows it only while nothing waits.
    // oxlint-disable-next-line no-underscore-dangle -- the name is Node's
    if (stream.writableLength === 0) (stream as Writable & Blocking)._handle?.setBlocking?.(true);
  }
}
