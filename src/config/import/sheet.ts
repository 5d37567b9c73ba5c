/** The configuration of one instance while it is made, and the report of it. Only data. */
import type { Origin } from "../given.ts";
import type { Option } from "../option.ts";
import { optionTables } from "../option-table.ts";
import { readValue } from "../read-value.ts";
import { textOf } from "./value-text.ts";
import type { ImportedFile, ImportedValue, ImportRow, ImportVerdict } from "./imported.ts";

/** Something that was said, for its row of the report. */
export interface Said {
  readonly option: string;
  readonly value: unknown;
  readonly origin: Origin;
}

/** What became of it. */
export interface Outcome {
  readonly verdict: ImportVerdict;
  readonly to?: string;
  readonly text: string;
}

const byName: ReadonlyMap<string, Option> = new Map(optionTables.serve.map((option) => [option.name, option]));

/** A configuration is written in the order of our options. */
const order: ReadonlyMap<string, number> = new Map(optionTables.serve.map(({ name }, index) => [name, index]));

export class Sheet {
  readonly #values = new Map<string, ImportedValue>();
  readonly #rows: ImportRow[] = [];

  /** Says one value of an option of ours; of a list one more. The answer is what would be needed, where it cannot be meant. */
  put(name: string, value: string | number | boolean): string | undefined {
    const option = byName.get(name);
    if (option === undefined) return "there is no such option";
    const reading = readValue(option, { value });
    if ("needed" in reading) return reading.needed;
    const before = this.#values.get(name);
    if (option.kind === "pair") {
      this.#values.set(name, { ...(before as Record<string, string>), ...(reading.value as Record<string, string>) });
    } else if (option.isList === true) {
      const list = Array.isArray(before) ? (before as readonly string[]) : [];
      if (!list.includes(String(value)) || name === "args") this.#values.set(name, [...list, String(value)]);
    } else this.#values.set(name, typeof reading.value === "number" ? reading.value : value);
    return undefined;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  get(name: string): ImportedValue | undefined {
    return this.#values.get(name);
  }

  /** A row of the report. */
  tell(said: Said, outcome: Outcome): void {
    this.#rows.push(rowOf(said, outcome));
  }

  /** Says it, and tells of it: it needs attention where it cannot be meant. */
  say(said: Said, name: string, value: string | number | boolean, outcome?: Partial<Outcome>): void {
    const needed = this.put(name, value);
    if (needed !== undefined) this.tell(said, { verdict: "attention", to: name, text: `${name}: ${needed}` });
    else this.tell(said, { verdict: said.option === name ? "same" : "renamed", to: name, text: name, ...outcome });
  }

  file(name: string): ImportedFile {
    const entries = [...this.#values].sort(([a], [b]) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
    return { name, options: Object.fromEntries(entries) };
  }

  get rows(): readonly ImportRow[] {
    return this.#rows;
  }
}

export function rowOf({ option, value, origin }: Said, outcome: Outcome): ImportRow {
  return { option, value: shortText(value), origin, ...outcome };
}

const MOST_SHOWN = 200;

/** What was said, as text. */
function shortText(value: unknown): string {
  const text = textOf(value);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}...` : text;
}

/** Whether a value says yes, as uWSGI, and whoever writes by hand, says it. */
export function isYes(value: unknown): boolean {
  return !["false", "0", "no", "off", ""].includes(textOf(value).trim().toLowerCase());
}

/** `8000`, `:8000`, `*:8000` and `0.0.0.0:8000` are all addresses, which ours are only with `allow`. */
export function isExposed(address: string): boolean {
  return /^(?:suwsgi:\/\/)?(?:\*|0\.0\.0\.0|\[::\])?:[0-9]+$/.test(address);
}

/** As our sockets are written: of all addresses with a host, a path with a slash. */
export function socketAddress(address: string): string {
  const full = address.replace(/^\*?:([0-9]+)$/, "0.0.0.0:$1");
  return /[/:]|^@/.test(full) ? full : `./${full}`;
}

export const EXPOSED = "other machines could reach it: add allow = CIDR, or make it 127.0.0.1";
