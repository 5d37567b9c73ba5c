/** What a file says by names of uWSGI's that are not ours, or mean something else there. Pure. */
import type { Given, Problem } from "../given.ts";
import { aboutUwsgiOption, explainUwsgiMeaning, explainUwsgiOption } from "../uwsgi/about.ts";

export interface Judged {
  /** What is left for ours. */
  readonly givens: readonly Given[];
  readonly problems: readonly Problem[];
  /** What is always so here: leaving it out would change nothing. */
  readonly warnings: readonly Problem[];
}

/** `isUwsgis`: the section is uWSGI's, in which a name has uWSGI's meaning. */
export function judgeUwsgiOptions(givens: readonly Given[], known: ReadonlySet<string>, isUwsgis: boolean): Judged {
  const left: Given[] = [];
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  for (const given of givens) {
    const { name, origin } = given;
    const meant = isUwsgis ? explainUwsgiMeaning(given) : undefined;
    if (meant !== undefined) (name === "listen" ? warnings : problems).push({ origin, name, message: meant });
    else if (!known.has(name) && aboutUwsgiOption(name)?.verdict === "always") {
      warnings.push({ origin, name, message: explainUwsgiOption(name) ?? name });
    } else left.push(given);
  }
  return { givens: left, problems, warnings };
}
