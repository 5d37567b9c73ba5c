/**
 * Reads what a peer has sent by the time its connection is accepted: it spares the event loop a watch, a round and
 * a call. A front end on the same machine has nearly always sent by then. Where it has not, the try is in vain and
 * dear (Node makes an Error of it), so that the more of them are in vain the fewer are made.
 */
import { readSync } from "node:fs";

/** Connections that are let pass between two tries, at most. */
const MOST_PASSED = 1_023;

/** Of the connections of one listener, which come from one kind of peer. */
export class EarlyReads {
  /** Connections to let pass behind the next try in vain. */
  private caution = 0;
  /** Connections to let pass from now on. */
  private toPass = 0;

  /**
   * What is there, into `buffer`: bytes read, 0 for the end, an error of the system below 0. Undefined when nothing
   * is there yet, or no try was made.
   */
  read(fd: number, buffer: Uint8Array): number | undefined {
    if (this.toPass > 0) {
      this.toPass--;
      return undefined;
    }
    try {
      const bytes = readSync(fd, buffer, 0, buffer.length, null);
      this.caution >>= 1;
      return bytes;
    } catch (error) {
      const { code, errno } = error as NodeJS.ErrnoException;
      if (code !== "EAGAIN") return errno;
      this.caution = Math.min(MOST_PASSED, 2 * this.caution + 1);
      this.toPass = this.caution;
      return undefined;
    }
  }
}
