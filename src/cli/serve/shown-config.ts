/** A configuration, for people and programs: each value, and where it was said. Pure. */
import { type Loaded, originText } from "../../config/index.ts";
import { type Column, tableOf } from "../control/columns.ts";

export interface ShownOptions {
  readonly isJson: boolean;
  /** Default: `...` in place of what is called a key, a password, a secret, a token; and of the environment's values. */
  readonly showsSecrets: boolean;
}

const SECRET = /pass|secret|token|keys?$|users$|credential/i;

/** Options whose values are paths of keys, and no keys. */
const PATHS: ReadonlySet<string> = new Set(["tls-key", "upstream-key"]);

export function shownConfig({ values, origins }: Loaded, { isJson, showsSecrets }: ShownOptions): string {
  const rows = Object.entries(values).map(([name, value]) => ({
    name,
    value: showsSecrets ? value : hidden(value, name),
    origins: (origins.get(name) ?? []).map(originText),
  }));
  if (isJson) {
    return `${JSON.stringify(Object.fromEntries(rows.map(({ name, ...row }) => [name, row])), undefined, 2)}\n`;
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
  if (typeof value !== "object" || value === null) return SECRET.test(name) && !PATHS.has(name) ? "..." : value;
  const isEnvironment = name === "env";
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      if (SECRET.test(key) && !PATHS.has(key)) return [key, "..."];
      return [key, isEnvironment ? one : hidden(one, key)];
    }),
  );
}
