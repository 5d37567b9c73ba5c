import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Value } from "@sinclair/typebox/value";
import { Ajv } from "ajv";
import test from "ava";
import { type Option, optionTables } from "../../src/config/index.ts";
import { readValue } from "../../src/config/read-value.ts";
import { schemas } from "../../src/config/schema/schema.ts";
import { middlewareNames } from "../../src/middleware/index.ts";
import { projectRoot } from "../helpers/project.ts";

interface Generator {
  tableSource(): Promise<string>;
  typesSource(): Promise<string>;
  schemaText(): Promise<string>;
  optionsPage(): Promise<string>;
}

const generator = (await import(pathToFileURL(join(projectRoot, "scripts/options.js")).href)) as Generator;
const read = (path: string): string => readFileSync(join(projectRoot, path), "utf8");

for (const [path, make] of [
  ["src/config/option-table.ts", () => generator.tableSource()],
  ["src/config/config-types.ts", () => generator.typesSource()],
  ["uisge.schema.json", () => generator.schemaText()],
  ["docs/options.md", () => generator.optionsPage()],
] as const) {
  test(`${path} is what the schema says: run npm run docs`, async (t) => {
    t.is(read(path), await make());
  });
}

test("the schema knows the middleware that there is", (t) => {
  const known = optionTables.serve.find(({ name }) => name === "middleware")?.choices;
  t.deepEqual(known, [...middlewareNames]);
});

const tables = ["serve", "bridge", "route", "upstream"] as const;

/** What the value of the table and TypeBox itself think of a value; they have to agree on what files say. */
function judged(table: (typeof tables)[number], option: Option, value: unknown): [boolean, boolean] {
  const schema = schemas[table].properties[option.name];
  const items = Array.isArray(value) ? (value as unknown[]) : [value];
  const ours = items.every((item) => !("needed" in readValue(option, { value: item })));
  return [ours, schema !== undefined && Value.Check(schema, value)];
}

const odd = [-1, 0, 1, 1.5, 2 ** 31, 99_999, true, false, "auto", "off", "x", "660", "888", {}, { a: 1 }];

for (const table of tables) {
  test(`what is read of ${table} is what its schema allows`, (t) => {
    for (const option of optionTables[table]) {
      for (const value of odd) {
        const [ours, schema] = judged(table, option, value);
        // Text is read as what it looks like, for sources that have nothing else: the schema is for editors, and stricter.
        if (schema && option.table === undefined) t.true(ours, `${option.name}: ${JSON.stringify(value)}`);
        const isText = typeof value === "string" || typeof value === "boolean" || option.kind === "named";
        const isTextKind = ["text", "name", "address", "file", "folder"].includes(option.kind);
        const isNumberOfFlag = option.kind === "flag" && typeof value === "number";
        if (ours && !isText && !isTextKind && !isNumberOfFlag)
          t.true(schema, `${option.name}: ${JSON.stringify(value)}`);
      }
    }
  });
}

test("the JSON Schema is one, takes a configuration, and knows a slip of the pen", (t) => {
  const validate = new Ajv({ strict: false }).compile(JSON.parse(read("uisge.schema.json")) as object);
  const sound = {
    application: "app.js",
    socket: ["/run/app.sock", "127.0.0.1:3031"],
    processes: "auto",
    "chmod-socket": 660,
    harakiri: 0.5,
    env: { NODE_ENV: "production" },
    middleware: ["errors", { session: { keys: ["k"] } }],
    upstream: { django: "/run/django.sock", big: { to: ["10.0.0.1:3031 weight=2"], balance: "ip-hash" } },
    gateway: { front: { type: "bridge", http: ":8080", to: "big" } },
  };
  t.true(validate(sound), JSON.stringify(validate.errors));
  for (const wrong of [
    { procesess: 2 },
    { processes: 0 },
    { processes: 2_000 },
    { "reload-mode": "quick" },
    { middleware: ["gzip"] },
    { gateway: { front: { type: "bridge", htpp: ":80" } } },
    { gateway: { front: { type: "ftp" } } },
    { upstream: { a: { too: "x" } } },
    { harakiri: "soon" },
    { "chmod-socket": "rw" },
  ]) {
    t.false(validate(wrong), JSON.stringify(wrong));
  }
});
