/** Load from a process of its own, so that neither its memory nor its work are the test's. */
import { fork } from "node:child_process";
import { once } from "node:events";
import type { LoadPlan, LoadResult } from "./load.ts";
import { program } from "./measured-server.ts";

/** Runs the plan in a process of its own. Rejects when that ends without a result. */
export async function load(plan: LoadPlan): Promise<LoadResult> {
  const child = fork(program("load-client"), [JSON.stringify(plan)], { execArgv: ["--enable-source-maps"] });
  const exited = once(child, "exit").then(([code]: unknown[]) => {
    throw new Error(`the load ended without a result: exit ${String(code)}`);
  });
  exited.catch(() => {});
  try {
    const [result] = (await Promise.race([once(child, "message"), exited])) as [LoadResult];
    return result;
  } finally {
    child.kill();
  }
}
