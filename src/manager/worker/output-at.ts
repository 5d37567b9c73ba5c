/** A stream for lines to a descriptor that a process has inherited: as `process.stdout` is for descriptor 1. */
import { fstatSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import type { Writable } from "node:stream";
import { isatty, WriteStream } from "node:tty";
import type { LineSink } from "../../log/index.ts";

/** Whoever reads a pipe may be slow: what it does not take at once waits, as far as the log lets it. */
export function outputAt(fd: number): Writable | LineSink {
  try {
    if (isatty(fd)) return withDescriptor(new WriteStream(fd), fd);
    const { isFIFO, isSocket } = typeOf(fd);
    if (isFIFO || isSocket) return withDescriptor(new Socket({ fd, readable: false, writable: true }), fd);
  } catch {
    // A terminal of somebody else, a socket for datagrams: what can be written to can be written to at once.
  }
  return new DescriptorSink(fd);
}

function typeOf(fd: number): { readonly isFIFO: boolean; readonly isSocket: boolean } {
  const stats = fstatSync(fd);
  return { isFIFO: stats.isFIFO(), isSocket: stats.isSocket() };
}

/** By `fd` a log sees that only bytes count. It does not keep the process alive. */
function withDescriptor(stream: Socket, fd: number): Writable {
  stream.unref();
  return Object.assign(stream, { fd });
}

/** A file, or a device. */
class DescriptorSink implements LineSink {
  readonly fd: number;

  constructor(fd: number) {
    this.fd = fd;
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length;) at += writeSync(this.fd, bytes, at);
  }
}
