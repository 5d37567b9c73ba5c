/** What is known of one option, whatever source it comes from. Pure. */

/**
 * How a value is read, from text and from the types of a file:
 *
 *     text       not empty                      name       text or a number: of a user, of a key in a file of numbers
 *     flag       true or false                  count      a whole number
 *     seconds    a number, such as 0.5          workers    a whole number, or `auto`
 *     octal      a mode, such as 660            choice     one of `choices`
 *     address, file, folder                     text, for completion and for import
 *     pair       NAME=VALUE, an object in files
 *     named      NAME, or NAME={...}: options of what is called so; in files an object, or a section of its own
 */
export type OptionKind =
  | "text"
  | "name"
  | "flag"
  | "count"
  | "seconds"
  | "workers"
  | "octal"
  | "choice"
  | "address"
  | "file"
  | "folder"
  | "pair"
  | "named";

/** What the options of a section are about: help and docs tell them together. */
export type OptionGroup =
  | "application"
  | "sockets"
  | "limits"
  | "processes"
  | "reload"
  | "users"
  | "beside"
  | "announce"
  | "logs"
  | "parts"
  | "http"
  | "nodes"
  | "rules"
  | "config";

export interface Option {
  /** Long name: `--processes`, `processes = 4`, `UISGE_PROCESSES`. */
  readonly name: string;
  readonly kind: OptionKind;
  /** Said again, it is said of more. */
  readonly isList?: boolean;
  readonly group: OptionGroup;
  /** A few words for help, the beginning of a sentence for docs. */
  readonly summary: string;
  /** More of it, for docs. */
  readonly details?: string;
  /** What stands for its value in help. */
  readonly value?: string;
  /** One letter. */
  readonly short?: string;
  /** What holds where it is not said, in words. */
  readonly default?: string;
  /** A value that can be meant, as text: for docs, and for tests of every source. */
  readonly example: string;
  /** Other names that it goes by. */
  readonly aliases?: readonly string[];
  /** uWSGI has it, under this name and with this meaning. */
  readonly isOfUwsgi?: boolean;
  /** It makes a master where there is none. */
  readonly makesMaster?: boolean;
  /** Not told on the first screen of help. */
  readonly isMinor?: boolean;
  /** It may be said without a value: then it is this one. */
  readonly bare?: string;
  readonly choices?: readonly string[];
  readonly least?: number;
  readonly most?: number;
  /** `off` stands for none. */
  readonly mayBeOff?: boolean;
  /** What has to be said, where the kind alone does not tell: stands before "is needed". */
  readonly needed?: string;
  /** What `named` may have as options: another table. Without it, they are judged by whom they are for. */
  readonly table?: OptionTableName;
}

/** The tables that there are: `serve` is the root of a file. */
export type OptionTableName = "serve" | "bridge" | "route" | "upstream" | "gateway";
