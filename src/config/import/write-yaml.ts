/** An imported configuration as YAML. */
import type { ImportedFile } from "./imported.ts";
import { escaped } from "./write-ini.ts";

/** `notes` stand at the top, a line each. */
export async function writeYaml({ options }: ImportedFile, notes: readonly string[]): Promise<string> {
  const { stringify } = await import("yaml");
  const meant = Object.fromEntries(Object.entries(options).map(([name, value]) => [name, escapedIn(name, value)]));
  const head = notes.map((note) => `# ${note}\n`).join("");
  return `${head}${stringify({ uisge: meant }, { lineWidth: 0 })}`;
}

function escapedIn(option: string, value: unknown): unknown {
  // What looks like a reference is text of theirs.
  if (typeof value === "string") return escaped(option, value).replaceAll(/([$@])\(/g, "$1$1(");
  if (Array.isArray(value)) return value.map((item: unknown) => escapedIn(option, item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, escapedIn(option, one)]));
}
