/** Errors of the system as Node reports them. */
import { getSystemErrorName } from "node:util";

/** `accept EMFILE` and the like, with `code`, `errno` (the system's, below 0) and `syscall`. */
export function systemError(syscall: string, errno: number): NodeJS.ErrnoException {
  const code = getSystemErrorName(errno);
  return Object.assign(new Error(`${syscall} ${code}`), { code, errno, syscall });
}

/** True for ENOTCONN: both sides of the connection are closed. */
export function isNotConnected(status: number): boolean {
  return getSystemErrorName(status) === "ENOTCONN";
}
