/** The headers of a request as Node has them raw: names and values by turns. */
import { type Environ, headerName } from "../../environ/index.ts";

/** Vars that are headers, for environs of the same names in the same order. */
interface Layout {
  readonly vars: readonly string[];
  /** Names of the vars, and of the headers that they are. */
  readonly sources: readonly string[];
  readonly names: readonly string[];
}

/** What was seen last, by the number of vars: a front end sends few layouts. */
const layouts: (Layout | undefined)[] = [];

/** Of more vars no layout is kept. */
const MOST_VARS = 64;

/**
 * The headers, names in lower case with dashes: how the client wrote them is not known. An empty CONTENT_TYPE or
 * CONTENT_LENGTH is none, and `HTTP_CONTENT_TYPE` and `HTTP_CONTENT_LENGTH` are not believed: nginx sends them beside
 * the true ones, and a client makes them with an underscore.
 */
export function rawHeadersOf(environ: Environ): string[] {
  const { sources, names } = layoutOf(Object.keys(environ));
  const raw: string[] = [];
  for (let i = 0; i < sources.length; i++) {
    const value = environ[sources[i] as string];
    if (typeof value === "string" && (value !== "" || i >= NEVER_EMPTY)) raw.push(names[i] as string, value);
  }
  return raw;
}

/** Headers that are put first, if they are there. */
const leading = ["CONTENT_TYPE", "CONTENT_LENGTH"];
const NEVER_EMPTY = leading.length;

function layoutOf(vars: readonly string[]): Layout {
  const { length } = vars;
  const known = layouts[length];
  if (known !== undefined && isSame(known.vars, vars)) return known;
  const sources = [
    ...leading,
    ...vars.filter(
      (name) => name.startsWith("HTTP_") && !leading.includes(name.slice(5)) && headerName(name) !== undefined,
    ),
  ];
  const layout = { vars, sources, names: sources.map((name) => headerName(name) ?? name) };
  if (length < MOST_VARS) layouts[length] = layout;
  return layout;
}

function isSame(these: readonly string[], those: readonly string[]): boolean {
  for (let i = 0; i < these.length; i++) if (these[i] !== those[i]) return false;
  return true;
}
