/** An imported configuration as an ini file. Pure. */
import type { ImportedFile, ImportedValue } from "./imported.ts";

/** The text, or the options whose values an ini file cannot hold. */
export type Written = { readonly text: string } | { readonly cannot: readonly string[] };

/** `notes` stand at the top, a line each. */
export function writeIni({ options }: ImportedFile, notes: readonly string[]): Written {
  const lines = Object.entries(options).flatMap(([name, value]) => valuesOf(value).map((one) => [name, one] as const));
  const cannot = lines.filter(([name, value]) => !fitsIni(name, value)).map(([name]) => name);
  if (cannot.length > 0) return { cannot: [...new Set(cannot)] };
  const head = notes.map((note) => `; ${note}\n`).join("");
  const body = lines.map(([name, value]) => `${name} = ${escaped(name, value)}\n`).join("");
  return { text: `${head}[uisge]\n${body}` };
}

function valuesOf(value: ImportedValue): readonly string[] {
  if (Array.isArray(value)) return value as readonly string[];
  if (typeof value === "object")
    return Object.entries(value as Record<string, string>).map(([name, one]) => `${name}=${one}`);
  return [String(value)];
}

/** Values are a line, without blanks around them; what is put in from elsewhere has no way to be meant as it stands. */
function fitsIni(name: string, value: string): boolean {
  const plain = name === FORMAT ? value.replaceAll("%(", "") : value;
  return value !== "" && value === value.trim() && !/[\p{Cc}\u2028\u2029]|[%$@]\(/u.test(plain);
}

/** Its variables look like placeholders; what no option is called stays as it is written. */
const FORMAT = "log-format";

/** So that a percent sign means itself. */
export function escaped(name: string, value: string): string {
  return name === FORMAT ? value.replace(/%(?!\()/g, "%%") : value.replaceAll("%", "%%");
}
