/** A configuration, for people and programs: each value, and where it was said. Pure. */
import { type Loaded, originText } from "../../config/index.ts";
import { type Column, tableOf } from "../control/columns.ts";

export interface ShownOptions {
  readonly isJson: boolean;
  /** Default: `...` in place of what is called a key, a password, a secret, a token, and of passwords in URLs. */
  readonly showsSecrets: boolean;
}

const SECRET = /pass|pwd|secret|token|keys?(?:$|_)|users$|credential|private|dsn$/i;

/** Of `scheme://user:password@host`. */
const PASSWORD = /(?<=\b[a-z][a-z\d+.-]*:\/\/[^\s/:@]*:)[^\s/@]+(?=@)/gi;

/** Options whose values are paths of keys, and no keys. */
const PATHS: ReadonlySet<string> = new Set(["tls-key", "upstream-key"]);

export function shownConfig({ values, origins }: Loaded, { isJson, showsSecrets }: ShownOptions): string {
  const rows = Object.entries(values).map(([name, value]) => ({
    name,
    value: showsSecrets ? value : hidden(value, name),
    origins: (origins.get(name) ?? []).map(originText),
  }));
  if (isJson) {
    const json = JSON.stringify(Object.fromEntries(rows.map(({ name, ...row }) => [name, row])), undefined, 2);
    // What a terminal would obey: the same in JSON.
    return `${json.replace(/[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, unicode)}\n`;
  }
  return tableOf(
    columns,
    rows.flatMap(({ name, value, origins: from }) => linesOf(name, value, from)),
  );
}

const columns: readonly Column[] = [
  { title: "OPTION", align: "left" },
  { title: "VALUE", align: "left" },
  { title: "FROM", align: "left" },
];

/** A line for each item of a list. */
function linesOf(name: string, value: unknown, from: readonly string[]): [name: string, value: string, from: string][] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (items.length === 0) return [[name, "(none)", from.join(", ")]];
  return items.map((item, index) => [
    name,
    textOf(item),
    from[items.length === 1 ? from.length - 1 : index] ?? from.at(-1) ?? "",
  ]);
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  const json = JSON.stringify(value, (_key, one: unknown) => (one === Number.POSITIVE_INFINITY ? "off" : one));
  return json ?? typeof value;
}

function hidden(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => hidden(item, name));
  if (typeof value !== "object" || value === null) {
    if (SECRET.test(name) && !PATHS.has(name)) return "...";
    return typeof value === "string" ? value.replace(PASSWORD, "...") : value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      if (SECRET.test(key) && !PATHS.has(key)) return [key, "..."];
      return [key, hidden(one, key)];
    }),
  );
}

function unicode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
