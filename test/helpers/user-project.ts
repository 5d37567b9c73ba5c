/** A project of somebody who uses the package, for what README and pages show. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { projectRoot } from "./project.ts";
import { folderOf } from "./temp-folder.ts";

/**
 * A folder with the package, and other `packages` of ours, in its node_modules, as npm would put them there, and with
 * files. It goes with the test.
 */
export function userProject(
  t: ExecutionContext,
  files: Readonly<Record<string, string>>,
  packages: readonly string[] = [],
): string {
  const folder = folderOf(t);
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(projectRoot, join(folder, "node_modules/uisge"));
  for (const name of packages) symlinkSync(join(projectRoot, "node_modules", name), join(folder, "node_modules", name));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}
