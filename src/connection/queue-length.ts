/** How many connections wait to be accepted. */
import { closeSync, openSync, readSync } from "node:fs";
import { inodeOf } from "./system-sockets.ts";

/** Of the tables; several hundred sockets that listen fit in. */
const CHUNK_BYTES = 65_536;

const LISTENS = "0A";

/**
 * Connections in the queue of a TCP socket that listens, of which this process has the descriptor; undefined where the
 * system does not tell: other systems than Linux, unix sockets, sockets of another network namespace.
 */
export function queueLength(fd: number): number | undefined {
  const inode = inodeOf(fd);
  return inode === undefined ? undefined : (lengthIn("tcp", inode) ?? lengthIn("tcp6", inode));
}

function lengthIn(table: string, inode: string): number | undefined {
  for (const line of listeningRows(`/proc/self/net/${table}`)) {
    const columns = line.trimStart().split(/ +/);
    if (columns[9] !== inode) continue;
    // tx_queue:rx_queue, of which the second is the queue where the socket listens.
    return Number.parseInt(columns[4]?.split(":")[1] ?? "", 16);
  }
  return undefined;
}

/** Sockets that listen come first; of the connections behind them there may be very many, and they are not read. */
function* listeningRows(path: string): Generator<string> {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    // No IPv6, or no /proc.
    return;
  }
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let rest = "";
    let isHeader = true;
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
      const lines = (rest + chunk.toString("latin1", 0, read)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (!isHeader && line.trimStart().split(/ +/, 4)[3] !== LISTENS) return;
        if (!isHeader) yield line;
        isHeader = false;
      }
    }
  } finally {
    closeSync(file);
  }
}
