/**
 * Positions in code -> lines of the sources that it was made of, by the source map that the code itself names. So nothing
 * is mapped twice: where Node has mapped a stack (`--enable-source-maps`, tsx), it names files that name no map.
 * `findSourceMap` of Node's is not asked for that reason: it has maps for such files too.
 */
import { readFile, stat } from "node:fs/promises";
import { SourceMap, type SourceMapping } from "node:module";
import { extname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Frame } from "./stack.ts";

/** A place in a source. */
export interface Place {
  /** A path; the URL of a source that is no file (`webpack://...`). */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** The source, where there is one. */
  readonly text: string | undefined;
}

/** What is no code is never read: a message can name any file. */
const codeExtensions: ReadonlySet<string> = new Set(
  ".cjs .coffee .cts .js .jsx .mjs .mts .svelte .ts .tsx .vue".split(" "),
);

/** Bundles with their maps in them are large. */
const MOST_BYTES = 32 * 1_024 * 1_024;

/** Reads each file once; made for one page, for files change. */
export class Sources {
  private readonly texts = new Map<string, Promise<string | undefined>>();
  private readonly maps = new Map<string, Promise<LoadedMap | undefined>>();

  /** Where a frame is; undefined for one that is in no file. */
  async placeOf({ path, line, column }: Frame): Promise<Place | undefined> {
    if (path === undefined) return undefined;
    const map = await this.mapOf(path);
    const mapped = map?.placeOf(line, column);
    if (mapped === undefined) return { file: path, line, column, text: await this.codeOf(path) };
    const file = pathOf(mapped.source);
    const text = mapped.text ?? (file === undefined ? undefined : await this.codeOf(file));
    return { file: file ?? mapped.source, line: mapped.line, column: mapped.column, text };
  }

  private async codeOf(path: string): Promise<string | undefined> {
    return codeExtensions.has(extname(path)) ? this.textOf(path) : undefined;
  }

  private textOf(path: string): Promise<string | undefined> {
    let text = this.texts.get(path);
    if (text === undefined) this.texts.set(path, (text = read(path)));
    return text;
  }

  private mapOf(path: string): Promise<LoadedMap | undefined> {
    let map = this.maps.get(path);
    if (map === undefined) this.maps.set(path, (map = this.loadMap(path)));
    return map;
  }

  private async loadMap(path: string): Promise<LoadedMap | undefined> {
    const code = await this.codeOf(path);
    const url = code === undefined ? undefined : mapUrlIn(code);
    if (url === undefined) return undefined;
    try {
      if (url.startsWith("data:")) return new LoadedMap(dataOf(url), pathToFileURL(path));
      const mapUrl = new URL(url, pathToFileURL(path));
      const file = pathOf(mapUrl.href);
      const text = file === undefined ? undefined : await this.textOf(file);
      return text === undefined ? undefined : new LoadedMap(text, mapUrl);
    } catch {
      // A map that cannot be read: the code is shown as it is.
      return undefined;
    }
  }
}

async function read(path: string): Promise<string | undefined> {
  try {
    const about = await stat(path);
    return about.isFile() && about.size <= MOST_BYTES ? await readFile(path, "utf8") : undefined;
  } catch {
    // Not there any more, or not ours to read.
    return undefined;
  }
}

/** The URL of the map in the comment at the end of the code (ECMA-426 11.1). */
function mapUrlIn(code: string): string | undefined {
  const at = code.lastIndexOf("sourceMappingURL=");
  if (at < 0 || !/^(?:|.*\n)[ \t]*\/\/[#@][ \t]*$/s.test(code.slice(Math.max(0, at - 20), at))) return undefined;
  const [url, ...rest] = code.slice(at + "sourceMappingURL=".length).split(/\s+/);
  return rest.every((word) => word === "") ? url : undefined;
}

function dataOf(url: string): string {
  const comma = url.indexOf(",");
  const data = url.slice(comma + 1);
  return url.slice(0, comma).endsWith(";base64") ? Buffer.from(data, "base64").toString() : decodeURIComponent(data);
}

function pathOf(url: string): string | undefined {
  try {
    return url.startsWith("file:") ? fileURLToPath(url) : undefined;
  } catch {
    return undefined;
  }
}

/** The members of a source map that are read here; `sections` are of one that is made of several. */
interface RawMap {
  sources?: (string | null)[];
  sourceRoot?: string;
  sourcesContent?: (string | null)[];
  sections?: { readonly map?: RawMap }[];
}

class LoadedMap {
  private readonly map: SourceMap;
  private readonly texts = new Map<string, string>();

  constructor(text: string, url: URL) {
    // Some put this in front, so that a map is no program.
    const raw = JSON.parse(text.replace(/^\)\]\}'[^\n]*/, "")) as RawMap;
    this.resolve(raw, url);
    this.map = new SourceMap(raw as unknown as ConstructorParameters<typeof SourceMap>[0]);
  }

  placeOf(
    line: number,
    column: number,
  ): { source: string; line: number; column: number; text: string | undefined } | undefined {
    const entry = this.map.findEntry(line - 1, column - 1) as Partial<SourceMapping>;
    const { originalSource: source, originalLine, originalColumn } = entry;
    if (source === undefined || originalLine === undefined || originalColumn === undefined) return undefined;
    return { source, line: originalLine + 1, column: originalColumn + 1, text: this.texts.get(source) };
  }

  /** Makes the names of the sources absolute, and notes their texts. */
  private resolve(raw: RawMap, url: URL): void {
    for (const { map } of raw.sections ?? []) if (map !== undefined) this.resolve(map, url);
    const root = raw.sourceRoot === undefined || raw.sourceRoot === "" ? "" : raw.sourceRoot.replace(/\/?$/, "/");
    raw.sources = raw.sources?.map((source) => (source === null ? null : new URL(root + source, url).href)) ?? [];
    for (const [i, source] of raw.sources.entries()) {
      const text = raw.sourcesContent?.[i];
      if (source !== null && typeof text === "string") this.texts.set(source, text);
    }
  }
}
