/** Gathers what is shown to who develops. */
import { isAbsolute, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type Environ, targetOf } from "../../environ/index.ts";
import { redactEnviron, redactQuery } from "../redact.ts";
import { type DescribedError, describeErrors } from "./described-error.ts";
import { type ExcerptLine, excerptOf } from "./excerpt.ts";
import type { Problem } from "./options.ts";
import { Sources } from "./sources.ts";
import type { Frame } from "./stack.ts";
import { cut } from "./thrown.ts";

export interface Gathered {
  readonly problem: Problem;
  /** `GET /path?query` */
  readonly request: string;
  readonly errors: readonly ShownError[];
  /** Secrets redacted, by name. */
  readonly environ: readonly (readonly [name: string, shown: string])[];
}

export interface ShownError extends Omit<DescribedError, "frames"> {
  readonly frames: readonly ShownFrame[];
}

export interface ShownFrame {
  readonly call: string;
  /** `src/tea.ts:3:9`, from the working directory where it is below that. */
  readonly where: string;
  /** Of the application: not of Node, of a package or of this one. */
  readonly isOwn: boolean;
  readonly excerpt: readonly ExcerptLine[] | undefined;
}

/** Excerpts of one error: more make a page longer, and nobody wiser. */
const MOST_EXCERPTS = 8;

/** Gathers all that is shown of a failure. */
export async function gather(thrown: unknown, problem: Problem): Promise<Gathered> {
  const sources = new Sources();
  const errors: ShownError[] = [];
  for (const { frames, ...error } of describeErrors(thrown)) {
    const shown: ShownFrame[] = [];
    let excerpts = 0;
    for (const frame of frames) {
      const one = await show(frame, sources, excerpts < MOST_EXCERPTS);
      if (one.excerpt !== undefined) excerpts++;
      shown.push(one);
    }
    errors.push({ ...error, frames: shown });
  }
  const { environ } = problem;
  return { problem, request: requestOf(environ), errors, environ: sorted(redactEnviron(environ)) };
}

async function show(frame: Frame, sources: Sources, isWithExcerpt: boolean): Promise<ShownFrame> {
  const { call, where, path } = frame;
  if (path === undefined || isPackaged(path))
    return { call, where: shortened(where, path), isOwn: false, excerpt: undefined };
  const place = await sources.placeOf(frame);
  if (place === undefined) return { call, where, isOwn: false, excerpt: undefined };
  const { file, line, column, text } = place;
  const isOwn = !isPackaged(file);
  return {
    call,
    where: `${fromHere(file)}:${line}:${column}`,
    isOwn,
    excerpt: isOwn && isWithExcerpt && text !== undefined ? excerptOf(text, line, column) : undefined,
  };
}

/** The folder of what this package runs: `dist`. */
const ownFolder = fileURLToPath(new URL("../../", import.meta.url));

function isPackaged(file: string): boolean {
  return /[\\/]node_modules[\\/]/.test(file) || file.startsWith(ownFolder);
}

function shortened(where: string, path: string | undefined): string {
  return path === undefined ? where : fromHere(path) + (/(?::[0-9]+){2}$/.exec(where)?.[0] ?? "");
}

function fromHere(file: string): string {
  if (!isAbsolute(file)) return file;
  const short = relative(process.cwd(), file);
  return short === "" || short.startsWith(`..${sep}`) || isAbsolute(short) ? file : short;
}

function requestOf(environ: Environ): string {
  const { REQUEST_METHOD: method } = environ as { readonly REQUEST_METHOD: unknown };
  const [path = "", ...query] = targetOf(environ).split("?");
  const target = query.length === 0 ? path : `${path}?${redactQuery(query.join("?"))}`;
  return cut(`${typeof method === "string" ? method : "?"} ${target}`, 2_000);
}

function sorted(pairs: [string, string][]): [string, string][] {
  return pairs.sort(([one], [other]) => (one < other ? -1 : 1));
}
