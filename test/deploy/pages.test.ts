/** What docs/deploy shows is what the files of `deploy/` say, and what it has run is there. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { deployPath } from "../helpers/deploy-files.ts";
import { projectRoot } from "../helpers/project.ts";
import { runUisge } from "../helpers/run-program.ts";

const folder = join(projectRoot, "docs/deploy");
const pages = readdirSync(folder);
const read = (page: string): string => readFileSync(join(folder, page), "utf8");

const shipped = readdirSync(deployPath("."), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8"));

/** What is an example of one's own, by its first line that says something. */
const own = new Set(["TimeoutStopSec=250", "ReadWritePaths=/srv/shop/uploads", "location / {"]);

interface Block {
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

const blocks = pages.flatMap((page) =>
  [...read(page).matchAll(/^( *)```(\w+)\n(.*?)^\1```$/gms)].map(([, indent = "", language = "", text = ""]): Block => {
    return { page, language, text: text.replaceAll(new RegExp(`^${indent}`, "gm"), "") };
  }),
);

const quoted = blocks.filter(({ language, text }) => {
  const first = text.split("\n").find((line) => line !== "" && !line.startsWith("["));
  return language !== "sh" && !own.has(first ?? "");
});

/** Each line without the spaces around it. */
const plain = (text: string): string => text.replaceAll(/^ +| +$/gm, "").trim();

test("there are excerpts, of each page that has files", (t) => {
  t.deepEqual(
    new Set(quoted.map(({ page }) => page)),
    new Set(["container.md", "kubernetes.md", "logrotate.md", "systemd.md"]),
  );
});

for (const { page, language, text } of quoted) {
  test(`${page} quotes the ${language} that is shipped: ${text.trim().split("\n")[0]}`, (t) => {
    t.true(
      shipped.some((file) => plain(file).includes(plain(text))),
      text,
    );
  });
}

test("the shell's loop of logrotate.md is that of the file", (t) => {
  const loop = blocks.find(({ page, text }) => page === "logrotate.md" && text.startsWith("for "))?.text ?? "?";
  t.true(shipped.some((file) => plain(file).includes(plain(loop))));
});

const copied = blocks
  .flatMap(({ text }) => [...text.matchAll(/^cp (?:-r )?(.+) \S+$/gm)])
  .flatMap(([, sources = ""]) => sources.split(" "))
  .map((source) => source.replace(/^node_modules\/uisge\/deploy\//, ""));

test("all that the pages copy is shipped", (t) => {
  t.true(copied.length > 8);
  for (const source of copied) {
    const [name = "", ending] = source.split("*");
    if (ending === undefined) t.true(existsSync(deployPath(source)), source);
    else
      t.true(
        readdirSync(deployPath(name)).some((file) => file.endsWith(ending)),
        source,
      );
  }
});

test("all commands of uisge in the pages are there", async (t) => {
  const names = blocks
    .filter(({ language }) => language === "sh")
    .flatMap(({ text }) => Array.from(text.matchAll(/(?:^|-- |\bshop )uisge (\w+)/gm), ([, name = ""]) => name));
  t.true(names.length > 8);
  for (const name of new Set(names)) {
    const { code, stdout } = await runUisge([name, "--help"]);
    t.is(code, 0, name);
    t.regex(stdout.toString(), new RegExp(`^(?:Usage: )?.*uisge ${name}`, "m"));
  }
});

for (const page of pages) {
  test(`${page} links to what is there`, (t) => {
    for (const [, to = ""] of read(page).matchAll(/\]\(([^)#]+)/g)) t.true(existsSync(join(folder, to)), to);
  });
}
