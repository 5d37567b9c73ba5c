/** Debian's Chromium, without a window. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ExecutionContext } from "ava";
import { findProgram } from "./find-program.ts";
import { folderOf } from "./temp-folder.ts";

/** The document as the browser has it when everything has run. Say `needs("chromium")`. */
export async function domOf(t: ExecutionContext, url: string): Promise<string> {
  const options = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${folderOf(t)}`, "--dump-dom", url];
  const { stdout } = await promisify(execFile)(findProgram("chromium") ?? "", options, { maxBuffer: 10_000_000 });
  return stdout;
}
