/** Reads options of a JSON file. */
import { readFileOf } from "./givens-of.ts";
import { readJsonTree } from "./json-tree.ts";
import { withoutMark } from "./places.ts";
import type { ReadFile } from "./read-file.ts";

/** Options of strict JSON: no comments, no commas behind the last. Never rejects. */
export async function readJson(text: string, file: string, section?: string): Promise<ReadFile> {
  return readFileOf(readJsonTree(withoutMark(text)), file, section);
}
