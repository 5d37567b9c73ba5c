/** Sections of an ini file that are called `[middleware:NAME]`, `[upstream:NAME]`, `[gateway:NAME]`, as options. Pure. */
import type { Given, Origin } from "../given.ts";
import type { IniSection } from "../ini/read-ini.ts";

/**
 * With their sections: where the option names it already, in its place, else behind all. The lines of a section are its
 * options; those of middleware may be JSON, as they are not all text.
 */
export function withParts(entries: readonly Given[], sections: readonly IniSection[]): readonly Given[] {
  const parts = sections.map((section) => partOf(section));
  const isOf = ({ name, value }: Given, part: Part): boolean => name === part.kind && value === part.name;
  const named = entries.map((entry) => parts.find((part) => isOf(entry, part))?.given ?? entry);
  const others = parts.filter((part) => !entries.some((entry) => isOf(entry, part)));
  return [...named, ...others.map(({ given }) => given)];
}

interface Part {
  readonly kind: string;
  readonly name: string;
  readonly given: Given;
}

function partOf({ title, origin, entries }: IniSection): Part {
  const colon = title.indexOf(":");
  const kind = title.slice(0, colon);
  const name = title.slice(colon + 1).trim();
  const values = new Map<string, unknown[]>();
  for (const entry of entries) {
    const value = kind === "middleware" ? typed(entry.value) : entry.value;
    values.set(entry.name, [...(values.get(entry.name) ?? []), value]);
  }
  const options = Object.fromEntries([...values].map(([key, all]) => [key, all.length === 1 ? all[0] : all]));
  const at = (path: readonly (string | number)[]): Origin => {
    const [, key, index = 0] = path[0] === name ? path : [name, ...path];
    const all = entries.filter((entry) => entry.name === key);
    return all[typeof index === "number" ? index : 0]?.origin ?? origin;
  };
  return { kind, name, given: { name: kind, value: Object.fromEntries([[name, options]]), origin, at } };
}

/** A number, true, false, a list or an object where the text is one of JSON. */
function typed(value: unknown): unknown {
  if (typeof value !== "string" || !/^(?:-?\d|true$|false$|null$|\[|\{|")/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}
