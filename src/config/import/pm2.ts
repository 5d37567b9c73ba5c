/** Of an ecosystem file of PM2's, an instance for each of its applications. Pure. */
import type { Imported, ImportedFile, ImportRow } from "./imported.ts";
import { isObject, nameFor, socketFor } from "./instances.ts";
import { attributes } from "./pm2-attributes.ts";
import type { Pm2Context } from "./pm2-context.ts";
import { isEnvironment, tellEnvironments } from "./pm2-environment.ts";
import { notNode } from "./pm2-script.ts";
import { Sheet } from "./sheet.ts";
import { textOf } from "./value-text.ts";

type Attributes = Readonly<Record<string, unknown>>;

/** `ecosystem`: what the file exports, or what it holds. */
export function importPm2(ecosystem: unknown, context: Pm2Context): Imported {
  const { apps, more } = appsOf(ecosystem);
  const report: ImportRow[] = [];
  const files: ImportedFile[] = [];
  for (const app of apps) {
    const name = nameFor(textOf(app["name"] ?? scriptName(app)), files);
    const sheet = new Sheet();
    const isServed = convertApp(app, name, sheet, context, files.length);
    if (isServed) files.push(sheet.file(name));
    for (const row of sheet.rows) report.push(apps.length > 1 ? { ...row, option: `${name}: ${row.option}` } : row);
  }
  for (const [key, value] of Object.entries(more)) {
    const text =
      key === "deploy"
        ? "deploying is not done here: a script that fetches the new version, then uisge reload, does the same"
        : "no part of an ecosystem file that is known";
    report.push({ option: key, value: textOf(value), origin: context.origin, verdict: "attention", text });
  }
  if (apps.length === 0) {
    const text = "an ecosystem file has apps, and there are none";
    report.push({ option: "apps", value: "", origin: context.origin, verdict: "attention", text });
  }
  return { files, report };
}

/** PM2 takes an object with `apps`, a list of applications, or one. */
function appsOf(ecosystem: unknown): { readonly apps: readonly Attributes[]; readonly more: Attributes } {
  if (Array.isArray(ecosystem)) return { apps: ecosystem.filter(isObject), more: {} };
  if (!isObject(ecosystem)) return { apps: [], more: {} };
  const { apps, pm2, ...more } = ecosystem;
  const said = apps ?? pm2;
  if (Array.isArray(said)) return { apps: said.filter(isObject), more };
  if (isObject(said)) return { apps: [said], more };
  return "script" in ecosystem || "exec" in ecosystem ? { apps: [ecosystem], more: {} } : { apps: [], more };
}

/** As PM2 calls it. */
function scriptName({ script, exec }: Attributes): string {
  const path = textOf(script ?? exec ?? "app");
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.[^.]*$/, "");
}

/** True when it is one that uisge can run. */
function convertApp(app: Attributes, name: string, sheet: Sheet, context: Pm2Context, at: number): boolean {
  const { origin, folder } = context;
  const refusal = notNode(app);
  if (refusal !== undefined) {
    for (const [option, value] of Object.entries(app)) {
      sheet.tell({ option, value: textOf(value), origin }, { verdict: "attention", text: refusal });
    }
    return false;
  }
  sheet.put("master", true);
  sheet.put("name", name);
  sheet.put("chdir", folder);
  for (const [option, value] of Object.entries(app)) {
    if (isEnvironment(option)) continue;
    const said = { option, value: textOf(value), origin };
    const convert = attributes.get(option);
    if (convert === undefined) sheet.tell(said, { verdict: "attention", text: "no attribute of PM2's that is known" });
    else convert(value, said, sheet, { ...context, name, app });
  }
  tellEnvironments(app, sheet, context);
  const socket = socketFor(context.socket, name, at);
  sheet.put("socket", socket);
  const text = `the port that it listens on is not bound: nginx has uwsgi_pass ${socket} and include uwsgi_params in place of proxy_pass`;
  sheet.tell({ option: "listen()", value: "", origin }, { verdict: "attention", to: "socket", text });
  return true;
}
