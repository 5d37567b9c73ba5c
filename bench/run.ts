/**
 * The side-by-side: our server and those that one could take instead, behind the same nginx, in turn.
 * Prints tables, writes `bench/results/side-by-side.json` and `docs/side-by-side.svg`. `README.md` says how.
 */
import { benchOptions } from "./arguments.ts";
import { exitOnSignals } from "./load/end-with-us.ts";
import { sideBySide } from "./measure/side-by-side.ts";
import { goalLines } from "./report/goals.ts";
import { keep, print } from "./report/publish.ts";

exitOnSignals();
try {
  const options = benchOptions(process.argv.slice(2));
  const results = await sideBySide(options, {
    tell: (line) => console.log(line),
    keep: (soFar) => void keep(soFar, options),
  });
  print(results);
  const goals = goalLines(results.answers);
  if (goals.length > 0) console.log(`\n${goals.join("\n")}`);
  console.log(`\n${keep(results, options)}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
