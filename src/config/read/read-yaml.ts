/** Reads options of a YAML file. */
import { readFileOf, problemAt } from "./givens-of.ts";
import { withoutMark } from "./places.ts";
import type { ReadFile } from "./read-file.ts";
import { readYamlTree } from "./yaml-tree.ts";

/** Options of YAML 1.2, in one document. Never rejects. */
export async function readYaml(text: string, file: string, section?: string): Promise<ReadFile> {
  try {
    return readFileOf(await readYamlTree(withoutMark(text)), file, section);
  } catch (error) {
    // A parser that has given up, such as on deep nesting.
    return { givens: [], problems: [problemAt(file, {}, `it cannot be read: ${String(error)}`)], sections: [] };
  }
}
