/**
 * Calls listen(2) on the sockets that it was started with, and ends:
 *
 *     node queue-opener-main.js BACKLOG COUNT        with COUNT bound sockets as descriptors 3, 4, ...
 *
 * Prints a `QueueOutcome` for each, as a JSON array. What happens here happens in one turn of the event loop, whose next
 * would accept connections that nobody serves. See `open-queues.ts`.
 */
import { writeSync } from "node:fs";
import { Server } from "node:net";
import { errorCode } from "../errors.ts";
import { FIRST_INHERITED_FD } from "./address.ts";
import type { QueueOutcome } from "./open-queues.ts";

const [backlog = 0, count = 0] = process.argv.slice(2).map(Number);

const fds = Array.from({ length: count }, (_, index) => FIRST_INHERITED_FD + index);
writeSync(1, JSON.stringify(await Promise.all(fds.map(open))));
process.exit(0);

function open(fd: number): Promise<QueueOutcome> {
  return new Promise((resolve) => {
    const server = new Server();
    server.once("listening", () => resolve(null));
    server.once("error", (error) => resolve({ code: errorCode(error) ?? "UNKNOWN", message: error.message }));
    // Twice, because Node reads it in one place or the other: for an inherited socket not in the options.
    server.listen({ fd, backlog }, backlog);
  });
}
