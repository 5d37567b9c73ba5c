/** Of a configuration of Unit's, an instance for each application of Node's. Pure. */
import type { Origin } from "../given.ts";
import type { Imported, ImportedFile, ImportRow, ImportWishes } from "./imported.ts";
import { isObject, nameFor, socketFor } from "./instances.ts";
import { Sheet } from "./sheet.ts";
import { convertApplication, notNode } from "./unit-application.ts";
import { convertListener } from "./unit-listeners.ts";
import { convertAccessLog, convertSettings } from "./unit-settings.ts";
import { textOf } from "./value-text.ts";

export interface UnitContext extends ImportWishes {
  readonly origin: Origin;
}

type Members = Readonly<Record<string, unknown>>;

/** `document`: what Unit answers at /config, or at /. */
export function importUnit(document: unknown, { origin, socket }: UnitContext): Imported {
  const whole = isObject(document) ? document : {};
  const config = isObject(whole["config"]) ? whole["config"] : whole;
  const report: ImportRow[] = [];
  const row = (option: string, value: unknown, text: string): void => {
    report.push({ option, value: textOf(value), origin, verdict: "attention", text });
  };
  const sheets = new Map<string, Sheet>();
  const files: ImportedFile[] = [];
  for (const [name, application] of Object.entries(members(config["applications"]))) {
    const refusal = notNode(application);
    if (refusal !== undefined) {
      row(`applications.${name}`, isObject(application) ? application["type"] : application, refusal);
      continue;
    }
    const sheet = new Sheet();
    const instance = nameFor(name, files);
    const address = socketFor(socket, instance, sheets.size);
    sheet.put("master", true);
    sheet.put("name", instance);
    sheet.put("socket", address);
    convertApplication(members(application), `applications.${name}`, sheet, origin);
    sheets.set(name, sheet);
    files.push(sheet.file(instance));
  }
  for (const [address, listener] of Object.entries(members(config["listeners"]))) {
    report.push(...convertListener(address, members(listener), sheets, origin));
  }
  for (const [key, value] of Object.entries(config)) {
    if (key === "applications" || key === "listeners") continue;
    if (key === "settings") report.push(...convertSettings(members(value), sheets, origin));
    else if (key === "access_log") report.push(...convertAccessLog(value, sheets, origin));
    else if (key === "routes") for (const step of stepsOf(value)) row(step.option, step.value, ROUTES);
    else if (key === "upstreams")
      for (const name of Object.keys(members(value))) row(`upstreams.${name}`, "", UPSTREAMS);
    else row(key, value, "no part of a configuration of Unit's that is known");
  }
  if (whole !== config) {
    for (const [key, value] of Object.entries(whole)) {
      if (key === "certificates")
        row(key, Object.keys(members(value)).join(" "), "certificates go to nginx, or to uisge bridge");
      else if (key === "js_modules") row(key, "", "scripts of Unit's are not run here");
    }
  }
  if (sheets.size === 0) row("applications", "", "there is none of Node's (type external)");
  const done = [...sheets.values()].map((sheet, at) => sheet.file(files[at]?.name ?? ""));
  return { files: done, report: [...[...sheets.values()].flatMap(({ rows }) => rows), ...report] };
}

const ROUTES =
  "locations of nginx do it: match is location, share is root or alias, pass is uwsgi_pass, return is return";
const UPSTREAMS = "uisge route, or upstream of nginx, balances";

function members(value: unknown): Members {
  return isObject(value) ? value : {};
}

/** Each step of each route. */
function stepsOf(routes: unknown): readonly { readonly option: string; readonly value: unknown }[] {
  if (Array.isArray(routes)) return routes.map((value: unknown, at) => ({ option: `routes[${at}]`, value }));
  return Object.entries(members(routes)).flatMap(([name, steps]) =>
    (Array.isArray(steps) ? steps : [steps]).map((value: unknown, at) => ({ option: `routes.${name}[${at}]`, value })),
  );
}
