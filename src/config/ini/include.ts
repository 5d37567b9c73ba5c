/** What an option includes, and as what. Pure. */
import type { Given, Origin, Problem } from "../given.ts";
import type { MagicFile } from "./magic.ts";
import { schemeFault } from "./schemes.ts";

export type OtherFormat = "yaml" | "json" | "toml";

/** A file of another format that an ini file includes. */
export interface OtherFile {
  readonly format: OtherFormat;
  readonly path: string;
  readonly section: string | undefined;
  /** What `%N` and its like stand for. */
  readonly first: MagicFile;
  /** Who includes it. */
  readonly origin: Origin;
}

/** Reads such a file: magic variables are put in, what values refer to otherwise need not be. Never throws. */
export type ReadOther = (file: OtherFile) => {
  readonly entries: readonly Given[];
  readonly problems: readonly Problem[];
};

/** By option: what it includes; `extension`: that of the path tells; `none`: nothing that is read here. */
const formats: Readonly<Record<string, "ini" | OtherFormat | "extension" | "none">> = {
  ini: "ini",
  yaml: "yaml",
  yml: "yaml",
  json: "json",
  js: "json",
  toml: "toml",
  include: "extension",
  inherit: "extension",
  config: "extension",
  xml: "none",
  xmlconfig: "none",
};

const extensions: Readonly<Record<string, "ini" | OtherFormat>> = {
  ini: "ini",
  yaml: "yaml",
  yml: "yaml",
  json: "json",
  js: "json",
  toml: "toml",
};

/** What the option includes; undefined where it is no option that includes. */
export function includeFormat(name: string): "ini" | OtherFormat | "extension" | "none" | undefined {
  return Object.hasOwn(formats, name) ? formats[name] : undefined;
}

/** The format of `path`, included by the option `name`; undefined where it has none that is read. */
export function formatOf(name: string, path: string): "ini" | OtherFormat | undefined {
  const format = includeFormat(name);
  if (format !== "extension") return format === "none" ? undefined : format;
  const extension = /\.([a-z]+)$/.exec(path)?.[1] ?? "";
  return Object.hasOwn(extensions, extension) ? extensions[extension] : undefined;
}

/** `FILE`, `FILE:SECTION` or `:SECTION`, which is of the file that was read last: an empty path. */
export function splitTarget(target: string): {
  readonly path: string;
  readonly section: string | undefined;
  readonly fault?: string;
} {
  const fault = schemeFault(target);
  if (fault !== undefined) return { path: "", section: undefined, fault };
  const colon = target.lastIndexOf(":");
  const path = colon === -1 ? target : target.slice(0, colon);
  const section = colon === -1 ? "" : target.slice(colon + 1);
  if (path === "" && section === "") return { path, section: undefined, fault: "the name of a file is needed" };
  return { path, section: section === "" ? undefined : section };
}
