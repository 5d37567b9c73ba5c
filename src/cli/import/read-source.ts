/** Reads what is to be imported, and converts it. */
import { readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Imported, type ImportWishes, loadImporters, type Origin } from "../../config/index.ts";
import { ConfigError, typeError } from "../../errors.ts";
import { readInput } from "../standard-streams.ts";

export type Kind = "uwsgi" | "pm2" | "gunicorn" | "unit";

export interface SourceWishes extends ImportWishes {
  readonly kind?: Kind;
  /** Of an ini file. */
  readonly section?: string;
}

/** More is no configuration. */
const MOST_BYTES = 2 ** 20;

/**
 * `-` is standard input. Rejects with a ConfigError where there is nothing to read, or it cannot be read as what it is, and
 * with a TypeError (`UWSGI_INVALID_ARGUMENT`) where nobody's configuration is recognised.
 */
export async function readSource(path: string, wishes: SourceWishes): Promise<Imported> {
  const importers = await loadImporters();
  const byName = wishes.kind ?? importers.kindByName(path);
  const file = path === "-" ? "standard input" : path;
  const name = nameOf(path);
  // A program: what it exports counts.
  if (byName === "pm2" && isProgram(path)) return importers.importPm2(await exported(path), placed(path, wishes));
  if (/\.xml$/i.test(path)) throw unreadable(path, "uWSGI's XML is not read: write it as ini, or as YAML");
  const text = await textOf(path);
  if (byName === "gunicorn") return importers.importGunicorn(text, { ...wishes, file, name });
  const isJson = /^\s*[{[]/.test(text);
  if ((byName ?? importers.kindByText(text)) === "uwsgi") return importUwsgi(file, text, name, wishes);
  const document = await parsed(isJson ? importers.withoutComments(text) : text, file);
  const kind = byName ?? importers.kindByContent(document);
  if (kind === "uwsgi") return importUwsgi(file, text, name, wishes);
  if (kind === "pm2") return importers.importPm2(document, placed(path, wishes));
  if (kind === "unit") return importers.importUnit(document, placed(path, wishes));
  throw typeError("UWSGI_INVALID_ARGUMENT", `${file}: whose is it? --from uwsgi, pm2, gunicorn or unit says so`);
}

async function importUwsgi(file: string, text: string, name: string, wishes: SourceWishes): Promise<Imported> {
  const importers = await loadImporters();
  const { givens, placeholders, problems } = await importers.readUwsgi(file, text, wishes.section);
  const { files, report } = importers.importUwsgi(givens, { ...wishes, name, placeholders });
  return { files, report: [...problems, ...report] };
}

function isProgram(path: string): boolean {
  return /\.[cm]?js$/i.test(path);
}

/** `uwsgi.ini` and `gunicorn.conf.py` are called like their programs: the folder tells more. */
function nameOf(path: string): string {
  const stem = path === "-" ? "app" : basename(path, extname(path)).replace(/\.conf$/, "");
  if (path === "-" || !/^(?:uwsgi|gunicorn|gunicorn_conf|app|config)$/.test(stem)) return stem;
  return basename(dirname(resolve(path))) || stem;
}

function placed(
  path: string,
  wishes: ImportWishes,
): ImportWishes & { readonly folder: string; readonly origin: Origin } {
  if (path === "-") return { ...wishes, folder: process.cwd(), origin: { kind: "file", file: "standard input" } };
  return { ...wishes, folder: dirname(resolve(path)), origin: { kind: "file", file: path } };
}

/** As PM2 itself does: the file is a program of whoever imports. */
async function exported(path: string): Promise<unknown> {
  checkFile(path);
  try {
    const module = (await import(pathToFileURL(resolve(path)).href)) as { readonly default?: unknown };
    return module.default ?? module;
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split("\n", 1)[0] ?? "") : "it has thrown";
    throw new ConfigError(`${path} cannot be loaded: ${why}`, { code: "UWSGI_BAD_CONFIGURATION", cause });
  }
}

async function textOf(path: string): Promise<string> {
  if (path === "-") return (await readInput(MOST_BYTES)).toString("utf8");
  checkFile(path);
  return readFileSync(path, "utf8");
}

function checkFile(path: string): void {
  const stat = statOf(path);
  if (!stat.isFile()) throw unreadable(path, "it is no file");
  if (stat.size > MOST_BYTES) throw unreadable(path, `it has ${stat.size} bytes, at most ${MOST_BYTES} are read`);
}

function statOf(path: string): ReturnType<typeof statSync> & object {
  try {
    return statSync(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "it cannot be read";
    throw new ConfigError(`${path}: ${why}`, { code: "UWSGI_NO_CONFIGURATION", cause });
  }
}

async function parsed(text: string, file: string): Promise<unknown> {
  const { parseDocument } = await loadImporters();
  try {
    return await parseDocument(text);
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split("\n", 1)[0] ?? "") : "it is neither YAML nor JSON";
    throw unreadable(file, why);
  }
}

function unreadable(path: string, why: string): ConfigError {
  return new ConfigError(`${path}: ${why}`, { code: "UWSGI_BAD_CONFIGURATION" });
}
