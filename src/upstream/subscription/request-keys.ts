/** Under which keys the node of a request is looked for. Pure. */
import { readLatin1, type Text, type VarsInit } from "../../codec/index.ts";
import { normalKey } from "./subscription-table.ts";

export interface RequestKeyOptions {
  /**
   * Path components that a key may have behind its domain: with 1 `/shop/cart` goes to the nodes of `example.com/shop`.
   * Default 0: keys are domains (uWSGI: `subscription-mountpoints`).
   */
  readonly mountpoints?: number;
  /**
   * `a.b.example.com` also goes to nodes of `.b.example.com`, then `.example.com`, then `.com`; five of them at most.
   * Default false (uWSGI: `subscription-dotsplit`).
   */
  readonly dotSplit?: boolean;
  /** Whose nodes get what no other key is for. Default: that is refused (uWSGI: `...-subscription-fallback-key`). */
  readonly fallbackKey?: string;
}

/** As uWSGI, against hosts made of dots. */
const MOST_SPLITS = 5;

/**
 * The keys of a request, the one to be preferred first: what UWSGI_FASTROUTER_KEY says, else HTTP_HOST, else
 * SERVER_NAME, as uWSGI's fastrouter; with its port, then without.
 */
export function requestKeys(
  vars: VarsInit,
  { mountpoints = 0, dotSplit = false, fallbackKey }: RequestKeyOptions = {},
): string[] {
  const read = readVars(vars);
  const host = (
    read.get("UWSGI_FASTROUTER_KEY") ||
    read.get("HTTP_HOST") ||
    read.get("SERVER_NAME") ||
    ""
  ).toLowerCase();
  const keys = new Set<string>();
  if (host !== "") {
    const bare = host.replace(/:\d*$/, "");
    const hosts = bare === host || bare === "" ? [host] : [host, bare];
    const path = mountpoints > 0 ? `${read.get("SCRIPT_NAME") ?? ""}${read.get("PATH_INFO") ?? ""}` : "";
    const mounts = mountsOf(path, mountpoints);
    for (const name of dotSplit ? [...hosts, ...splits(bare)] : hosts) {
      for (const mount of mounts) keys.add(name + mount);
    }
  }
  if (fallbackKey !== undefined) keys.add(normalKey(fallbackKey));
  return [...keys];
}

/** `/a/b`, `/a` and nothing, for the first components of a path. */
function mountsOf(path: string, most: number): string[] {
  const components = path.split("/").slice(1, most + 1);
  const mounts = components.map((_, i) => `/${components.slice(0, i + 1).join("/")}`);
  return [...mounts.toReversed(), ""];
}

function splits(host: string): string[] {
  const found: string[] = [];
  for (let dot = host.indexOf(".", 1); dot !== -1 && found.length < MOST_SPLITS; dot = host.indexOf(".", dot + 1)) {
    found.push(host.slice(dot));
  }
  return found;
}

const wanted: ReadonlySet<string> = new Set([
  "UWSGI_FASTROUTER_KEY",
  "HTTP_HOST",
  "SERVER_NAME",
  "SCRIPT_NAME",
  "PATH_INFO",
]);

/** The last of each name, as servers read them. */
function readVars(vars: VarsInit): Map<string, string> {
  const found = new Map<string, string>();
  const pairs = Symbol.iterator in vars ? (vars as Iterable<readonly [Text, Text]>) : Object.entries(vars);
  for (const [name, value] of pairs) {
    const text = textOf(name);
    if (wanted.has(text)) found.set(text, textOf(value));
  }
  return found;
}

function textOf(text: Text): string {
  return typeof text === "string" ? text : readLatin1(text, 0, text.length);
}
