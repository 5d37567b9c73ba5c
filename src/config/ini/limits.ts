/** How much a configuration may be, so that no file makes a reader run for long or take all memory. Pure. */

export interface IniLimits {
  /** Bytes of one file. */
  readonly fileBytes: number;
  /** Times that a file is read, or a section of it is included. */
  readonly files: number;
  /** Files that include each other. */
  readonly depth: number;
  /** Options that are said, those of loops counted each time. */
  readonly entries: number;
  /** Lines that are looked at, those of loops and of files that are included again counted each time. */
  readonly steps: number;
  /** Characters of one line, and of one value when all is put in. */
  readonly valueLength: number;
  /** Characters of all values as they are written, and again of all that is put in. */
  readonly expandedLength: number;
}

/** uWSGI has none of these; a real configuration has some hundred lines and a few files. */
export const INI_LIMITS: IniLimits = {
  fileBytes: 1_048_576,
  files: 256,
  depth: 16,
  entries: 10_000,
  steps: 100_000,
  valueLength: 65_536,
  expandedLength: 4_194_304,
};

/** References within references, such as `$(A:-$(B:-$(C)))`. */
export const MOST_NESTING = 16;
