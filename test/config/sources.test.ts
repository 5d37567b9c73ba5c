import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import test from "ava";
import { stringify } from "yaml";
import { flagTable, givensOfFlags } from "../../src/cli/options/flags.ts";
import { type Given, loadConfig, type Option, optionTables } from "../../src/config/index.ts";
import { readValue } from "../../src/config/read-value.ts";
import { folderOf } from "../helpers/temp-folder.ts";

/**
 * Every option that the schema has is reachable by every source: what its example becomes is the same wherever it is said,
 * and is remembered to be said there.
 */
const options = optionTables.serve;

/** As files with types of their own say it. */
function native(option: Option): unknown {
  const { kind, example, isList } = option;
  if (kind === "flag") return true;
  if (kind === "count" || kind === "seconds" || kind === "workers") return Number(example);
  if (kind === "named") {
    const equals = example.indexOf("=");
    return equals === -1 ? [example] : { [example.slice(0, equals)]: JSON.parse(example.slice(equals + 1)) as unknown };
  }
  if (kind === "pair") return { [example.split("=")[0] ?? ""]: example.split("=")[1] };
  return isList === true ? [example] : example;
}

/** What the example means. */
function meant(option: Option): unknown {
  const reading = readValue(option, { value: option.example });
  if ("needed" in reading) throw new Error(`${option.name} ${option.example}: ${reading.needed}`);
  const isWhole = option.isList !== true || option.kind === "pair" || option.kind === "named";
  return isWhole ? reading.value : [reading.value];
}

const json = (): string =>
  JSON.stringify(Object.fromEntries(options.map((option) => [option.name, native(option)])), undefined, 1);

const texts: Readonly<Record<string, () => string>> = {
  "all.ini": () => `[uisge]\n${options.map(({ name, example }) => `${name} = ${example}\n`).join("")}`,
  "all.yaml": () => stringify(Object.fromEntries(options.map((option) => [option.name, native(option)]))),
  "all.toml": () => options.map((option) => `${option.name} = ${tomlOf(native(option))}\n`).join(""),
  "all.json": json,
  "all.mjs": () => `export default ${json()};\n`,
};

/** A value on one line. */
function tomlOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(tomlOf).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([name, one]) => `${name} = ${tomlOf(one)}`)
    .join(", ")} }`;
}

for (const [name, text] of Object.entries(texts)) {
  test(`every option is read from ${name}, with its line`, async (t) => {
    const file = join(folderOf(t), name);
    const written = text();
    writeFileSync(file, written);
    const loaded = await loadConfig({ files: [file], env: {} });
    t.deepEqual(loaded.problems, []);
    const lines = written.split("\n");
    for (const option of options) {
      const values = loaded.values;
      // A gateway's own options are read by their own table.
      if (option.table === undefined) t.deepEqual(values[option.name], meant(option), option.name);
      else t.truthy(values[option.name], option.name);
      const [origin] = loaded.origins.get(option.name) ?? [];
      t.is(origin?.kind, "file", option.name);
      if (origin?.kind !== "file") continue;
      t.is(origin.file, file);
      // The line of the key, or for a list that of its first item.
      const near = lines.slice(Math.max(0, (origin.line ?? 0) - 2), origin.line).join("\n");
      t.true(near.includes(option.name), `${option.name}: ${origin.line}: ${near}`);
    }
  });
}

test("every option is read from the environment", async (t) => {
  const variableOf = (name: string): string => `UISGE_${name.replaceAll("-", "_").toUpperCase()}`;
  const env = Object.fromEntries(options.map(({ name, example }) => [variableOf(name), example]));
  const loaded = await loadConfig({ env });
  t.deepEqual(loaded.problems, []);
  for (const option of options) {
    const values = loaded.values;
    if (option.table === undefined) t.deepEqual(values[option.name], meant(option), option.name);
    t.deepEqual(loaded.origins.get(option.name), [{ kind: "environment", variable: variableOf(option.name) }]);
  }
});

test("every option is a flag, by each of its names", async (t) => {
  for (const option of options) {
    for (const name of [option.name, ...(option.aliases ?? [])]) {
      const args = [option.kind === "flag" ? `--${name}` : `--${name}=${option.example}`];
      const { values } = parseArgs({ args, options: flagTable(options) });
      const loaded = await loadConfig({ env: {}, flags: givensOfFlags(values, options) });
      t.deepEqual(loaded.problems, [], name);
      const read = loaded.values[option.name];
      if (option.table === undefined) t.deepEqual(read, meant(option), name);
      t.deepEqual(loaded.origins.get(option.name), [{ kind: "flag", flag: `--${name}` }]);
    }
  }
});

test("flags count more than the environment, that more than files, a later file more than an earlier one", async (t) => {
  const folder = folderOf(t);
  const [first, second] = [join(folder, "a.ini"), join(folder, "b.yaml")];
  writeFileSync(first, "[uwsgi]\nharakiri = 1\ngrace = 1\nname = first\nsocket = /a\nsocket = /b\nprocesses = 1\n");
  writeFileSync(second, "harakiri: 2\ngrace: 2\nsocket: [/c]\n");
  const flags: Given[] = [{ name: "harakiri", value: "4", origin: { kind: "flag", flag: "--harakiri" } }];
  const loaded = await loadConfig({ files: [first, second], env: { UISGE_HARAKIRI: "3", UISGE_GRACE: "3" }, flags });
  t.deepEqual(loaded.values, { harakiri: 4, grace: 3, name: "first", socket: ["/c"], processes: 1 });
  t.deepEqual(loaded.origins.get("name"), [{ kind: "file", file: first, line: 4 }]);
  t.is(loaded.origins.get("harakiri")?.[0]?.kind, "flag");
  t.is(loaded.origins.get("grace")?.[0]?.kind, "environment");
});
