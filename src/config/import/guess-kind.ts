/** Whose configuration a file is. Pure. */
import { isObject } from "./instances.ts";

export type ImportKind = "uwsgi" | "pm2" | "gunicorn" | "unit";

/** By its name, where that is enough. */
export function kindByName(name: string): ImportKind | undefined {
  if (/\.py$/i.test(name)) return "gunicorn";
  if (/\.(?:ini|xml)$/i.test(name)) return "uwsgi";
  if (/\.[cm]?js$/i.test(name)) return "pm2";
  return undefined;
}

/** By what it holds, for files of YAML and JSON. */
export function kindByContent(document: unknown): ImportKind | undefined {
  if (Array.isArray(document)) return "pm2";
  if (!isObject(document)) return undefined;
  if ("uwsgi" in document) return "uwsgi";
  if ("apps" in document || "script" in document) return "pm2";
  const inside = isObject(document["config"]) ? document["config"] : document;
  return "listeners" in inside || "applications" in inside ? "unit" : undefined;
}

/** By its first line that says something, for what has no ending, or comes from standard input. */
export function kindByText(text: string): ImportKind | undefined {
  const first = text.split("\n").find((line) => /^\s*[^\s;#]/.test(line)) ?? "";
  return /^\s*\[[\w:.-]+\]\s*$/.test(first) ? "uwsgi" : undefined;
}
