/** What a configuration has said so far, and what its placeholders stand for. Pure. */
import type { Given, Origin } from "../given.ts";
import type { ConfigHost } from "../host.ts";
import { type Budget, expand } from "./expand.ts";

/** One option or placeholder, in the order in which uWSGI knows them: `exported_opts`. */
export interface Said {
  readonly name: string;
  /** Magic variables are put in, nothing else is. */
  readonly raw: string;
  readonly origin: Origin;
  /** What the reader hands on; undefined where it was for the reader itself. */
  readonly given?: Given;
}

export interface SaidContext {
  readonly host: ConfigHost;
  readonly budget: Budget;
  readonly mostLength: number;
  readonly tell: (message: string, origin: Origin, name?: string) => void;
  /** Names that something refers to. */
  readonly used: Set<string>;
}

/** Of the names that are said more than once the first one counts, as for uWSGI. */
export class SaidOptions {
  readonly all: Said[] = [];
  readonly #first = new Map<string, Said>();
  readonly #context: SaidContext;
  /** Asked for what is not said here. */
  readonly #outer: SaidOptions | undefined;

  constructor(context: SaidContext, outer?: SaidOptions) {
    this.#context = context;
    this.#outer = outer;
  }

  add(said: Said): void {
    this.all.push(said);
    if (!this.#first.has(said.name)) this.#first.set(said.name, said);
  }

  /** The value as it was written, or undefined. */
  rawOf(name: string): string | undefined {
    return this.#find(name)?.raw;
  }

  /** `text` with all put in that is known by now. */
  expandNow(text: string, origin: Origin, name: string): string {
    return this.#expand(text, origin, name, new Map());
  }

  /** What is handed on, with all put in: when everything has been said. */
  finish(): Given[] {
    const values = new Map<Said, string | undefined>();
    const entries: Given[] = [];
    for (const said of this.all) {
      if (said.given === undefined) continue;
      const isText = typeof said.given.value === "string";
      entries.push(isText ? { ...said.given, value: this.#valueOf(said, values) ?? said.raw } : said.given);
    }
    return entries;
  }

  /** `values`: what has been found out; undefined while it is being found out. */
  #valueOf(said: Said, values: Map<Said, string | undefined>): string | undefined {
    if (values.has(said)) return values.get(said);
    values.set(said, undefined);
    const value = this.#expand(said.raw, said.origin, said.name, values);
    values.set(said, value);
    return value;
  }

  #expand(text: string, origin: Origin, name: string, values: Map<Said, string | undefined>): string {
    const { host, budget, mostLength, tell } = this.#context;
    const placeholder = (key: string): string | undefined => {
      const said = this.#find(key);
      if (said === undefined) return undefined;
      const isOpen = values.has(said) && values.get(said) === undefined;
      if (isOpen) tell(`%(${key}) refers to itself: ${chain(values, said)}`, origin, name);
      return isOpen ? undefined : this.#valueOf(said, values);
    };
    const { text: result, problems } = expand(text, { host, budget, mostLength, placeholder });
    for (const problem of problems) tell(problem, origin, name);
    return result;
  }

  #find(name: string): Said | undefined {
    const said = this.#first.get(name);
    if (said !== undefined) this.#context.used.add(name);
    return said ?? (this.#outer === undefined ? undefined : this.#outer.#find(name));
  }
}

/** Names of what is being found out, from `said` on. */
function chain(values: ReadonlyMap<Said, string | undefined>, said: Said): string {
  const open = [...values].filter(([, value]) => value === undefined).map(([{ name }]) => name);
  const names = [...open.slice(open.indexOf(said.name)), said.name];
  return names.slice(0, 8).join(" -> ");
}
