import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import fc from "fast-check";
import { applyFixes, examine, readConfiguration, reportJson, reportText, Source } from "../../src/doctor/index.ts";
import { projectRoot } from "../helpers/project.ts";
import { names } from "./prepared.ts";

/** All directives of our broken configurations that stand on a line of their own, to be mixed. */
const lines = [
  ...new Set(
    names.flatMap((name) =>
      readFileSync(join(projectRoot, "test/doctor/configurations", `${name}.conf`), "utf8")
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line.endsWith(";") && !line.startsWith("#") && line.length < 200),
    ),
  ),
];

const block = (depth: number): fc.Arbitrary<string> => {
  const line = fc.constantFrom(...lines);
  if (depth === 0) return line;
  const opening = fc.constantFrom(
    "http",
    "server",
    "location /",
    "location @app",
    "if ($arg_x)",
    "upstream app",
    "map $host $app",
  );
  const inner = fc.tuple(opening, fc.array(block(depth - 1), { maxLength: 6 }));
  return fc.oneof(
    line,
    inner.map(([head, parts]) => `${head} {\n${parts.join("\n")}\n}`),
  );
};

test("whatever stands where, findings can be told, and fixes leave a configuration", (t) => {
  const parse = (text: string): ReturnType<typeof readConfiguration> =>
    readConfiguration(new Source("x", text), { find: (pattern) => [pattern], read: () => undefined });
  fc.assert(
    fc.property(fc.array(block(4), { minLength: 1, maxLength: 8 }), (parts) => {
      // `include` alone is no directive of ours, so there is one more.
      const findings = examine(parse(`pid x;\n${parts.join("\n")}`), {
        maxBodyBytes: 5_000,
        answerMs: 90_000,
        streams: true,
      });
      reportText(findings);
      JSON.parse(reportJson(findings));
      for (const text of applyFixes(findings).values()) if (text.trim() !== "") examine(parse(text));
    }),
    { numRuns: 200 },
  );
  t.true(lines.length > 50);
});
