/** docs/from-uwsgi.md, from-pm2.md, from-unit.md and uwsgi-options.md: what they show is what comes of it. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "ava";
import { importFile } from "../src/cli/import/import-file.ts";
import { aboutUwsgiOption } from "../src/config/uwsgi/about.ts";
import { uwsgiPage } from "../src/config/uwsgi/page.ts";
import { definition } from "../src/cli/import-command.ts";
import { codeBlock } from "./helpers/code-block.ts";
import { projectRoot } from "./helpers/project.ts";
import { folderOf } from "./helpers/temp-folder.ts";

const pages = ["docs/from-uwsgi.md", "docs/from-pm2.md", "docs/from-unit.md"];

function textOf(page: string): string {
  return readFileSync(join(projectRoot, page), "utf8");
}

test("the page of uWSGI's options is up to date", (t) => {
  t.is(textOf("docs/uwsgi-options.md"), uwsgiPage());
});

test("links lead to pages that there are", (t) => {
  for (const page of [...pages, "docs/uwsgi-options.md"]) {
    for (const [, target = ""] of textOf(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      t.true(existsSync(join(projectRoot, dirname(page), target)), `${page}: ${target}`);
    }
  }
});

test("commands of import have options that it has", (t) => {
  const known = new Set(definition.options.map(({ name }) => name));
  const used = pages.flatMap((page) => [...textOf(page).matchAll(/^uisge import .*$/gm)].map(([line]) => line));
  t.true(used.length >= 4);
  for (const line of [...used, ...definition.examples]) {
    if (!line.includes("uisge import")) continue;
    for (const [, name = ""] of line.split("uisge import")[1]?.matchAll(/ --([\w-]+)/g) ?? [])
      t.true(known.has(name), line);
  }
});

test("the report of the page is what import says", async (t) => {
  const folder = folderOf(t);
  const shown = codeBlock("docs/from-uwsgi.md", "text", "WHERE ");
  const options = ["master = true", "workers = 4", "module = shop:app", "socket = /run/shop.sock"];
  const more = ["disable-logging = true", "die-on-term = true", "static-map = /static=/srv/shop/public"];
  writeFileSync(join(folder, "shop.ini"), `[uwsgi]\n${[...options, ...more].join("\n")}\n`);
  const output = join(folder, "new.ini");
  const values = { application: "/srv/shop/app.js", output };
  const { report } = await importFile({ values, positionals: [join(folder, "shop.ini")] });
  t.is(report.replace(output, "/etc/uisge/shop.ini").trim(), shown.trim());
});

test("options of uWSGI's that the page of the way names are options", (t) => {
  for (const name of ["cheaper", "harakiri", "master-fifo", "stats", "static-map", "route", "add-header", "listen"]) {
    t.truthy(aboutUwsgiOption(name), name);
  }
});
