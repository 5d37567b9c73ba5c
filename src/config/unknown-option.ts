/** What is said of a name that no option has. Pure. */
import { nearestName } from "../nearest-name.ts";
import type { Option } from "./option.ts";

/** With the option that was most likely meant. */
export function explainUnknown(name: string, options: readonly Option[]): string {
  const known = options.flatMap((option) => [option.name, ...(option.aliases ?? [])]);
  const nearest = nearestName(name.replaceAll("_", "-"), known);
  const shown = JSON.stringify(name.slice(0, 80));
  if (nearest !== undefined) return `there is no option ${shown}, did you mean ${nearest}?`;
  return `there is no option ${shown}; uisge config docs lists them all`;
}
