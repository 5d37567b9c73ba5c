/** The examples of the pages, run as a user would: each prints what its comments say. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { Child } from "../../helpers/child.ts";
import { projectRoot } from "../../helpers/project.ts";
import { userProject } from "../../helpers/user-project.ts";

for (const page of ["docs/middleware/README.md", "docs/middleware/compose.md"]) {
  const text = readFileSync(join(projectRoot, page), "utf8");
  for (const [i, [, block = ""]] of [...text.matchAll(/^```js\n(.*?)^```$/gms)].entries()) {
    test(`example ${i + 1} of ${page} prints what it says`, async (t) => {
      const folder = userProject(t, { "example.mjs": block }, ["express", "helmet", "compression"]);
      await using child = new Child(["example.mjs"], { cwd: folder });
      t.is(await child.exit(), 0, child.stderr);
      const said = [...block.matchAll(/^\/\/ -> (.*)$/gm)].map(([, line]) => line);
      t.true(said.length > 0);
      t.deepEqual(child.stdout.trimEnd().split("\n"), said);
    });
  }
}
