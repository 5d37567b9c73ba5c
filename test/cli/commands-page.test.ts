import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { commands } from "../../src/cli/commands.ts";
import { commandsPage } from "../../src/cli/commands-page.ts";
import { usage as exitCodesHelp } from "../../src/cli/exit-codes-topic.ts";
import { exitCodeOf, exitCodes } from "../../src/process/index.ts";
import { projectRoot } from "../helpers/project.ts";

test("docs/commands.md is what the commands say of themselves: run npm run docs", async (t) => {
  t.is(readFileSync(join(projectRoot, "docs/commands.md"), "utf8"), await commandsPage());
});

test("the page tells of all commands, options and exit codes", async (t) => {
  const page = await commandsPage();
  for (const [name, { load }] of commands) {
    t.true(page.includes(`\n## uisge ${name}\n`), name);
    const loaded = await load();
    if (!("definition" in loaded)) continue;
    for (const option of loaded.definition.options.filter(({ isHidden }) => isHidden !== true))
      t.true(page.includes(`--${option.name}`), `${name} --${option.name}`);
  }
  for (const { exitCode } of exitCodes) t.true(page.includes(`\n| ${exitCode} | `), String(exitCode));
});

test("help exit-codes has a line for each, fits a screen, and is what errors end with", (t) => {
  const lines = exitCodesHelp.trimEnd().split("\n");
  t.true(lines.length <= 30 && lines.every((line) => line.length <= 80));
  for (const { exitCode, meaning, errors } of exitCodes) {
    t.true(lines.includes(`  ${String(exitCode).padStart(2)}  ${meaning}`));
    for (const code of errors) t.is(exitCodeOf(Object.assign(new Error("x"), { code })), exitCode);
  }
});

test("the codes that a definition takes from the table are in it", async (t) => {
  const known = new Set(exitCodes.map(({ exitCode }) => exitCode));
  for (const [name, { load }] of commands) {
    const loaded = await load();
    const codes = "definition" in loaded ? (loaded.definition.exitCodes ?? []) : [];
    for (const code of codes) t.true(typeof code !== "number" || known.has(code), `${name} ${String(code)}`);
  }
});
