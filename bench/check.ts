/**
 * Has anything become slower since the last release?
 *
 *     npm run bench:check                 measures, then compares with the last release
 *     npm run bench:check -- --stored     compares what `npm run bench` has stored
 *     npm run bench:check -- --store      makes what is stored the result of this release
 *
 * Exit code 1: something is slower by more than the spread. 2: nothing could be compared.
 */
import { parseArgs } from "node:util";
import { benchOptions } from "./arguments.ts";
import { exitOnSignals } from "./load/end-with-us.ts";
import { chosen } from "./measure/questions.ts";
import { sideBySide } from "./measure/side-by-side.ts";
import { compare, reportOf } from "./report/comparison.ts";
import { keep, print } from "./report/publish.ts";
import type { Results } from "./report/results.ts";
import { ownVersion, readResults, writeResults } from "./report/store.ts";

/** What is asked. The curves say how costs grow; that they have grown is seen here. */
const CHECKED = ["hello", "browser", "json", "download", "upload"];

exitOnSignals();
try {
  const { values } = parseArgs({ options: { stored: { type: "boolean" }, store: { type: "boolean" } } });
  process.exitCode = values.store === true ? storeRelease() : await check(values.stored === true);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}

async function check(stored: boolean): Promise<number> {
  const released = readResults("release");
  if (released === undefined) {
    console.error("no release is stored yet: npm run bench, then npm run bench:check -- --store");
    return 2;
  }
  const now = stored ? keptResults() : await measured();
  console.log(`\nCompared with ${released.version}:`);
  if (released.machine.cpu !== now.machine.cpu || released.machine.node !== now.machine.node) {
    console.log(`that was ${released.machine.cpu}, Node ${released.machine.node}; ratios may differ for that alone`);
  }
  const { lines, exitCode } = reportOf(compare(released.answers, now.answers));
  console.log(lines.join("\n"));
  return exitCode;
}

async function measured(): Promise<Results> {
  const options = benchOptions(["--only", CHECKED.join(",")]);
  const results = await sideBySide(options, {
    tell: (line) => console.log(line),
    keep: (soFar) => void keep(soFar, options),
  });
  print(results);
  console.log(`\n${keep(results, options)}`);
  return results;
}

function keptResults(): Results {
  const kept = readResults("kept");
  if (kept === undefined) throw new Error("nothing is stored: npm run bench");
  return kept;
}

function storeRelease(): number {
  const kept = keptResults();
  if (kept.version !== ownVersion()) {
    throw new Error(`what is stored was measured with ${kept.version}, this is ${ownVersion()}: npm run bench`);
  }
  const unasked = chosen(CHECKED).filter(({ name }) => !kept.answers.some(({ question }) => question === name));
  if (unasked.length > 0) {
    throw new Error(
      `a release needs all of ${CHECKED.join(", ")}; missing: ${unasked.map(({ name }) => name).join(", ")}`,
    );
  }
  console.log(`Written: ${writeResults("release", kept)}, version ${kept.version}`);
  return 0;
}
