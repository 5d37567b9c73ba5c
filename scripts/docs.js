// @ts-check
/**
 * Writes pages of docs from their one source: errors.md from the ErrorCode union in src/errors.ts, commands.md from the
 * definitions of the commands, uwsgi-options.md from what is known of uWSGI's options, both as they were built
 * (`npm run build`).
 *
 *     node scripts/docs.js           writes
 *     node scripts/docs.js --check   exits with 1 when a page is out of date
 */
import { readFileSync, writeFileSync } from "node:fs";

/** The page for the text of errors.ts. */
export function errorsPage(/** @type {string} */ text) {
  const union = text.slice(text.indexOf("export type ErrorCode"));
  const rows = [...union.matchAll(/\/\*\* (.*?) \*\/\s*\| "(UWSGI_[A-Z0-9_]+)"/g)].map(
    ([, meaning, code]) => `| \`${code}\` | ${meaning} |`,
  );
  return `# Error codes

Every error of uisge has a \`code\`. Match on it: codes are stable, messages are for people. This page is made from
\`src/errors.ts\` by \`node scripts/docs.js\`.

| code | what happened |
| --- | --- |
${rows.join("\n")}
`;
}

/** The page of the commands that were built. */
async function commandsPage() {
  /** @type {{ commandsPage(): Promise<string> }} */
  const built = await import(new URL("../dist/cli/commands-page.js", import.meta.url).href);
  return built.commandsPage();
}

/** The page of uWSGI's options. */
async function uwsgiPage() {
  /** @type {{ uwsgiPage(): string }} */
  const built = await import(new URL("../dist/config/uwsgi/page.js", import.meta.url).href);
  return built.uwsgiPage();
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const source = new URL("../src/errors.ts", import.meta.url);
  /** @type {[string, string][]} */
  const pages = [
    ["docs/errors.md", errorsPage(readFileSync(source, "utf8"))],
    ["docs/commands.md", await commandsPage()],
    ["docs/uwsgi-options.md", await uwsgiPage()],
  ];
  for (const [name, text] of pages) {
    const page = new URL(`../${name}`, import.meta.url);
    if (!process.argv.includes("--check")) writeFileSync(page, text);
    else if (readFileSync(page, "utf8") !== text) {
      console.error(`${name} is out of date: run npm run build && node scripts/docs.js`);
      process.exitCode = 1;
    }
  }
}
