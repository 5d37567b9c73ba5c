import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { loadConfig } from "../../../src/config/index.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

test("options of uWSGI's that mean nothing here are named as such, misspelt ones of ours as these", async (t) => {
  const file = join(folderOf(t), "app.ini");
  writeFileSync(file, "[uwsgi]\nsocket = @a\nmaster-fifo = /run/fifo\ndie-on-term = true\nproceses = 2\n");
  const { problems, warnings } = await loadConfig({ files: [file], env: {} });
  const rows = (all: typeof problems): unknown[] =>
    all.map(({ message, origin }) => [origin.kind === "file" ? origin.line : 0, message]);
  // What is always so here changes nothing where it is left out.
  t.deepEqual(rows(warnings), [[4, "die-on-term is uWSGI's: TERM always ends it"]]);
  t.deepEqual(rows(problems), [
    [3, "master-fifo is uWSGI's: commands are uisge reload, stop, scale, reopen, status"],
    [5, 'there is no option "proceses", did you mean processes?'],
  ]);
});
