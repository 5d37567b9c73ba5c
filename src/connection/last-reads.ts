/**
 * What a peer sent before it closed, read although it can no longer be written to.
 *
 * A server that answers early closes with bytes of the request unread. Whoever still writes then gets EPIPE, and Node
 * destroys a socket at once for that: an answer that lies in the system's buffer is lost (a login that is refused, an
 * upload that is too large; uWSGI's answers to large uploads mostly). All of it is there by then, so a few turns of the
 * event loop are enough to read it; while reading is paused it stays there. Meanwhile the write counts as one that goes on.
 *
 * Whoever reads gets ECONNRESET for the same, behind the last byte. Node throws away for it what a paused socket has read
 * ahead, and libuv before 1.52 (Node 20 and 22) mostly called it an end. On a unix socket it is one: what the peer wrote is
 * with us when its close is. Over TCP the peer's system drops what it had not sent yet, and nobody can tell how much that was.
 *
 * libuv 1.52 takes a peer's close that was waited for while nobody read for the end of the stream, unread, where reading
 * begins again before the event loop comes to it: somebody else has taken what is passed on, in the same turn. So reading
 * begins again behind the turn, and before the system is asked anew.
 */
import type { Socket } from "node:net";
import { errorCode } from "../errors.ts";

/** Turns of the loop without a byte before that was all: the first may have begun before the peer's last bytes. */
export const QUIET_TURNS = 2;

type Done = (error?: Error | null) => void;

/**
 * From now on a write of this socket fails only when all is read that had come, and so does a read. `isResetAnEnd`: on a
 * unix socket, and not beneath TLS, which says itself where it ends.
 */
export function readBeforeBreaking(socket: Socket, isResetAnEnd: boolean): void {
  // By the methods that a stream is made of: they alone hear of an error before the stream is broken.
  // oxlint-disable eslint/no-underscore-dangle -- so they are called
  const write = socket._write.bind(socket);
  socket._write = (chunk, encoding, done): void => write(chunk, encoding, late(socket, done));
  const writev = socket._writev?.bind(socket);
  if (writev !== undefined) socket._writev = (chunks, done): void => writev(chunks, late(socket, done));
  const read = socket._read.bind(socket);
  socket._read = (size): void => {
    if (isReading(socket)) read(size);
    else setImmediate(() => !socket.destroyed && read(size));
  };
  // oxlint-enable eslint/no-underscore-dangle
  const destroy = socket.destroy.bind(socket);
  socket.destroy = (error): Socket => {
    if (socket.destroyed || !isOfRead(error)) return destroy(error);
    if (isResetAnEnd && errorCode(error) === "ECONNRESET") endReading(socket);
    else whenTaken(socket, () => destroy(error));
    return socket;
  };
}

/** As the handle is noted for it: it stops where much was read ahead. */
function isReading(socket: Socket): boolean {
  const { _handle: handle } = socket as unknown as { _handle?: { reading?: boolean } | null };
  return handle?.reading !== false;
}

function isOfRead(error: NodeJS.ErrnoException | null | undefined): boolean {
  return error?.syscall === "read";
}

/** As Node does it. */
function endReading(socket: Socket): void {
  socket.push(null);
  // Where nothing is left to be read the end is told, though nobody reads.
  socket.read(0);
}

/** Calls when nothing that was read ahead is left: it is taken as soon as the socket is not paused. */
function whenTaken(socket: Socket, call: () => void): void {
  if (socket.destroyed || socket.readableLength === 0) call();
  else if (socket.isPaused()) socket.once("resume", () => setImmediate(whenTaken, socket, call));
  else setImmediate(whenTaken, socket, call);
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
