/** An imported configuration as YAML. */
import type { ImportedFile } from "./imported.ts";

/** `notes` stand at the top, a line each. */
export async function writeYaml({ options }: ImportedFile, notes: readonly string[]): Promise<string> {
  const { stringify } = await import("yaml");
  const head = notes.map((note) => `# ${note}\n`).join("");
  return `${head}${stringify({ uisge: options }, { lineWidth: 0 })}`;
}
