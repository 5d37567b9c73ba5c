/** Which files are vassals, and which of them are read by the vassal itself. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { listVassals, readVassal } from "../../../src/manager/emperor/vassal-files.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

const flags = { socket: { type: "string", multiple: true }, processes: { type: "string" } } as const;

test("configurations that are no programs are vassals", async (t) => {
  const folder = folderOf(t);
  const names = ["a.ini", "b.yaml", "c.yml", "d.toml", "e.json"];
  for (const name of [...names, ".f.ini", "g.js", "h.ini.old", "ini"]) writeFileSync(join(folder, name), "");
  const found = await listVassals(folder);
  t.deepEqual(
    found.toSorted(),
    names.map((name) => join(folder, name)),
  );
});

for (const [title, name, text] of [
  ["an ini file", "shop.ini", "[uisge]\napplication = app.js\n"],
  ["JSON with objects", "shop.json", '{"application":"app.js","middleware":[{"compress":{}}]}'],
  ["JSON for editors", "shop.json", '{"$schema":"./uisge.schema.json","application":"app.js"}'],
] as const) {
  test(`${title} is read by the vassal, and another text makes another one`, async (t) => {
    const path = join(folderOf(t), name);
    writeFileSync(path, text);
    const file = await readVassal(path, flags, true);
    t.deepEqual(file?.read(), { name: "shop", args: ["--config", path], text });
  });
}

test("JSON without objects is a command line", async (t) => {
  const path = join(folderOf(t), "shop.json");
  writeFileSync(path, '{"application":"app.js","socket":["/a","/b"],"processes":2}');
  const file = await readVassal(path, { ...flags, name: { type: "string" } }, true);
  t.deepEqual(file?.read(), {
    name: "shop",
    args: ["app.js", "--name=shop", "--socket=/a", "--socket=/b", "--processes=2", "--"],
  });
});
