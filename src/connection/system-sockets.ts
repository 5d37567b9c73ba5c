/** What Linux tells about the socket behind a descriptor; nothing on other systems. */
import { readFileSync, readlinkSync } from "node:fs";
import type { Address } from "./address.ts";

export interface SystemSocket {
  readonly isListening: boolean;
  /** Of a unix socket that has one. */
  readonly address?: Address;
}

/** State of a listening socket in `/proc/net/tcp`. */
const TCP_LISTEN = "0A";

/** Flag of a listening socket in `/proc/net/unix`. */
const UNIX_LISTENS = 0x1_0000;

/** The socket behind `fd` of this process; undefined where the system does not list it. */
export function findSystemSocket(fd: number): SystemSocket | undefined {
  const inode = inodeOf(fd);
  if (inode === undefined) return undefined;
  for (const table of ["tcp", "tcp6"]) {
    const columns = rowsOf(table).find((row) => row[9] === inode);
    if (columns !== undefined) return { isListening: columns[3] === TCP_LISTEN };
  }
  const columns = rowsOf("unix").find((row) => row[6] === inode);
  if (columns === undefined) return undefined;
  const isListening = (Number.parseInt(columns[3] ?? "", 16) & UNIX_LISTENS) !== 0;
  // A path may have spaces in it.
  const name = columns.slice(7).join(" ");
  if (name === "") return { isListening };
  return {
    isListening,
    address: name.startsWith("@") ? { kind: "abstract", name: name.slice(1) } : { kind: "unix", path: name },
  };
}

/** The system's number of the socket behind `fd`; undefined where that is none, or not to be known. */
export function inodeOf(fd: number): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
  } catch {
    // Not Linux, or no such descriptor: listening will say what is wrong.
    return undefined;
  }
}

function rowsOf(table: string): string[][] {
  try {
    const lines = readFileSync(`/proc/self/net/${table}`, "utf8").split("\n").slice(1);
    return lines.map((line) => line.trimStart().split(/ +/));
  } catch {
    // No IPv6, or no /proc.
    return [];
  }
}
