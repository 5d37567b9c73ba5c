/**
 * What a peer sent before it closed, read although it can no longer be written to.
 *
 * A server that answers early closes with bytes of the request unread. Whoever still writes then gets EPIPE, and Node
 * destroys a socket at once for that: an answer that lies in the system's buffer is lost (a login that is refused, an
 * upload that is too large; uWSGI's answers to large uploads mostly). All of it is there by then, so a few turns of the
 * event loop are enough to read it; while reading is paused it stays there. Meanwhile the write counts as one that goes on.
 */
import type { Socket } from "node:net";
import { errorCode } from "../errors.ts";

/** Turns of the loop without a byte before that was all: the first may have begun before the peer's last bytes. */
export const QUIET_TURNS = 2;

type Done = (error?: Error | null) => void;

/** From now on a write of this socket fails only when all is read that had come. */
export function readBeforeBreaking(socket: Socket): void {
  // By the methods that a stream is made of: they alone hear of an error before the stream is broken.
  // oxlint-disable eslint/no-underscore-dangle -- so they are called
  const write = socket._write.bind(socket);
  socket._write = (chunk, encoding, done): void => write(chunk, encoding, late(socket, done));
  const writev = socket._writev?.bind(socket);
  if (writev !== undefined) socket._writev = (chunks, done): void => writev(chunks, late(socket, done));
  // oxlint-enable eslint/no-underscore-dangle
}

function late(socket: Socket, done: Done): Done {
  return (error) => {
    const code = error instanceof Error ? errorCode(error) : undefined;
    if (code === "EPIPE" || code === "ECONNRESET") drain(socket, () => done(error));
    else done(error);
  };
}

function drain(socket: Socket, end: () => void): void {
  let seen = socket.bytesRead;
  let quiet = 0;
  const look = (): void => {
    if (socket.isPaused() && !socket.destroyed) {
      quiet = 0;
      socket.once("resume", () => setImmediate(look));
      return;
    }
    const { bytesRead } = socket;
    quiet = bytesRead === seen ? quiet + 1 : 0;
    seen = bytesRead;
    if (socket.destroyed || quiet > QUIET_TURNS) end();
    // It is told when somebody reads again, or nobody ever will.
    else if (socket.isPaused()) socket.once("resume", look);
    else setImmediate(look);
  };
  setImmediate(look);
}
