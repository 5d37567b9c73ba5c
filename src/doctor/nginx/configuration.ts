/**
 * A whole configuration: the directives of the main file, with those of the included files in the place of each
 * `include`. Every directive knows its block, every block the one around it: what nginx inherits is found upwards.
 */
import { ConfigError } from "../../errors.ts";
import { parseStatements, type Statement } from "./parse.ts";
import type { Source } from "./source.ts";

export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly source: Source;
  /** From 1. */
  readonly line: number;
  /** Of its first character, and behind its `;` or `}`. */
  readonly start: number;
  readonly end: number;
  /** The block it stands in. */
  readonly parent: Block;
  /** The block that it opens. */
  readonly block: Block | undefined;
}

export interface Block {
  /** Of the directive that opens it; `main` for the whole. */
  readonly name: string;
  readonly args: readonly string[];
  readonly source: Source;
  /** Behind its `{`, and of its `}`. */
  readonly start: number;
  readonly end: number;
  /** From 1, of the directive that opens it. */
  readonly line: number;
  readonly parent: Block | undefined;
  readonly directives: readonly Directive[];
  /** Includes in it whose files could not be read: what stands there is not known. */
  readonly unread: readonly Directive[];
}

/** The files that a configuration is made of. */
export interface Files {
  /** The paths that an `include` means, in nginx's order; empty for a pattern that matches nothing. */
  find(pattern: string): readonly string[];
  /** Undefined when it cannot be read. */
  read(path: string): Source | undefined;
}

/** Ours, against includes that include themselves and files that multiply; real ones stay far below. */
const MOST_DIRECTIVES = 100_000;
const MOST_INCLUDES_DEEP = 20;

interface Growing extends Block {
  readonly directives: Directive[];
  readonly unread: Directive[];
}

/** Reads the main file and what it includes. Throws a ConfigError (`UWSGI_BAD_CONFIGURATION`) with file and line. */
export function readConfiguration(main: Source, files: Files): Block {
  let count = 0;
  const parsed = new Map<string, readonly Statement[]>();
  const statementsOf = (source: Source): readonly Statement[] => {
    const known = parsed.get(source.path);
    if (known !== undefined) return known;
    const statements = parseStatements(source);
    parsed.set(source.path, statements);
    return statements;
  };

  const fill = (block: Growing, statements: readonly Statement[], depth: number): void => {
    for (const statement of statements) {
      if (++count > MOST_DIRECTIVES) {
        throw statement.source.fault(`more than ${MOST_DIRECTIVES} directives, includes counted`, statement.start);
      }
      const { name, args, source, start, end, inner } = statement;
      const line = source.lineOf(start);
      if (name === "include" && inner === undefined) {
        include(block, { name, args, source, line, start, end, parent: block, block: undefined }, depth);
        continue;
      }
      const own: Growing | undefined =
        inner === undefined
          ? undefined
          : {
              name,
              args,
              source,
              start: inner.start,
              end: inner.end,
              line,
              parent: block,
              directives: [],
              unread: [],
            };
      block.directives.push({ name, args, source, line, start, end, parent: block, block: own });
      if (own !== undefined && inner !== undefined) fill(own, inner.statements, depth);
    }
  };

  const include = (block: Growing, directive: Directive, depth: number): void => {
    const { source, start, args } = directive;
    if (depth >= MOST_INCLUDES_DEEP) {
      throw source.fault(`includes nested more than ${MOST_INCLUDES_DEEP} deep`, start);
    }
    for (const path of files.find(args[0] ?? "")) {
      const included = files.read(path);
      if (included === undefined) block.unread.push(directive);
      else fill(block, statementsOf(included), depth + 1);
    }
  };

  const root: Growing = {
    name: "main",
    args: [],
    source: main,
    start: 0,
    end: main.text.length,
    line: 1,
    parent: undefined,
    directives: [],
    unread: [],
  };
  fill(root, statementsOf(main), 0);
  if (count === 0) {
    throw new ConfigError(`${main.path}: there is no directive in it`, { code: "UWSGI_BAD_CONFIGURATION" });
  }
  return root;
}
