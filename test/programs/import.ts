/** `uisge import` for tests: what was asked for comes as JSON, `{ values, positionals }`. */
import type { Parsed } from "../../src/cli/frame/definition.ts";
import { definition } from "../../src/cli/import-command.ts";
import { exitCodeOf } from "../../src/process/index.ts";

try {
  const asked = JSON.parse(process.argv[2] ?? "{}") as Partial<Parsed>;
  process.exitCode = await definition.run({ values: {}, positionals: [], rest: [], ...asked });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : "?"}\n`);
  process.exitCode = exitCodeOf(error);
}
