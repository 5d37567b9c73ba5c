/** Where results are kept. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../test/helpers/project.ts";
import type { Results } from "./results.ts";

const folder = join(projectRoot, "bench/results");

const files = {
  /** Of the last runs that were long and wide enough to be kept. */
  kept: join(folder, "side-by-side.json"),
  /** Of the last run that was not; ignored by git. */
  sketch: join(folder, "sketch.json"),
  /** Of the last release. */
  release: join(folder, "release.json"),
  chart: join(projectRoot, "docs/side-by-side.svg"),
} as const;

export type ResultsFile = Exclude<keyof typeof files, "chart">;

/** What is kept there, or undefined. */
export function readResults(file: ResultsFile): Results | undefined {
  let text: string;
  try {
    text = readFileSync(files[file], "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return JSON.parse(text) as Results;
}

/** Answers the path, from the root of the project. */
export function writeResults(file: ResultsFile, results: Results): string {
  mkdirSync(folder, { recursive: true });
  return write(files[file], `${JSON.stringify(results, roundedFigures, 1)}\n`);
}

export function writeChart(svg: string): string {
  return write(files.chart, svg);
}

/** Version of uisge, from package.json. */
export function ownVersion(): string {
  return (JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as { version: string }).version;
}

function write(path: string, text: string): string {
  writeFileSync(path, text);
  return path.slice(projectRoot.length + 1);
}

/** Six digits are more than any of it is worth. */
function roundedFigures(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(6)) : value;
}
