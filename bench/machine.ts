/** The machine of a run, and what it has to offer. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, type } from "node:os";
import { findProgram } from "../test/helpers/find-program.ts";
import type { Machine } from "./report/results.ts";

/** How each program is asked for its version, and where it stands in what it says. */
const versions: readonly (readonly [program: string, option: string, pattern: RegExp])[] = [
  ["nginx", "-v", /nginx\/(\S+)/],
  ["wrk", "-v", /wrk (?:debian\/)?(\S+)/],
  ["uwsgi", "--version", /^(\S+)/],
  ["cc", "--version", /(\d+\.\d+\.\d+)/],
];

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    os: `${type()} ${release()}`,
    node: process.version,
    programs: Object.fromEntries(versions.flatMap(([program, ...how]) => versionOf(program, ...how) ?? [])),
  };
}

/** Programs without which nothing can be measured. */
export function missingPrograms(): string[] {
  return ["nginx", "wrk"].filter((program) => findProgram(program) === undefined);
}

/** Longest queue of connections that the system allows. */
export function longestBacklog(): number {
  return Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8"));
}

/** Files that a process may have open. */
export function openFilesLimit(): number {
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
  return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
}

function versionOf(program: string, option: string, pattern: RegExp): [string, string][] | undefined {
  const path = findProgram(program);
  if (path === undefined) return undefined;
  const { stdout, stderr } = spawnSync(path, [option], { encoding: "utf8" });
  const version = pattern.exec(`${stdout}${stderr}`.trim())?.[1];
  return version === undefined ? undefined : [[program, version]];
}
