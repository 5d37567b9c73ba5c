/** Finds what a module imports, and judges it by the table of floors. Pure: sources in, faults out. */

export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** Erased by the compiler: `import type` and `export type`. */
  readonly typeOnly: boolean;
}

/** A source file of `src/`: its path there, and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

export interface Rules {
  /** Area (a folder of `src/`, or a file right in it) -> areas it may import; `type:` for types only. */
  readonly floors: Readonly<Record<string, readonly string[]>>;
  /** Area -> `node:` modules it may import; an area that is not listed may import all. */
  readonly nodeModules: Readonly<Record<string, readonly string[]>>;
  /** Files of other areas that are pure: they take values only from each other, and nothing of Node's. */
  readonly pureFiles: readonly string[];
  /** Package -> files that may import it, as paths in `src/`. */
  readonly packages: Readonly<Record<string, readonly string[]>>;
  /** Area -> the file that others find it by, and that opens with its map; `index.ts` unless named here. */
  readonly entries: Readonly<Record<string, string>>;
  readonly mostLines: number;
}

const IMPORT =
  /^[ \t]*(?:import|export)(?<type>\s+type\b(?!\s*(?:,|from\b)))?\s*(?:(?:[\w$*\s,]|\{[^}]*\})*?\bfrom\s*)?(?<quote>["'])(?<specifier>[^"'\n]+)\k<quote>/gm;
const DYNAMIC = /\b(?:import|require)\s*\(\s*(?<quote>["'`])(?<specifier>[^"'`\n]+)\k<quote>/g;
const COMMENT = /\/\*[\s\S]*?\*\/|^[ \t]*\/\/.*$/gm;

/** Static imports, re-exports and dynamic imports of constant specifiers, in the order of their lines. */
export function findImports(text: string): Import[] {
  // Comments may tell of imports; their line breaks are kept so that line numbers stay right.
  const code = text.replace(COMMENT, (comment) => comment.replace(/[^\n]/g, " "));
  const found = [...code.matchAll(IMPORT), ...code.matchAll(DYNAMIC)].map((match) => ({
    specifier: match.groups?.["specifier"] ?? "",
    line: code.slice(0, match.index + match[0].length).split("\n").length,
    typeOnly: match.groups?.["type"] !== undefined,
  }));
  return found.sort((a, b) => a.line - b.line);
}

/** All breaches of the rules, one line each: file, import, rule. */
export function findFaults(sources: readonly Source[], rules: Rules): string[] {
  return [...sources.flatMap((source) => fileFaults(source, rules)), ...areaFaults(sources, rules)];
}

function fileFaults({ path, text }: Source, rules: Rules): string[] {
  const area = areaOf(path);
  const faults = findImports(text).flatMap((found) => {
    const rule = brokenRule(path, found, rules);
    return rule === undefined ? [] : [`src/${path}:${found.line} imports "${found.specifier}": ${rule}`];
  });
  if (rules.floors[area] === undefined) faults.push(`src/${path}: the area ${area} is not in the table of floors`);
  const lines = text.trimEnd().split("\n").length;
  if (lines > rules.mostLines) faults.push(`src/${path} has ${lines} lines, at most ${rules.mostLines} are allowed`);
  return faults;
}

function areaFaults(sources: readonly Source[], { floors, entries }: Rules): string[] {
  const areas = new Set(sources.filter(({ path }) => path.includes("/")).map(({ path }) => areaOf(path)));
  return [...areas]
    .filter((area) => floors[area] !== undefined)
    .flatMap((area) => {
      const entry = entries[area] ?? "index.ts";
      const file = sources.find(({ path }) => path === `${area}/${entry}`);
      if (file === undefined) return [`src/${area} has no ${entry}`];
      return /^(?:#!.*\n)?\/\*\*[\s\S]*?\*\//.test(file.text)
        ? []
        : [`src/${area}/${entry} does not open with a map comment`];
    });
}

/** The rule that an import breaks, or undefined. */
function brokenRule(path: string, { specifier, typeOnly }: Import, rules: Rules): string | undefined {
  const area = areaOf(path);
  const isPure = rules.pureFiles.includes(path);
  if (specifier.startsWith("node:")) {
    if (isPure) return "the file is pure, it may import nothing of Node's";
    const allowed = rules.nodeModules[area];
    if (allowed === undefined || allowed.includes(specifier)) return undefined;
    return `${area} is pure, it may import ${allowed.length === 0 ? "nothing" : `only ${allowed.join(", ")}`} of Node's`;
  }
  if (!specifier.startsWith(".")) {
    const name = packageName(specifier);
    if (rules.packages[name]?.includes(path)) return undefined;
    return `the package ${name} may not be imported here`;
  }
  const target = resolve(path, specifier);
  if (target === undefined) return "it leads out of src";
  if (!target.endsWith(".ts")) return "the name of a source file must be given in full, with .ts";
  const targetArea = areaOf(target);
  if (isPure && !typeOnly && !rules.pureFiles.includes(target)) {
    return `the file is pure, it may import types only from ${target}`;
  }
  if (targetArea === area) {
    return target === `${area}/index.ts`
      ? "inside an area, files are imported directly, never the own index.ts"
      : undefined;
  }
  const floor = rules.floors[area] ?? [];
  if (floor.includes(`type:${targetArea}`)) {
    if (!typeOnly) return `${area} may import types only from ${targetArea}`;
  } else if (!floor.includes(targetArea)) {
    return `${area} may import ${floor.join(", ") || "no other area"}, not ${targetArea}`;
  }
  if (target !== `${targetArea}.ts` && target !== `${targetArea}/index.ts`) {
    return `another area is imported through its index.ts: ${targetArea}/index.ts`;
  }
  return undefined;
}

/** `codec/vars.ts` -> `codec`, `errors.ts` -> `errors`. */
function areaOf(path: string): string {
  return path.split("/")[0]?.replace(/\.ts$/, "") ?? path;
}

/** `@scope/name/part` -> `@scope/name`. */
function packageName(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** The path in `src/` that a relative specifier leads to; undefined when that is outside. */
function resolve(from: string, specifier: string): string | undefined {
  const parts = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join("/");
}
