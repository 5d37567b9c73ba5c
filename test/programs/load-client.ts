/**
 * Puts load on a server from a process of its own, run by `test/helpers/load-process.ts`:
 *
 *     node load-client.js PLAN
 *
 * PLAN is a `LoadPlan` as JSON; the `LoadResult` goes over the channel to its parent.
 */
import { runLoad, type LoadPlan } from "../helpers/load.ts";

const result = await runLoad(JSON.parse(process.argv[2] ?? "") as LoadPlan);
process.send?.(result, () => process.disconnect());
