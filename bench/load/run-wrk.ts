/** Runs wrk against nginx. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { findProgram } from "../../test/helpers/find-program.ts";
import { endWithUs } from "./end-with-us.ts";
import { parseWrk, wrkArguments, type WrkLoad, type WrkReport } from "./wrk.ts";

/** One run. Rejects when wrk fails or prints no report. */
export async function runWrk(script: string, load: WrkLoad): Promise<WrkReport> {
  const wrk = findProgram("wrk");
  if (wrk === undefined) throw new Error("wrk is not installed");
  const child = spawn(wrk, wrkArguments(script, load), { stdio: ["ignore", "pipe", "pipe"] });
  endWithUs(child);
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`wrk ended with ${code}:\n${output}`);
  return parseWrk(output);
}
