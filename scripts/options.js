// @ts-check
/**
 * What is made from the schema of configurations, the only list of options: the table that the command reads at run time
 * (loading TypeBox would take longer than all else at the start), the JSON Schema for editors, the page of all options.
 *
 *     node scripts/options.js           writes, after a build
 *     node scripts/options.js --check   exits with 1 when one is out of date
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);

const schemaModule = new URL("dist/config/schema/schema.js", root).href;

/** @typedef {import("../src/config/option.ts").Option} Option */
/** @typedef {{ properties: Record<string, { option: Omit<Option, "name"> }> }} Schema */

/** @returns {Promise<{ title: string, options: Option[] }[]>} */
async function tables() {
  const { schemas } = /** @type {{ schemas: Record<string, Schema> }} */ (await import(schemaModule));
  return Object.entries(schemas).map(([title, { properties }]) => ({
    title,
    options: Object.entries(properties).map(([name, { option }]) => Object.assign({ name }, option)),
  }));
}

/** The source of src/config/option-table.ts. */
export async function tableSource() {
  const rows = (await tables()).map(
    ({ title, options }) =>
      `  ${title}: [\n${options.map((option) => `    ${JSON.stringify(option)},\n`).join("")}  ],\n`,
  );
  return `/**
 * Made by \`npm run docs\` from the schema (\`schema/schema.ts\`): do not edit. What is known of each option, for whoever reads
 * or tells of them, without the library in which the schema is written.
 */
import type { Option } from "./option.ts";

export const optionTables: Readonly<Record<"serve" | "bridge" | "route" | "upstream", readonly Option[]>> = {
${rows.join("")}};
`;
}

/** The source of src/config/config-types.ts. */
export async function typesSource() {
  const shapes = (await tables()).map(
    ({ title, options }) =>
      `/** What the options of \`${title}\` are read as. */\nexport interface ${typeName(title)} {\n${options.map(member).join("\n")}\n}\n`,
  );
  return `/** Made by \`npm run docs\` from the schema (\`schema/schema.ts\`): do not edit. What configurations are read as. */
import type { Named } from "./read-value.ts";

${shapes.join("\n")}`;
}

/** `serve` -> `ServeConfig`. */
function typeName(/** @type {string} */ title) {
  return `${title.charAt(0).toUpperCase()}${title.slice(1)}Config`;
}

/** A member of the interface. */
function member(/** @type {Option} */ option) {
  const one = typeOf(option);
  const type =
    option.kind === "pair" ? one : option.isList === true ? `readonly ${one.includes("|") ? `(${one})` : one}[]` : one;
  return `  /** ${option.summary}. */\n  readonly ${JSON.stringify(option.name)}?: ${type};`;
}

function typeOf(/** @type {Option} */ { kind, choices }) {
  switch (kind) {
    case "flag":
      return "boolean";
    case "count":
    case "seconds":
      return "number";
    case "workers":
      return 'number | "auto"';
    case "choice":
      return (choices ?? []).map((one) => JSON.stringify(one)).join(" | ");
    case "pair":
      return "Readonly<Record<string, string>>";
    case "named":
      return "Named";
    default:
      return "string";
  }
}

/** The text of uisge.schema.json: the schema without what is known beside it; and a file may say where this is. */
export async function schemaText() {
  const { schemas } = /** @type {{ schemas: Record<string, Schema> }} */ (await import(schemaModule));
  const isBeside = (/** @type {string} */ key, /** @type {unknown} */ value) =>
    key === "option" && typeof value === "object" && value !== null && "group" in value;
  const plain = JSON.stringify(schemas["serve"], (key, value) => (isBeside(key, value) ? undefined : value));
  const { properties, ...rest } = JSON.parse(plain);
  const about = { $schema: "http://json-schema.org/draft-07/schema#", title: "A configuration of uisge serve" };
  const own = { $schema: { description: "Where this schema is, for editors.", type: "string" } };
  return `${JSON.stringify({ ...about, ...rest, properties: { ...own, ...properties } }, undefined, 1)}\n`;
}

/** The text of docs/options.md, by the table as it was built last. */
export async function optionsPage() {
  const page = /** @type {{ optionsPage: () => string }} */ (await import(new URL("dist/config/index.js", root).href));
  return page.optionsPage();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const made = /** @type {const} */ ([
    ["src/config/option-table.ts", await tableSource()],
    ["src/config/config-types.ts", await typesSource()],
    ["uisge.schema.json", await schemaText()],
    ["docs/options.md", await optionsPage()],
  ]);
  for (const [path, text] of made) {
    if (!process.argv.includes("--check")) writeFileSync(new URL(path, root), text);
    else if (readFileSync(new URL(path, root), "utf8") !== text) {
      console.error(`${path} is out of date: run npm run docs`);
      process.exitCode = 1;
    }
  }
}
