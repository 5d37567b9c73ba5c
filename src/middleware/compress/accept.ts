/** Which coding a client gets. */
import { bestEncoding } from "../negotiate.ts";
import type { Coding } from "./options.ts";

/** Few browsers and tools make up most requests: so many headers are read once. */
const MOST_REMEMBERED = 100;

/** Longer ones are nobody's habit. */
const MOST_CHARACTERS = 100;

/** The best of `codings` for an Accept-Encoding header; undefined for none, also where the client takes nothing. */
export function chooser(codings: readonly Coding[]): (accept: string | undefined) => Coding | undefined {
  const offered = [...codings, "identity"];
  const remembered = new Map<string, Coding | undefined>();
  const choose = (accept: string): Coding | undefined => {
    // The same coding by its older name (RFC 9110 8.4.1.3).
    const best = bestEncoding(accept.replace(/\bx-gzip\b/gi, "gzip"), offered);
    return codings.find((coding) => coding === best);
  };
  return (accept) => {
    if (accept === undefined) return undefined;
    const known = remembered.get(accept);
    if (known !== undefined || remembered.has(accept)) return known;
    const chosen = choose(accept);
    if (accept.length > MOST_CHARACTERS) return chosen;
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(accept, chosen);
    return chosen;
  };
}
