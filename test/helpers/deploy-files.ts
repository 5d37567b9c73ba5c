/** The files of `deploy/`, as tests read them. */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "./project.ts";

/** Of a path below `deploy/`. */
export function deployPath(path: string): string {
  return join(projectRoot, "deploy", path);
}

export function readDeploy(path: string): string {
  return readFileSync(deployPath(path), "utf8");
}

/** A unit of systemd: by `Section.Key`, all that is said, in order. */
export type Unit = ReadonlyMap<string, readonly string[]>;

export function readUnit(path: string): Unit {
  const unit = new Map<string, string[]>();
  let section = "";
  for (const line of readDeploy(path).split("\n")) {
    const title = /^\[(\w+)\]$/.exec(line)?.[1];
    if (title !== undefined) section = title;
    const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    unit.set(`${section}.${key}`, [...(unit.get(`${section}.${key}`) ?? []), value]);
  }
  return unit;
}

/** The only value of a key; throws where there are none or several. */
export function only(unit: Unit, key: string): string {
  const [value, ...more] = unit.get(key) ?? [];
  if (value === undefined || more.length > 0)
    throw new Error(`${key} is said ${more.length} times too often, or never`);
  return value;
}

/** The options of an ini file as those of the command line: the application, then flags. */
export function argumentsOfIni(text: string): string[] {
  const pairs = [...text.matchAll(/^([a-z-]+) = (.+)$/gm)].map(([, name = "", value = ""]) => [name, value] as const);
  const application = pairs.find(([name]) => name === "application")?.[1];
  if (application === undefined) throw new Error("the file names no application");
  return [
    application,
    ...pairs.filter(([name]) => name !== "application").map(([name, value]) => `--${name}=${value}`),
  ];
}

/** Makes `uisge`, an executable file in `folder` that runs what was built; answers its path. */
export function uisgeIn(folder: string): string {
  const path = join(folder, "uisge");
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${join(projectRoot, "dist/cli/main.js")}' "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

/** The text with every occurrence of each path replaced; throws for one that does not occur. */
export function translate(text: string, paths: Readonly<Record<string, string>>): string {
  let result = text;
  for (const [from, to] of Object.entries(paths)) {
    if (!result.includes(from)) throw new Error(`${from} does not occur`);
    result = result.replaceAll(from, to);
  }
  return result;
}
