/** Of a configuration of uWSGI's, ours. Pure: what its files say has been read, with placeholders and logic carried out. */
import type { Given } from "../given.ts";
import { originText } from "../given.ts";
import { nearestName } from "../../nearest-name.ts";
import { optionTables } from "../option-table.ts";
import { aboutUwsgiOption, type AboutUwsgiOption, uwsgiOptionNames } from "../uwsgi/about.ts";
import type { Imported, ImportWishes } from "./imported.ts";
import { isYes, type Outcome, type Said, Sheet } from "./sheet.ts";
import { uwsgiValues } from "./uwsgi-values.ts";
import { textOf } from "./value-text.ts";

export interface UwsgiContext extends ImportWishes {
  /** Of the instance: that of the file. */
  readonly name: string;
  /** What the file names as %(NAME): keys of these names are placeholders. */
  readonly placeholders?: ReadonlySet<string>;
}

export function importUwsgi(givens: readonly Given[], context: UwsgiContext): Imported {
  const sheet = new Sheet();
  if (context.application !== undefined) sheet.put("application", context.application);
  for (const given of givens) convert(given, sheet, context);
  if (!sheet.has("application")) tellMissing(givens, sheet);
  const file = sheet.file(context.name);
  // An address that is wished for is the only one.
  const wished = context.socket === undefined ? {} : { socket: [context.socket.replaceAll("%n", context.name)] };
  return { files: [{ ...file, options: { ...file.options, ...wished } }], report: sheet.rows };
}

/** One value of one option. */
function convert(given: Given, sheet: Sheet, context: UwsgiContext): void {
  const { name, origin } = given;
  const text = textOfGiven(given);
  const said: Said = { option: name, value: text, origin };
  const own = uwsgiValues.get(name);
  const about = aboutUwsgiOption(name);
  // A format of lines has variables that look like placeholders.
  const isFormat = about?.to === "log-format";
  if (
    !isFormat &&
    /[%$@]\(/.test(text) &&
    (own !== undefined || about?.verdict === "same" || about?.verdict === "renamed")
  ) {
    return sheet.tell(said, {
      verdict: "attention",
      text: "a placeholder stands in it: write down what it stands for",
    });
  }
  if (own !== undefined) return own(text, said, sheet, given);
  if (about === undefined) return sheet.tell(said, unknown(name, context));
  if ((about.verdict === "same" || about.verdict === "renamed") && about.to !== undefined) {
    return convertPlain(about.to, text, said, sheet);
  }
  sheet.tell(said, outcomeOf(about, context));
}

/** The value as it is. Of numbers, 0 switches off. */
function convertPlain(to: string, text: string, said: Said, sheet: Sheet): void {
  const option = optionTables.serve.find(({ name }) => name === to);
  if (option?.kind === "flag") return sheet.say(said, to, isYes(text));
  const isNumber = option?.kind === "count" || option?.kind === "seconds";
  if (isNumber && /^0+$/.test(text.trim())) {
    return sheet.tell(said, { verdict: "dropped", text: `0 is none: without ${to} it is so` });
  }
  sheet.say(said, to, text.trim());
}

function outcomeOf({ verdict, to, text }: AboutUwsgiOption, { application }: UwsgiContext): Outcome {
  const more = to === undefined ? {} : { to };
  if (verdict === "always") return { verdict, text };
  if (verdict === "none") return { verdict: "dropped", text };
  if (verdict === "elsewhere") return { verdict: "attention", text, ...more };
  if (to === undefined) return { verdict: "dropped", text };
  if (to === "application" && application !== undefined) {
    return { verdict: "dropped", text: `${application} is in its place` };
  }
  return { verdict: "attention", text, ...more };
}

/** Unknown keys are placeholders there, whether or not anybody names them: misspelt ones, too. */
function unknown(name: string, { placeholders }: UwsgiContext): Outcome {
  if (placeholders?.has(name) === true) {
    return { verdict: "dropped", text: "a placeholder: its value stands where it was named" };
  }
  const nearest = nearestName(name, uwsgiOptionNames());
  const meant = nearest === undefined ? "nothing names it" : `nothing names it; was ${nearest} meant?`;
  return { verdict: "attention", text: `no option of uWSGI's, and no placeholder: ${meant}` };
}

function tellMissing(givens: readonly Given[], sheet: Sheet): void {
  const origin = givens[0]?.origin ?? { kind: "default" };
  if (sheet.rows.some(({ to, verdict }) => to === "application" && verdict === "attention")) return;
  const text = `application = app.js has to be said: ${originText(origin)} names none`;
  sheet.tell({ option: "application", value: "", origin }, { verdict: "attention", to: "application", text });
}

/** As it was written; what stands alone says true. */
function textOfGiven({ value, text }: Given): string {
  return text ?? textOf(value);
}
