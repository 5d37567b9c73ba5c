/** The end of a client's connection on which something may be unread. */
import type { Socket } from "node:net";

/** For a client to take its last answer, and close. */
const LINGER_MS = 2_000;

/**
 * Closes our side, and the other when the client has closed its own, or 2 s later: closing both at once with bytes unread
 * resets the connection, and the reset overtakes the answer.
 */
export function endGently(socket: Socket, last = ""): void {
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
  if (socket.readableEnded) socket.end(last, "latin1", () => socket.destroy());
  else {
    socket.once("end", () => socket.destroy());
    socket.end(last, "latin1");
    socket.resume();
  }
}
