/** Code blocks of the project's pages, so that tests run what users read. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "./project.ts";

/** The first block of a page in that language that contains `word`; throws when there is none. */
export function codeBlock(page: string, language: string, word: string): string {
  const blocks = [...readFileSync(join(projectRoot, page), "utf8").matchAll(/^```(\w+)\n(.*?)^```$/gms)];
  const found = blocks.find(([, kind, text]) => kind === language && text?.includes(word));
  if (found?.[2] === undefined) throw new Error(`${page} has no ${language} block with ${word}`);
  return found[2];
}
