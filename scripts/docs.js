// @ts-check
/**
 * Writes docs/errors.md from the ErrorCode union in src/errors.ts: one source for the type and its page.
 *
 *     node scripts/docs.js           writes
 *     node scripts/docs.js --check   exits with 1 when the page is out of date
 */
import { readFileSync, writeFileSync } from "node:fs";

const source = new URL("../src/errors.ts", import.meta.url);
const page = new URL("../docs/errors.md", import.meta.url);

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

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const text = errorsPage(readFileSync(source, "utf8"));
  if (!process.argv.includes("--check")) writeFileSync(page, text);
  else if (readFileSync(page, "utf8") !== text) {
    console.error("docs/errors.md is out of date: run node scripts/docs.js");
    process.exitCode = 1;
  }
}
