/** What `uisge import` does, but for printing. */
import { type Imported, loadImporters } from "../../config/index.ts";
import { typeError } from "../../errors.ts";
import { jsonLine, tableOf } from "../control/columns.ts";
import type { Parsed } from "../frame/definition.ts";
import { type Kind, readSource } from "./read-source.ts";
import { type Format, textsOf, writeFiles } from "./write-files.ts";

export const KINDS: readonly Kind[] = ["uwsgi", "pm2", "gunicorn", "unit"];
export const FORMATS: readonly Format[] = ["ini", "yaml"];

export interface Told {
  /** 1 where something needs attention. */
  readonly code: 0 | 1;
  /** For standard output. */
  readonly out: string;
  /** For people, on standard error. */
  readonly report: string;
}

type Values = Parsed["values"];

/** Reads, converts, and writes files where they are asked for. Rejects with a TypeError for arguments that are wrong. */
export async function importFile({ values, positionals }: Pick<Parsed, "values" | "positionals">): Promise<Told> {
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) throw wrong(`import takes one FILE; got ${positionals.length}`);
  const kind = choice("from", values["from"], KINDS);
  const format = choice("to", values["to"], FORMATS);
  const output = text(values["output"]);
  const imported = await readSource(path, {
    ...(kind === undefined ? {} : { kind }),
    ...present("application", text(values["application"])),
    ...present("socket", text(values["socket"])),
    ...present("environment", text(values["env"])),
    ...present("section", text(values["section"])),
  });
  const code = imported.report.some(({ verdict }) => verdict === "attention") ? 1 : 0;
  const isJson = values["json"] === true;
  if (isJson && output === undefined) return { code, out: jsonLine(imported), report: "" };
  const { files } = imported;
  if (output === undefined && files.length > 1) {
    const names = files.map(({ name }) => name).join(", ");
    throw wrong(`${path} has ${files.length} applications (${names}): --output FOLDER takes a file for each`);
  }
  const texts = await textsOf(files, path, format ?? formatOf(output));
  const written = output === undefined ? [] : writeFiles(texts, output, values["force"] === true);
  if (isJson) return { code, out: jsonLine({ ...imported, written }), report: "" };
  const out = output === undefined ? texts.map((one) => one.text).join("") : "";
  return { code, out, report: await reportText(imported, written) };
}

async function reportText({ report }: Imported, written: readonly string[]): Promise<string> {
  const { reportCells, reportSummary } = await loadImporters();
  const columns = ["WHERE", "OPTION", "VERDICT", "HERE"].map((title) => ({ title, align: "left" }) as const);
  const files = written.map((file) => `written: ${file}\n`).join("");
  return `${tableOf(columns, reportCells(report))}${reportSummary(report)}\n${files}`;
}

/** By the ending of the file that is asked for. */
function formatOf(output: string | undefined): Format | undefined {
  if (output?.endsWith(".ini") === true) return "ini";
  return /\.ya?ml$/.test(output ?? "") ? "yaml" : undefined;
}

function text(value: Values[string]): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function present<Name extends string>(name: Name, value: string | undefined): { readonly [Key in Name]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [Key in Name]: string });
}

function choice<Choice extends string>(
  option: string,
  value: Values[string],
  choices: readonly Choice[],
): Choice | undefined {
  if (value === undefined) return undefined;
  const found = choices.find((one) => one === value);
  if (found === undefined) throw wrong(`--${option} ${text(value) ?? ""}: there are ${choices.join(", ")}`);
  return found;
}

function wrong(message: string): TypeError {
  return typeError("UWSGI_INVALID_ARGUMENT", message);
}
