/** Environments of an application of PM2's: `env`, and `env_NAME` of which one is chosen. Pure. */
import type { ImportWishes } from "./imported.ts";
import { isObject } from "./instances.ts";
import type { Pm2Context } from "./pm2-context.ts";
import type { Said, Sheet } from "./sheet.ts";
import { textOf } from "./value-text.ts";

type Attributes = Readonly<Record<string, unknown>>;

export function isEnvironment(attribute: string): boolean {
  return attribute === "env" || attribute.startsWith("env_");
}

/** Puts `env` down, and over it the one that is chosen. */
export function tellEnvironments(app: Attributes, sheet: Sheet, context: Pm2Context): void {
  const chosen = chosenOf(context);
  const names = Object.keys(app).filter(isEnvironment);
  // The one that is chosen comes last, over `env`.
  const ordered = [...names.filter((name) => name !== chosen), ...names.filter((name) => name === chosen)];
  for (const option of ordered) {
    const said: Said = { option, value: namesIn(app[option]).join(" "), origin: context.origin };
    if (option === "env" || option === chosen) putAll(app[option], said, sheet);
    else {
      const text = `not put down: import with --env ${option.slice("env_".length)} where that one is meant`;
      sheet.tell(said, { verdict: chosen === undefined ? "attention" : "dropped", text });
    }
  }
  if (chosen !== undefined && !names.includes(chosen)) {
    const text = `there is none for --env ${context.environment ?? ""}`;
    sheet.tell({ option: chosen, value: "", origin: context.origin }, { verdict: "attention", text });
  }
}

function chosenOf({ environment }: ImportWishes): string | undefined {
  return environment === undefined ? undefined : `env_${environment}`;
}

function namesIn(value: unknown): readonly string[] {
  return isObject(value) ? Object.keys(value) : [];
}

function putAll(value: unknown, said: Said, sheet: Sheet): void {
  if (!isObject(value)) {
    sheet.tell(said, { verdict: "attention", to: "env", text: "an object with names and values is needed" });
    return;
  }
  const wrong = Object.entries(value).filter(([name, one]) => sheet.put("env", `${name}=${textOf(one)}`) !== undefined);
  if (wrong.length > 0) {
    const text = `these cannot be put down: ${wrong.map(([name]) => name).join(", ")}`;
    sheet.tell(said, { verdict: "attention", to: "env", text });
  } else if (said.option === "env") sheet.tell(said, { verdict: "same", to: "env", text: "env" });
  else sheet.tell(said, { verdict: "renamed", to: "env", text: "env, over what env says" });
}
