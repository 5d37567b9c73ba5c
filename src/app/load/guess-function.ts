/**
 * Which interface a plain function has. Nothing but its text tells: how many parameters it takes, and what they are
 * called. A guess, so it says why, and an application that was guessed wrong fails with a hint (`wrong-guess.ts`).
 */
import type { InterfaceName } from "../interface-name.ts";

export interface Guess {
  readonly interface: InterfaceName;
  /** "a function whose second parameter is startResponse". */
  readonly what: string;
}

/** As PEP 3333 calls it. */
const START_RESPONSE = /^_?start_?response$/i;

/** What platforms call the second argument of a fetch handler; a Node handler's is its response. */
const FETCH_SECOND = /^_?(?:env|context|ctx|info)$/i;

/**
 * Two parameters and more are Node's `(req, res)`, unless the second one is called `startResponse` (WSGI) or `env`,
 * `context`, `ctx`, `info` (fetch); one or none is a fetch handler, for a Node handler could not answer without `res`.
 */
export function guessFunction(found: (...args: never[]) => unknown): Guess {
  const text = Function.prototype.toString.call(found);
  if (/^class\b/.test(text)) return { interface: "wsgi", what: "a class" };
  const [, second = ""] = namesOf(text);
  if (START_RESPONSE.test(second)) return { interface: "wsgi", what: `a function whose second parameter is ${second}` };
  if (FETCH_SECOND.test(second)) return { interface: "fetch", what: `a function whose second parameter is ${second}` };
  if (found.length > 1) return { interface: "node", what: `a function of ${found.length} parameters` };
  if (found.length === 1) return { interface: "fetch", what: "a function of one parameter" };
  // What listens to requests is often wrapped so; what answers them by value is not.
  return HIDDEN_PARAMETERS.test(text)
    ? { interface: "node", what: "a function that takes any number of parameters" }
    : { interface: "fetch", what: "a function without parameters" };
}

const HIDDEN_PARAMETERS = /\.\.\.|\barguments\b|\[native code\]/;

/** Names of the parameters, as far as they are plain ones. */
function namesOf(text: string): string[] {
  const list = /^(?:async\s+)?(?:function\b[^(]*|[\w$]+\s*)?\(([^()]*)\)/.exec(text)?.[1] ?? "";
  return list.split(",").map((parameter) => /^\s*([\w$]+)/.exec(parameter)?.[1] ?? "");
}
