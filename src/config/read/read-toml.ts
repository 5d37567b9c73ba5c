/** Reads options of a TOML file. */
import { problemAt, readFileOf } from "./givens-of.ts";
import { withoutMark } from "./places.ts";
import type { ReadFile } from "./read-file.ts";
import { readTomlTree } from "./toml-tree.ts";

/** Options of TOML 1.1. Never rejects. */
export async function readToml(text: string, file: string, section?: string): Promise<ReadFile> {
  try {
    return readFileOf(await readTomlTree(withoutMark(text)), file, section);
  } catch (error) {
    // A parser that has given up, such as on deep nesting.
    return { givens: [], problems: [problemAt(file, {}, `it cannot be read: ${String(error)}`)], sections: [] };
  }
}
