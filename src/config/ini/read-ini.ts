/**
 * Reads an ini file in uWSGI's dialect: one section with all that it includes, and our own `[KIND:NAME]` beside it. Pure, but for
 * what the host answers. Where it leaves uWSGI, on purpose:
 *
 * - What can only be a slip is a problem with its line, not a value that is quietly something else: a variable of the environment
 *   that is not set, a magic variable that does not exist, a line in no section, a block that is not closed.
 * - `$(NAME)`, `@(PATH)` and placeholders are put in everywhere: in what is included or inherited, in what logic asks (but `if-opt`)
 *   and in `set-placeholder`, where uWSGI leaves them as they are written.
 * - Two references side by side are both replaced; uWSGI misses the second one behind an empty first one at the very beginning.
 * - A condition is asked once for its block; uWSGI asks again for each line, so that a block can end itself.
 */
import type { Given, Origin, Problem } from "../given.ts";
import type { ConfigHost } from "../host.ts";
import { nearestName } from "../../nearest-name.ts";
import type { ReadOther } from "./include.ts";
import { INI_LIMITS, type IniLimits } from "./limits.ts";
import { type MagicFile, magicOf } from "./magic.ts";
import { IniReader, type Scope, type SeenBlock } from "./reader.ts";
import { shown } from "./shown.ts";

/** A section with a title `KIND:NAME`. */
export interface IniSection {
  readonly title: string;
  readonly origin: Origin;
  readonly entries: readonly Given[];
}

export interface IniResult {
  /** In order, what is included in its place; texts with all put in, `true` for an option without `=`. */
  readonly entries: readonly Given[];
  readonly sections: readonly IniSection[];
  readonly problems: readonly Problem[];
  /** All ini files that were read. */
  readonly files: readonly string[];
  /** Names that a placeholder or an `if-opt` refers to: such a name need not be an option. */
  readonly used: ReadonlySet<string>;
}

export interface IniOptions {
  /** Reads files of other formats that are included; without it, they are refused. */
  readonly readOther?: ReadOther;
  /** What was said before, such as by flags: placeholders may refer to it. */
  readonly known?: readonly { readonly name: string; readonly value: string; readonly origin: Origin }[];
  /** The file that was asked for first, where that is another one. */
  readonly first?: MagicFile;
  readonly limits?: Partial<IniLimits>;
}

const KINDS: readonly string[] = ["middleware", "upstream", "gateway"];

/** More are of no help to anybody. */
const MOST_PROBLEMS = 100;

/**
 * Reads `path`. `section`: its title; without it, `[uisge]` if there is one, else `[uwsgi]`. Everything that is wrong is in
 * `problems`, once for a place. Never throws.
 */
export function readIni(
  path: string,
  section: string | undefined,
  host: ConfigHost,
  options: IniOptions = {},
): IniResult {
  const problems: Problem[] = [];
  const told = new Set<string>();
  const tell = (message: string, origin: Origin, name?: string): void => {
    if (problems.length >= MOST_PROBLEMS) return;
    const key = `${message}\n${JSON.stringify(origin)}`;
    if (told.has(key)) return;
    told.add(key);
    problems.push(name === undefined ? { origin, message } : { origin, message, name });
  };
  const { readOther, known = [], first = { path, section } } = options;
  const limits = { ...INI_LIMITS, ...options.limits };
  const used = new Set<string>();
  const reader = new IniReader({ host, limits, first, readOther, tell, used });
  const main = reader.scope();
  for (const { name, value, origin } of known) main.options.add({ name, raw: value, origin });
  const origin: Origin = { kind: "file", file: path };
  reader.readSection(path, section, main, origin);
  reader.readInherited(main);
  const entries = main.options.finish();
  const sections = readNamed(reader, main, first, host);
  for (const seen of reader.seen) judgeTitle(seen, reader.asked, tell);
  return { entries, sections, problems, files: reader.files.paths, used };
}

/** The `[KIND:NAME]` of all files; placeholders of the main section are known to them, too. */
function readNamed(reader: IniReader, main: Scope, first: MagicFile, host: ConfigHost): IniSection[] {
  const sections: IniSection[] = [];
  // Files that such a section includes are added while it is read.
  for (const { path, block } of reader.seen) {
    const { title, line, lines } = block;
    const [kind = "", ...name] = title.split(":");
    if (!KINDS.includes(kind) || name.join("") === "") continue;
    const scope = reader.scope(main.options);
    const magic = magicOf({ path, section: title }, first, host);
    reader.readLines(path, lines, magic, scope, [{ path, title }]);
    reader.readInherited(scope);
    sections.push({ title, origin: { kind: "file", file: path, line }, entries: scope.options.finish() });
  }
  return sections;
}

/** Other sections are nobody's business, unless they were meant to be ours. */
function judgeTitle(
  { path, block: { title, line } }: SeenBlock,
  asked: ReadonlySet<string>,
  tell: (message: string, origin: Origin) => void,
): void {
  if (asked.has(title)) return;
  const origin: Origin = { kind: "file", file: path, line };
  const colon = title.indexOf(":");
  const kind = colon === -1 ? title : title.slice(0, colon);
  if (KINDS.includes(kind)) {
    if (colon === -1 || colon === title.length - 1) tell(`a name is needed: [${kind}:NAME]`, origin);
    return;
  }
  const nearest = colon === -1 ? undefined : nearestName(kind, KINDS);
  if (nearest !== undefined) tell(`no section is of the kind ${shown(kind)}: did you mean ${nearest}?`, origin);
}
