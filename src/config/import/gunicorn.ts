/** Of a configuration of gunicorn's, ours: of what is data in it. Pure; nothing is run. */
import type { Origin } from "../given.ts";
import { gunicornSettings } from "./gunicorn-settings.ts";
import type { Imported, ImportWishes } from "./imported.ts";
import { PROCESSORS, type PythonValue, readPython, type Statement } from "./python-literal.ts";
import { Sheet } from "./sheet.ts";

export interface GunicornContext extends ImportWishes {
  readonly file: string;
  /** Of the instance. */
  readonly name: string;
}

export function importGunicorn(text: string, context: GunicornContext): Imported {
  const sheet = new Sheet();
  const statements = readPython(text);
  const last = new Map(statements.flatMap((one) => (one.kind === "other" ? [] : [[one.name, one] as const])));
  if (context.application !== undefined) sheet.put("application", context.application);
  sheet.put("master", true);
  for (const statement of statements) {
    const origin: Origin = { kind: "file", file: context.file, line: statement.line };
    const isLast = statement.kind === "other" || last.get(statement.name) === statement;
    tell(statement, isLast, origin, sheet, context);
  }
  const origin: Origin = { kind: "file", file: context.file };
  if (context.application === undefined) {
    const needed = "application = app.js has to be said: gunicorn's is one of Python's";
    sheet.tell({ option: "application", value: "", origin }, { verdict: "attention", to: "application", text: needed });
  }
  const file = sheet.file(context.name);
  if (context.socket === undefined && sheet.has("socket")) return { files: [file], report: sheet.rows };
  const socket = [(context.socket ?? DEFAULT_BIND).replaceAll("%n", context.name)];
  return { files: [{ ...file, options: { ...file.options, socket } }], report: sheet.rows };
}

/** Where gunicorn listens when nobody says where. */
const DEFAULT_BIND = "127.0.0.1:8000";

function tell(statement: Statement, isLast: boolean, origin: Origin, sheet: Sheet, context: GunicornContext): void {
  if (statement.kind === "other") {
    const text = "it would have to be run: write down what comes of it";
    return sheet.tell({ option: "(Python)", value: statement.text, origin }, { verdict: "attention", text });
  }
  const { name } = statement;
  const convert = gunicornSettings.get(name);
  if (statement.kind === "function") {
    const text =
      convert === undefined
        ? "a function of Python's, and no hook of gunicorn's"
        : "a hook, which is Python: the application's hooks start, ready, drain and stop are called here";
    return sheet.tell(
      { option: name, value: "def", origin },
      { verdict: convert === undefined ? "dropped" : "attention", text },
    );
  }
  if (convert === undefined) {
    const text = "no setting of gunicorn's: a name of the file's own, whose value is put in where it stands";
    return sheet.tell({ option: name, value: "", origin }, { verdict: "dropped", text });
  }
  if (statement.kind === "reckoned") {
    const text = `it would have to be run: write down what comes of ${statement.text}`;
    return sheet.tell({ option: name, value: statement.text, origin }, { verdict: "attention", text });
  }
  const value = pythonText(statement.value, name);
  if (!isLast)
    return sheet.tell({ option: name, value, origin }, { verdict: "dropped", text: "it is said again below" });
  convert(statement.value, { option: name, value, origin }, sheet, context);
}

/** For the report; of the environment the names alone. */
function pythonText(value: PythonValue, name: string): string {
  if (name === "raw_env" && Array.isArray(value)) {
    return value.map((pair) => (typeof pair === "string" ? pair.split("=", 1)[0] : "")).join(" ");
  }
  return plainText(value);
}

function plainText(value: PythonValue): string {
  if (value === PROCESSORS) return "cpu_count()";
  if (typeof value === "string") return value;
  if (value instanceof Map) return `{${[...value.keys()].join(", ")}}`;
  if (Array.isArray(value)) return `[${value.map((one: PythonValue) => plainText(one)).join(", ")}]`;
  return value === null ? "None" : `${value as number | boolean}`;
}
