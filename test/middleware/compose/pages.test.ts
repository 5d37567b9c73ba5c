/** The examples of the pages, run as a user would: each prints what its comments say. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { Child } from "../../helpers/child.ts";
import { projectRoot } from "../../helpers/project.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

for (const page of ["docs/middleware/README.md", "docs/middleware/compose.md"]) {
  const text = readFileSync(join(projectRoot, page), "utf8");
  for (const [i, [, block = ""]] of [...text.matchAll(/^```js\n(.*?)^```$/gms)].entries()) {
    test(`example ${i + 1} of ${page} prints what it says`, async (t) => {
      const folder = folderOf(t);
      mkdirSync(join(folder, "node_modules"));
      for (const name of ["express", "helmet", "compression"]) {
        symlinkSync(join(projectRoot, "node_modules", name), join(folder, "node_modules", name));
      }
      symlinkSync(projectRoot, join(folder, "node_modules/uisge"));
      writeFileSync(join(folder, "example.mjs"), block);
      await using child = new Child(["example.mjs"], { cwd: folder });
      t.is(await child.exit(), 0, child.stderr);
      const said = [...block.matchAll(/^\/\/ -> (.*)$/gm)].map(([, line]) => line);
      t.true(said.length > 0);
      t.deepEqual(child.stdout.trimEnd().split("\n"), said);
    });
  }
}
