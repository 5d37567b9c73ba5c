import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { loadConfig } from "../../../src/config/index.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

test("options of uWSGI's that mean nothing here are named as such, misspelt ones of ours as these", async (t) => {
  const file = join(folderOf(t), "app.ini");
  writeFileSync(file, "[uwsgi]\nsocket = @a\nmaster-fifo = /run/fifo\ndie-on-term = true\nproceses = 2\n");
  const { problems } = await loadConfig({ files: [file], env: {} });
  t.deepEqual(
    problems.map(({ message, origin }) => [origin.kind === "file" ? origin.line : 0, message]),
    [
      [3, "master-fifo is uWSGI's: commands are uisge reload, stop, scale, reopen, status"],
      [4, "die-on-term is uWSGI's: TERM always ends it"],
      [5, 'there is no option "proceses", did you mean processes?'],
    ],
  );
});
