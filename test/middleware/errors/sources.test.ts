import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { Sources } from "../../../src/middleware/errors/sources.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

/** Line 1 -> line 3, column 5 of the first source; line 2 -> line 4. */
const MAPPINGS = "AAEI;AACA";

const map = (more: object = {}): object => ({
  version: 3,
  sources: ["tea.ts"],
  names: [],
  mappings: MAPPINGS,
  ...more,
});
const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64");
const frameAt = (path: string, line = 1, column = 1) => ({ call: "", where: "", path, line, column });

/** Writes files into a folder of the test; answers the path of the first. */
function written(t: ExecutionContext, files: Readonly<Record<string, string | object>>): string {
  const folder = folderOf(t);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return join(folder, Object.keys(files)[0] ?? "");
}

test("a map beside the code leads to its source", async (t) => {
  const path = written(t, {
    "dist/tea.js": "code\ncode\n//# sourceMappingURL=tea.js.map\n",
    "dist/tea.js.map": map({ sources: ["../src/tea.ts"] }),
    "src/tea.ts": "the source",
  });
  const place = await new Sources().placeOf(frameAt(path));
  t.deepEqual(place, { file: path.replace("dist/tea.js", "src/tea.ts"), line: 3, column: 5, text: "the source" });
});

test("the text of a source in the map goes before that of the file, which may have changed", async (t) => {
  const inline = `code\n//# sourceMappingURL=data:application/json;base64,${base64(map({ sourcesContent: ["of the map"] }))}`;
  const path = written(t, { "tea.js": inline, "tea.ts": "of the file" });
  t.like(await new Sources().placeOf(frameAt(path)), { line: 3, text: "of the map" });
});

test("a map that is not in base64 is read, and one behind a guard against scripts", async (t) => {
  const url = `data:application/json,${encodeURIComponent(`)]}'\n${JSON.stringify(map())}`)}`;
  const path = written(t, { "tea.js": `code\n//@ sourceMappingURL=${url}\n\n`, "tea.ts": "the source" });
  t.like(await new Sources().placeOf(frameAt(path)), { line: 3, text: "the source" });
});

test("a source below sourceRoot, and one that is no file", async (t) => {
  const root = written(t, {
    "tea.js": "code\n//# sourceMappingURL=tea.js.map",
    "tea.js.map": map({ sourceRoot: "deep" }),
    "deep/tea.ts": "the source",
  });
  t.like(await new Sources().placeOf(frameAt(root)), { text: "the source" });
  const packed = written(t, {
    "tea.js": "code\n//# sourceMappingURL=tea.js.map",
    "tea.js.map": map({ sources: ["webpack://app/./tea.ts"], sourcesContent: ["packed"] }),
  });
  t.like(await new Sources().placeOf(frameAt(packed)), { file: "webpack://app/tea.ts", line: 3, text: "packed" });
});

test("a map of sections is read", async (t) => {
  const path = written(t, {
    "tea.js": "code\ncode\n//# sourceMappingURL=tea.js.map",
    "tea.js.map": {
      version: 3,
      sections: [{ offset: { line: 0, column: 0 }, map: map({ sourcesContent: ["of a section"] }) }],
    },
  });
  t.like(await new Sources().placeOf(frameAt(path)), { line: 3, text: "of a section" });
});

test("a source that Node has mapped already is not mapped again", async (t) => {
  const path = written(t, { "tea.ts": 'const url = "//# sourceMappingURL=tea.map";\n', "tea.map": map() });
  t.like(await new Sources().placeOf(frameAt(path, 1, 7)), { file: path, line: 1, column: 7 });
});

for (const [what, files] of [
  ["no map", { "tea.js": "code" }],
  ["a map that is not there", { "tea.js": "code\n//# sourceMappingURL=tea.js.map" }],
  ["a map that is no JSON", { "tea.js": "code\n//# sourceMappingURL=tea.js.map", "tea.js.map": "{" }],
  ["a map that is null", { "tea.js": "code\n//# sourceMappingURL=tea.js.map", "tea.js.map": "null" }],
  ["a map of broken data", { "tea.js": "code\n//# sourceMappingURL=data:application/json,%zz" }],
  ["a map on another machine", { "tea.js": "code\n//# sourceMappingURL=http://127.0.0.1:9/tea.js.map" }],
  ["a URL of a map that is none", { "tea.js": "code\n//# sourceMappingURL=http://[" }],
  [
    "a map without mappings",
    { "tea.js": "code\n//# sourceMappingURL=tea.js.map", "tea.js.map": map({ mappings: "" }) },
  ],
  ["a comment that is not the last", { "tea.js": `//# sourceMappingURL=tea.js.map\ncode`, "tea.js.map": map() }],
] as const) {
  test(`code with ${what} is shown as it is`, async (t) => {
    const path = written(t, files);
    t.deepEqual(await new Sources().placeOf(frameAt(path)), { file: path, line: 1, column: 1, text: files["tea.js"] });
  });
}

test("what is no code, and what is not there, is not read", async (t) => {
  const secret = written(t, { "passwords.json": "planted" });
  t.like(await new Sources().placeOf(frameAt(secret)), { text: undefined });
  t.like(await new Sources().placeOf(frameAt("/nowhere/tea.js")), { text: undefined });
  t.like(await new Sources().placeOf(frameAt(written(t, { "folder.js/tea.js": "" }).replace("/tea.js", ""))), {
    text: undefined,
  });
});
