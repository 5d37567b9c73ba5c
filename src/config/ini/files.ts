/** The ini files of one configuration: each is read once, and taken apart once. Pure. */
import type { Origin } from "../given.ts";
import type { ConfigHost } from "../host.ts";
import { nearestName } from "../../nearest-name.ts";
import { readFile } from "./expand.ts";
import type { IniLimits } from "./limits.ts";
import { type IniBlock, splitIni } from "./lines.ts";
import { schemeFault } from "./schemes.ts";
import { shown } from "./shown.ts";

export type Tell = (message: string, origin: Origin, name?: string) => void;

/** Names of the section that is read where none is asked for: ours counts alone, where a file has both. */
const OWN = "uisge";
const UWSGI = "uwsgi";

export class IniFiles {
  readonly #host: ConfigHost;
  readonly #limits: IniLimits;
  readonly #tell: Tell;
  readonly #read = new Map<string, readonly IniBlock[] | undefined>();
  #opened = 0;

  constructor(host: ConfigHost, limits: IniLimits, tell: Tell) {
    this.#host = host;
    this.#limits = limits;
    this.#tell = tell;
  }

  /** All that were read, in order. */
  get paths(): string[] {
    return [...this.#read].filter(([, blocks]) => blocks !== undefined).map(([path]) => path);
  }

  /** What a file holds; undefined where that cannot be known, which `origin` is told. */
  open(path: string, origin: Origin, name?: string): readonly IniBlock[] | undefined {
    this.#opened += 1;
    if (this.#opened > this.#limits.files) {
      const is = this.#opened === this.#limits.files + 1;
      if (is) this.#tell(`more than ${this.#limits.files} files and sections are included`, origin, name);
      return undefined;
    }
    if (!this.#read.has(path)) this.#read.set(path, this.#load(path, origin, name));
    return this.#read.get(path);
  }

  #load(path: string, origin: Origin, name?: string): readonly IniBlock[] | undefined {
    const fault = schemeFault(path);
    const read = fault === undefined ? readFile(path, this.#host, this.#limits.fileBytes) : { why: fault };
    if (!("text" in read) || read.text === undefined) {
      const where = path.startsWith("/") ? "" : `; relative paths begin at ${shown(this.#host.cwd)}`;
      const why = "why" in read ? read.why : "";
      this.#tell(`${shown(path)} cannot be read: ${why}${fault === undefined ? where : ""}`, origin, name);
      return undefined;
    }
    const { blocks, problems } = splitIni(read.text, this.#limits.valueLength);
    for (const { line, message } of problems) this.#tell(message, { kind: "file", file: path, line });
    return blocks;
  }
}

/** The title that is read of a file. */
export function titleAsked(section: string | undefined, blocks: readonly IniBlock[]): string {
  return section ?? (blocks.some(({ title }) => title === OWN) ? OWN : UWSGI);
}

/** Why a section that is not there is not found. */
export function missingSection(path: string, section: string | undefined, titles: readonly string[]): string {
  const asked = section === undefined ? `[${OWN}] or [${UWSGI}]` : shown(section);
  const nearest =
    nearestName(section ?? UWSGI, titles) ?? (section === undefined ? nearestName(OWN, titles) : undefined);
  const known = [...new Set(titles)].slice(0, 8).map(shown).join(", ");
  const hint = nearest === undefined ? `it has ${known === "" ? "none" : known}` : `did you mean ${shown(nearest)}?`;
  return `${shown(path)} has no section ${asked}: ${hint}`;
}
