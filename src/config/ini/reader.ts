/**
 * Follows a configuration from line to line: options, placeholders, includes in their place, blocks of logic. What is wrong is
 * told and passed over, so that all of it is found at once. Pure, but for what the host answers.
 */
import type { Given, Origin } from "../given.ts";
import type { ConfigHost } from "../host.ts";
import { IniFiles, missingSection, titleAsked } from "./files.ts";
import { formatOf, includeFormat, type ReadOther, splitTarget } from "./include.ts";
import type { IniLimits } from "./limits.ts";
import { type IniBlock, type IniLine, trimBlanks } from "./lines.ts";
import { closers, logicOf, replaceContext, type Rounds } from "./logic.ts";
import { type MagicFile, type MagicTable, magicOf, replaceMagic } from "./magic.ts";
import { SaidOptions } from "./said.ts";
import { shown } from "./shown.ts";

/** The files and sections that are being read, the innermost last. */
type Visit = readonly { readonly path: string; readonly title: string }[];

/** What is read together: the main section with all that it includes, or one `[KIND:NAME]`. */
export interface Scope {
  readonly options: SaidOptions;
  /** Said by `inherit`: read when all else has been. */
  readonly inherited: { readonly target: string; readonly origin: Origin; readonly visit: Visit }[];
}

interface Block {
  readonly name: string;
  readonly origin: Origin;
  readonly kind: "for" | "if" | "else";
  readonly rounds: Rounds;
  /** Blocks in it that were refused, and whose ends are not its own. */
  refused: number;
}

/** An option on its way: what it says as text, and who said it how. */
interface Line {
  readonly name: string;
  readonly raw: string;
  readonly given: Given;
}

/** A block of a file that was read, whether or not its section was asked for. */
export interface SeenBlock {
  readonly path: string;
  readonly block: IniBlock;
}

export interface ReaderContext {
  readonly host: ConfigHost;
  readonly limits: IniLimits;
  readonly first: MagicFile;
  readonly readOther: ReadOther | undefined;
  readonly tell: (message: string, origin: Origin, name?: string) => void;
  readonly used: Set<string>;
}

export class IniReader {
  readonly files: IniFiles;
  /** Of all files, in the order in which they were opened. */
  readonly seen: SeenBlock[] = [];
  /** Titles that were read. */
  readonly asked: Set<string> = new Set<string>();
  readonly #context: ReaderContext;
  readonly #budget: { left: number };
  readonly #known = new Set<string>();
  /** Where `ini = :SECTION` looks: uWSGI takes the file that was read last, not the one in which this stands. */
  #last: string;
  readonly #counts = { steps: 0, entries: 0, expandedLength: 0 };
  #isFull = false;

  constructor(context: ReaderContext) {
    this.#context = context;
    this.#last = context.first.path;
    this.#budget = { left: context.limits.expandedLength };
    this.files = new IniFiles(context.host, context.limits, context.tell);
  }

  scope(outer?: SaidOptions): Scope {
    const { host, limits, tell, used } = this.#context;
    const context = { host, budget: this.#budget, mostLength: limits.valueLength, tell, used };
    return { options: new SaidOptions(context, outer), inherited: [] };
  }

  /** Reads one section of a file into `scope`. */
  readSection(path: string, section: string | undefined, scope: Scope, origin: Origin, visit: Visit = []): void {
    const { tell, limits, host, first } = this.#context;
    const blocks = this.files.open(path, origin);
    if (blocks === undefined) return;
    this.#last = path;
    const magic = magicOf({ path, section }, first, host);
    const titled = blocks.map(({ title, line, lines }) => ({
      title: replaceMagic(title, magic, () => {}),
      line,
      lines,
    }));
    if (!this.#known.has(path)) {
      this.#known.add(path);
      this.seen.push(...titled.map((block) => ({ path, block })));
    }
    const title = titleAsked(section, titled);
    this.asked.add(title);
    const places = [...visit, { path, title }];
    if (visit.some((place) => place.path === path && place.title === title)) {
      const chain = places.map((place) => `${place.path}:${place.title}`);
      return tell(`it includes itself: ${shown(chain.slice(-4).join(" -> "))}`, origin);
    }
    if (visit.length >= limits.depth) return tell(`more than ${limits.depth} files include each other`, origin);
    const chosen = titled.filter((block) => block.title === title);
    if (chosen.length === 0) {
      const titles = titled.map((block) => block.title);
      return tell(missingSection(path, section, titles), origin);
    }
    const lines = chosen.flatMap((block) => block.lines);
    this.readLines(path, lines, magic, scope, places);
  }

  /** Reads lines of a file into `scope`; a block ends with them at the latest. */
  readLines(path: string, lines: readonly IniLine[], magic: MagicTable, scope: Scope, visit: Visit): void {
    const { tell } = this.#context;
    let open: Block | undefined;
    for (const { name: written, value, line, fault } of lines) {
      if (this.#isFull) return;
      const origin: Origin = { kind: "file", file: path, line };
      if (fault !== undefined) {
        tell(fault, origin);
        continue;
      }
      // uWSGI puts them in before it takes a file apart: what they leave at an end is cut off like other blanks.
      const name = trimBlanks(replaceMagic(written, magic, (message) => tell(message, origin, written)));
      const text =
        value === true ? "" : trimBlanks(replaceMagic(value, magic, (message) => tell(message, origin, name)));
      if (name === "") {
        tell(`no name is left of ${shown(written)}`, origin);
        continue;
      }
      const given: Given = { name, value: value === true ? true : text, origin };
      open = this.#follow({ name, raw: text, given }, open, scope, visit);
    }
    if (open !== undefined) this.#tellUnclosed(open);
  }

  /** Reads what `inherit` has asked for, which may ask for more. */
  readInherited(scope: Scope): void {
    for (const { target, origin, visit } of scope.inherited) {
      if (this.#isFull) return;
      this.#include("inherit", scope.options.expandNow(target, origin, "inherit"), origin, scope, visit);
    }
  }

  #follow(line: Line, open: Block | undefined, scope: Scope, visit: Visit): Block | undefined {
    const { tell, limits } = this.#context;
    const { name, given } = line;
    this.#count("steps", given.origin);
    if (closers.has(name)) return this.#close(line, open);
    if (name === "else") return this.#turn(line, open);
    if (open === undefined) return this.#say(line, scope, visit);
    if (logicOf(name) !== undefined) {
      open.refused += 1;
      tell(`${name} may not stand within ${open.name}: blocks of logic cannot be nested`, given.origin, name);
      return open;
    }
    for (const context of open.rounds) {
      if (this.#isFull) return open;
      this.#count("steps", given.origin);
      const raw = replaceContext(line.raw, context, limits.valueLength);
      if (raw === undefined) {
        tell(`the value has more than ${limits.valueLength} characters when %(_) is put in`, given.origin, name);
        return open;
      }
      const value = typeof given.value === "string" ? raw : given.value;
      this.#say({ name, raw, given: { ...given, value } }, scope, visit);
    }
    return open;
  }

  #close({ name, given }: Line, open: Block | undefined): Block | undefined {
    if (open === undefined) {
      this.#context.tell(`${name} ends nothing: no for or if is open`, given.origin, name);
    } else if (open.refused > 0) {
      open.refused -= 1;
      return open;
    }
    return undefined;
  }

  /** From what holds to what does not. */
  #turn({ name, given }: Line, open: Block | undefined): Block | undefined {
    if (open !== undefined && open.refused > 0) return open;
    if (open?.kind !== "if") {
      this.#context.tell("else belongs between an if and its endif", given.origin, name);
      return open;
    }
    return { ...open, kind: "else", rounds: open.rounds.length === 0 ? [undefined] : [] };
  }

  /** One option, once. Answers the block that it opens. */
  #say(line: Line, scope: Scope, visit: Visit): Block | undefined {
    const { tell, host, limits } = this.#context;
    const { name, raw, given } = line;
    const { options } = scope;
    const { origin } = given;
    this.#count("entries", origin);
    this.#count("expandedLength", origin, raw.length);
    if (this.#isFull) return undefined;
    const logic = logicOf(name);
    const format = includeFormat(name);
    const isSet = name === "set" || name === "set-ph" || name === "set-placeholder";
    const isOurs = logic !== undefined || format !== undefined || isSet;
    options.add({ name, raw, origin, ...(isOurs ? {} : { given }) });
    if (logic !== undefined) {
      const argument = logic.isRaw === true ? raw : options.expandNow(raw, origin, name);
      const world = {
        host,
        rawOf: (option: string) => options.rawOf(option),
        mostItems: limits.entries,
        mostBytes: limits.fileBytes,
        tell: (message: string) => tell(message, origin, name),
      };
      return { name, origin, kind: logic.kind, rounds: logic.rounds(argument, world), refused: 0 };
    }
    if (isSet) this.#set(line, scope, visit);
    if (name === "inherit") scope.inherited.push({ target: raw, origin, visit });
    else if (format !== undefined) this.#include(name, options.expandNow(raw, origin, name), origin, scope, visit);
    return undefined;
  }

  #set({ name, raw, given }: Line, scope: Scope, visit: Visit): void {
    const equals = raw.indexOf("=");
    const said = trimBlanks(raw.slice(0, equals));
    if (equals === -1 || said === "") {
      return this.#context.tell(`NAME=VALUE is needed, not ${shown(raw)}`, given.origin, name);
    }
    const value = trimBlanks(raw.slice(equals + 1));
    const { origin } = given;
    if (name === "set") {
      const { isItem: _, ...rest } = given;
      this.#say({ name: said, raw: value, given: { ...rest, name: said, value } }, scope, visit);
    } else {
      this.#count("entries", origin);
      if (!this.#isFull) scope.options.add({ name: said, raw: value, origin });
    }
  }

  #include(name: string, target: string, origin: Origin, scope: Scope, visit: Visit): void {
    const { tell, readOther, first, limits } = this.#context;
    const { path, section, fault } = splitTarget(target);
    if (fault !== undefined) return tell(fault, origin, name);
    if (path === "") return this.readSection(this.#last, section, scope, origin, visit);
    const format = formatOf(name, path);
    if (format === "ini") return this.readSection(path, section, scope, origin, visit);
    if (format === undefined || readOther === undefined) {
      return tell(`${shown(path)} cannot be included: .ini, .yaml, .yml, .toml and .json can`, origin, name);
    }
    if (visit.length >= limits.depth) return tell(`more than ${limits.depth} files include each other`, origin, name);
    const { entries, problems } = readOther({ format, path, section, first, origin });
    for (const problem of problems) tell(problem.message, problem.origin, problem.name);
    let open: Block | undefined;
    for (const given of entries) {
      if (this.#isFull) return;
      const { value } = given;
      const raw = typeof value === "string" ? value : value === true ? "" : String(value);
      open = this.#follow({ name: given.name, raw, given }, open, scope, [...visit, { path, title: section ?? "" }]);
    }
    if (open !== undefined) this.#tellUnclosed(open);
  }

  #tellUnclosed({ name, origin, kind }: Block): void {
    this.#context.tell(`${name} is open at the end: ${kind === "for" ? "endfor" : "endif"} is needed`, origin, name);
  }

  #count(what: Counted, origin: Origin, amount = 1): void {
    const { limits, tell } = this.#context;
    this.#counts[what] += amount;
    if (this.#counts[what] <= limits[what] || this.#isFull) return;
    this.#isFull = true;
    tell(`more than ${limits[what]} ${countedWords[what]}: the rest is not read`, origin);
  }
}

type Counted = "steps" | "entries" | "expandedLength";

const countedWords: Readonly<Record<Counted, string>> = {
  steps: "lines, those of loops counted each time",
  entries: "options",
  expandedLength: "characters in all values",
};
