/** Below which key of a file the options stand. Pure. */
import { nearestName } from "../../nearest-name.ts";
import { quoted } from "./one-line.ts";

export type Section =
  /** Below `key`. */
  | { readonly at: "key"; readonly key: string }
  | { readonly at: "root" }
  | { readonly at: "nowhere"; readonly message: string };

/** Keys below which options stand unasked, the first that there is. */
const USUAL = ["uisge", "uwsgi"] as const;

/** Most sections that a message lists. */
const MOST_LISTED = 10;

/** Where to look: below the section that was asked for, or else below `uisge` or `uwsgi`, or else in the root. */
export function chooseSection(keys: readonly string[], section: string | undefined): Section {
  if (section === undefined) {
    const key = USUAL.find((usual) => keys.includes(usual));
    return key === undefined ? { at: "root" } : { at: "key", key };
  }
  if (keys.includes(section)) return { at: "key", key: section };
  return { at: "nowhere", message: `there is no section ${quoted(section)}, ${insteadOf(section, keys)}` };
}

function insteadOf(section: string, keys: readonly string[]): string {
  const nearest = nearestName(section, keys);
  if (nearest !== undefined) return `did you mean ${quoted(nearest)}?`;
  if (keys.length === 0) return "there is none at all";
  const more = keys.length > MOST_LISTED ? ` and ${keys.length - MOST_LISTED} more` : "";
  return `there are ${keys.slice(0, MOST_LISTED).map(quoted).join(", ")}${more}`;
}
