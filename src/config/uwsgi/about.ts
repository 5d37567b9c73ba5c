/** What becomes of an option of uWSGI's here. Pure: a table of all that uWSGI 2.0 and its plugins have, and some of 2.1. */
import type { Given } from "../given.ts";
import { optionTables } from "../option-table.ts";
import { always } from "./always.ts";
import { elsewhere } from "./elsewhere.ts";
import type { UwsgiGroup, UwsgiVerdict } from "./group.ts";
import { language } from "./language.ts";
import { none } from "./none.ts";
import { renamed } from "./renamed.ts";

export interface AboutUwsgiOption {
  readonly verdict: UwsgiVerdict;
  /** Our option, where one does it. */
  readonly to?: string;
  /** A few words, without a dot. */
  readonly text: string;
}

/** In the order in which one reads about them. */
export const uwsgiGroups: readonly UwsgiGroup[] = [...renamed, ...always, ...elsewhere, ...language, ...none];

/** Of ours, what uWSGI has, too: under the same name, or under one that we take for it. */
function ours(): [name: string, about: AboutUwsgiOption][] {
  return optionTables.serve.flatMap(({ name, aliases = [], isOfUwsgi, summary }) => {
    const text = `${summary.charAt(0).toLowerCase()}${summary.slice(1)}`;
    const same = { verdict: "same", to: name, text } as const;
    if (isOfUwsgi === true) return [name, ...aliases].map((one): [string, AboutUwsgiOption] => [one, same]);
    return aliases.map((one): [string, AboutUwsgiOption] => [one, { verdict: "renamed", to: name, text: name }]);
  });
}

let table: ReadonlyMap<string, AboutUwsgiOption> | undefined;

/** Made at the first question: most processes never ask. */
function theTable(): ReadonlyMap<string, AboutUwsgiOption> {
  if (table !== undefined) return table;
  const groups = uwsgiGroups.flatMap(({ names, ...about }) =>
    names.split(/\s+/).map((name): [string, AboutUwsgiOption] => [name, about]),
  );
  table = new Map([...groups, ...ours()]);
  return table;
}

/** `undefined`: uWSGI has no such option. */
export function aboutUwsgiOption(name: string): AboutUwsgiOption | undefined {
  return theTable().get(name);
}

/** All names, each once, in no order that means anything. */
export function uwsgiOptionNames(): readonly string[] {
  return [...theTable().keys()];
}

/** What is said of a name that none of our options has: `master-fifo is uWSGI's: commands are uisge reload, ...`. */
export function explainUwsgiOption(name: string): string | undefined {
  const about = aboutUwsgiOption(name);
  return about === undefined ? undefined : `${name} is uWSGI's: ${about.text}`;
}

/**
 * What is said of an option of ours that uWSGI has with another meaning, where the value shows that uWSGI's was meant;
 * undefined where ours can be meant. To be asked of what stands in a section `uwsgi`: elsewhere a number for `listen` is
 * the port of a server of the application.
 */
export function explainUwsgiMeaning({ name, value, text }: Pick<Given, "name" | "value" | "text">): string | undefined {
  const said = text ?? (typeof value === "string" || typeof value === "number" ? String(value) : "");
  const meant = homonyms.get(name);
  return meant?.looksLikeTheirs.test(said.trim()) === true
    ? `${name} = ${said.trim()} is uWSGI's: ${meant.text}`
    : undefined;
}

/** Ours of these names are about something else. */
const homonyms: ReadonlyMap<string, { readonly looksLikeTheirs: RegExp; readonly text: string }> = new Map([
  [
    "listen",
    {
      looksLikeTheirs: /^[0-9]{1,9}$/,
      text: "the backlog, which is always 4096 here; ours is the server of the application that is served",
    },
  ],
  [
    "cron",
    { looksLikeTheirs: /^(?:-?[0-9]+\s+){0,4}-[0-9]+\s/, text: "fields here are those of crontab(5): * and not -1" },
  ],
  ["timer", { looksLikeTheirs: /^[0-9]+\s+[0-9]+\s*$/, text: "a signal and seconds; ours is SECONDS COMMAND" }],
  [
    "import",
    {
      looksLikeTheirs: /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$/,
      text: "a module of Python's; ours is one of Node's, such as ./module.js",
    },
  ],
]);
