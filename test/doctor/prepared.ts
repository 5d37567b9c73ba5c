/** The broken configurations of this folder, in a place where nginx can run them. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { applyFixes, examine, type Finding, readFile } from "../../src/doctor/index.ts";
import type { Certificate } from "../helpers/certificates.ts";
import { projectRoot } from "../helpers/project.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const folder = join(projectRoot, "test/doctor/configurations");

/** Their names, each the id of what is wrong with it, and maybe a word behind a dot. */
export const names: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith(".conf"))
  .map((name) => name.slice(0, -".conf".length));

/** What a configuration is named for; undefined for a sound one. */
export function idOf(name: string): string | undefined {
  const [id] = name.split(".");
  return id === "sound" ? undefined : id;
}

/**
 * A copy of one configuration, with what all include, gone when the test has ended; answers its path. `certificate`: for
 * those with TLS.
 */
export function copyOf(t: { teardown(end: () => void): void }, name: string, certificate?: Certificate): string {
  const copy = folderOf(t);
  cpSync(join(folder, "common"), join(copy, "common"), { recursive: true });
  const path = join(copy, `${name}.conf`);
  cpSync(join(folder, `${name}.conf`), path);
  if (certificate !== undefined) {
    writeFileSync(join(copy, "cert.pem"), certificate.cert);
    writeFileSync(join(copy, "key.pem"), certificate.key);
  }
  return path;
}

export function findingsOf(path: string): readonly Finding[] {
  return examine(readFile(path));
}

/** The ids of what is found, each once. */
export function idsOf(findings: readonly Finding[]): readonly string[] {
  return [...new Set(findings.map(({ id }) => id))].sort();
}

/** Makes all fixes, in the files. */
export function fixAll(path: string): void {
  for (const [file, text] of applyFixes(findingsOf(path))) writeFileSync(file, text);
}

/** Replaces texts in a file, wherever they are. */
export function rewrite(path: string, changes: Readonly<Record<string, string>>): void {
  let text = readFileSync(path, "utf8");
  for (const [from, to] of Object.entries(changes)) text = text.replaceAll(from, to);
  writeFileSync(path, text);
}
