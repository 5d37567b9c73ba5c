/** What docs/configuration.md shows, read and run as it stands. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import test from "ava";
import { parse as parseYaml } from "yaml";
import { loadConfig } from "../../src/config/index.ts";
import { codeBlock } from "../helpers/code-block.ts";
import { needs } from "../helpers/needs.ts";
import { projectRoot } from "../helpers/project.ts";
import { runProgram } from "../helpers/run-program.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const page = "docs/configuration.md";
const text = readFileSync(join(projectRoot, page), "utf8");
const env = { SESSION_KEY: "k".repeat(32) };
// A module asks the process.
process.env["SESSION_KEY"] = env.SESSION_KEY;

/** The files of the page, by the comment in their first line; the JSON, which can have none, is shop.json. */
const files: ReadonlyMap<string, string> = new Map(
  Array.from(text.matchAll(/^```(\w+)\n(.*?)^```$/gms), ([, language, body = ""]): [string, string] => {
    const [, name = ""] = /^(?:;|#|\/\/) ([\w.]+)\n/.exec(body) ?? [];
    return [language === "json" ? "shop.json" : name, body];
  }).filter(([name]) => name !== ""),
);

/** A folder with all of them. */
function folderOfFiles(t: Parameters<typeof folderOf>[0]): string {
  const folder = folderOf(t);
  for (const [name, body] of files) writeFileSync(join(folder, name), body);
  return folder;
}

const shop = {
  application: "server.js",
  processes: 2,
  socket: ["/run/shop/app.sock", "127.0.0.1:3031"],
  harakiri: 30,
  env: { NODE_ENV: "production" },
  middleware: [
    { name: "compress", options: {} },
    { name: "session", options: { keys: [env.SESSION_KEY], name: "shop" } },
  ],
};

for (const name of ["shop.ini", "shop.yaml", "shop.toml", "shop.json", "uisge.config.js"]) {
  test(`the page's ${name} says what its others say`, async (t) => {
    // A module of a package without a type: as the extension tells.
    const folder = folderOfFiles(t);
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const { values, problems, warnings } = await loadConfig({ files: [join(folder, name)], env });
    t.deepEqual([...problems, ...warnings], []);
    t.deepEqual(values, shop);
  });
}

test("the page's variables of the environment say the same", async (t) => {
  const lines = codeBlock(page, "sh", "UISGE_PROCESSES=").trim().split("\n");
  const said = Object.fromEntries(
    lines.map((line) => {
      const [, name = "", value = ""] = /^(\w+)='?(.*?)'?$/.exec(line) ?? [];
      return [name, value];
    }),
  );
  const { values, problems } = await loadConfig({ env: said });
  t.deepEqual(problems, []);
  t.deepEqual(values, { processes: shop.processes, socket: shop.socket, env: shop.env });
});

test("the page's sections are what it says", async (t) => {
  const path = join(folderOfFiles(t), "sites.ini");
  const [main, staging] = [
    await loadConfig({ files: [path], env }),
    await loadConfig({ files: [`${path}:staging`], env }),
  ];
  t.deepEqual([...main.problems, ...staging.problems], []);
  t.deepEqual(main.values, { application: "server.js", socket: ["/run/sites/app.sock"], processes: 4 });
  t.deepEqual(staging.values, { ...main.values, processes: 1, env: { SITE: "staging" } });
});

test("the page's parts by name are the same in both formats, and nothing is wrong with them", async (t) => {
  const folder = folderOfFiles(t);
  const { problemsOfParts } = await import("../../src/cli/serve/problems-of-parts.ts");
  const [ini, yaml] = await Promise.all(
    ["front.ini", "front.yaml"].map((name) => loadConfig({ files: [join(folder, name)], env })),
  );
  t.deepEqual(ini?.problems, []);
  t.deepEqual(ini?.values, yaml?.values);
  t.deepEqual(ini === undefined ? undefined : await problemsOfParts(ini), []);
});

test("what is wrong with middleware and gateways is told with the line of each", async (t) => {
  const file = join(folderOf(t), "app.ini");
  writeFileSync(
    file,
    `[uisge]\nmiddleware = errors\nmiddleware = compress\n[middleware:compress]\nlevel = 9
[gateway:a]\ntype = bridge\nhttp = :0\n[gateway:b]\ntype = bridge\nhttp = :0\nto = nobody\n`,
  );
  const { problemsOfParts } = await import("../../src/cli/serve/problems-of-parts.ts");
  const problems = await problemsOfParts(await loadConfig({ files: [file], env: {} }));
  const at = (origin: (typeof problems)[number]["origin"]): unknown => origin.kind === "file" && origin.line;
  t.deepEqual(
    problems.map(({ name, origin }) => [name, at(origin)]),
    [
      ["gateway", 9],
      ["middleware", 4],
    ],
  );
});

test("the page's systemd credential is read", async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, "session-key"), `${env.SESSION_KEY}\n`);
  writeFileSync(join(folder, "app.ini"), `[uisge]\n${codeBlock(page, "ini", "CREDENTIALS_DIRECTORY")}`);
  const { values, problems } = await loadConfig({
    files: [join(folder, "app.ini")],
    env: { CREDENTIALS_DIRECTORY: folder },
  });
  t.deepEqual(problems, []);
  t.deepEqual(values, { middleware: [{ name: "session", options: { keys: [env.SESSION_KEY] } }] });
});

const validate = new Ajv().compile(
  JSON.parse(readFileSync(join(projectRoot, "uisge.schema.json"), "utf8")) as Record<string, unknown>,
);

test("an editor that has the schema finds nothing wrong in the page's files", (t) => {
  for (const name of ["shop.json", "shop.yaml", "front.yaml"]) {
    // YAML is a superset of JSON.
    const isValid = validate(parseYaml(files.get(name) ?? "") as unknown);
    t.true(isValid, `${name}: ${JSON.stringify(validate.errors)}`);
  }
});

for (const wrong of [
  { proceses: 2 },
  { processes: "two" },
  { middleware: ["compres"] },
  { gateway: { front: { http: ":8080" } } },
]) {
  test(`an editor that has the schema marks ${JSON.stringify(wrong)}`, (t) => {
    t.false(validate(wrong));
  });
}

for (const [, command = "", shown = ""] of text.matchAll(/^```text\n\$ (.*)\n([^]*?)^```$/gm)) {
  needs("sh")(`the page shows what this prints: ${command}`, async (t) => {
    const main = join(projectRoot, "dist/cli/main.js");
    const script = `exec 2>&1; uisge() { "$0" '${main}' "$@"; }; ${command}`;
    const { stdout, code } = await runProgram("sh", ["-c", script, process.execPath], {
      cwd: folderOfFiles(t),
    });
    t.is(stdout.toString(), shown);
    t.is(code, command.includes("slips") ? 65 : 0);
  });
}
