/** How a self-test is run: within its time, with nothing left behind. */
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorCode } from "../errors.ts";

/** It takes some milliseconds; a machine under load may need more. */
const MOST_MS = 5_000;

/** Looks at the time: one that comes late, because the process was busy, is one all the same. */
const LOOKS = 20;

/** What a test has opened. */
export type Open = { destroy(): void }[];

/**
 * Why a test fails, or undefined when it does not. Never rejects. It adds what it opens to `open`. `mostMs`: time for it,
 * default 5 000, in which this process can run.
 */
export async function faultIn(
  test: (open: Open) => Promise<void>,
  mostMs: number = MOST_MS,
): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const open: Open = [];
  try {
    const late = new Promise<never>((_, reject) => {
      let looks = 0;
      timer = setInterval(() => {
        if (++looks >= LOOKS) reject(new Error(`no answer within ${mostMs} ms`));
      }, mostMs / LOOKS);
    });
    await Promise.race([late, test(open)]);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  } finally {
    clearInterval(timer);
    try {
      for (const one of open) one.destroy();
    } catch {
      // What cannot even be closed has been found not to work.
    }
  }
}

/** A name that nobody else has: on Linux one without a file. */
export function privatePath(open: Open): string {
  const name = `uisge-${process.pid}-${randomBytes(8).toString("hex")}`;
  if (process.platform === "linux") return `\0${name}`;
  const path = join(tmpdir(), name);
  open.push({ destroy: () => rmSync(path, { force: true }) });
  return path;
}

/** With its code, which may say more than the message: where Node's permissions are on that is `process.binding`. */
function reasonOf(error: unknown): string {
  const code = errorCode(error);
  const message = error instanceof Error ? error.message : String(error);
  return code === undefined || message.includes(code) ? message : `${message}: ${code}`;
}
