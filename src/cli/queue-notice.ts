/** What to say when the system allows a shorter queue of connections than is asked for. */
import { readFileSync } from "node:fs";
import { DEFAULT_BACKLOG } from "../connection/index.ts";

/** A sentence for the operator; undefined when all is well, or not to be known. */
export function queueNotice(somaxconn: number = readSomaxconn()): string | undefined {
  if (Number.isNaN(somaxconn) || somaxconn >= DEFAULT_BACKLOG) return undefined;
  return (
    `net.core.somaxconn is ${somaxconn}: no more connections than that can wait, and on a unix socket the next one is ` +
    `refused, a 502 at nginx; ${DEFAULT_BACKLOG} is what newer systems have`
  );
}

function readSomaxconn(): number {
  try {
    return Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8"));
  } catch {
    // Not Linux.
    return Number.NaN;
  }
}
