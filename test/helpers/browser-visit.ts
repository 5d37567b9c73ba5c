/** Debian's Chromium on a page that goes on by itself, until the test has seen enough. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { ExecutionContext } from "ava";
import { findProgram } from "./find-program.ts";
import { folderOf } from "./temp-folder.ts";

/** Opens a page; the browser is closed at the end of the test. Say `needs("chromium")`. */
export function visit(t: ExecutionContext, url: string): void {
  const options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"];
  // The certificates of tests are signed by nobody that a browser knows.
  const args = [...options, "--ignore-certificate-errors", `--user-data-dir=${folderOf(t)}`, url];
  const browser = spawn(findProgram("chromium") ?? "", args, { stdio: "ignore", detached: true });
  const exited = once(browser, "exit");
  t.teardown(async () => {
    // It is a family of processes.
    if (browser.pid !== undefined) process.kill(-browser.pid, "SIGKILL");
    await exited;
  });
}
