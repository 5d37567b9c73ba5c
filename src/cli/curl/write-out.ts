/** `-w`: curl's template of what is to be told behind a transfer. Pure. */

/** What it can tell, by curl's names: numbers of bytes and counts, seconds, strings. */
export interface Facts {
  readonly [name: string]: string | number;
}

export interface WrittenOut {
  readonly stdout: string;
  readonly stderr: string;
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/**
 * Fills the template in. `%{name}`, `%{header_json}`, `%{json}`, `%header{name}`, `%%`, `\n`, `\r`, `\t`; `%{stderr}` and
 * `%{stdout}` switch, `%{onerror}` shows what follows only when the transfer has failed. Other names are told on
 * standard error, as curl does. `headers`: pairs of the last response.
 */
export function writeOut(
  template: string,
  facts: Facts,
  headers: readonly (readonly [name: string, value: string])[],
): WrittenOut {
  const written = { stdout: "", stderr: "" };
  let to: keyof WrittenOut = "stdout";
  const pattern = /%%|%header\{([^}]*)\}|%\{([^}]*)\}|\\([nrt])/g;
  let at = 0;
  for (const match of template.matchAll(pattern)) {
    written[to] += template.slice(at, match.index);
    at = match.index + match[0].length;
    const [whole, header, name, escape] = match;
    if (whole === "%%") written[to] += "%";
    else if (escape !== undefined) written[to] += escapes[escape] ?? "";
    else if (header !== undefined) written[to] += firstOf(headers, header);
    else if (name === "stderr" || name === "stdout") to = name;
    else if (name === "onerror") {
      if (facts["exitcode"] === 0) return written;
    } else if (name === "json") written[to] += JSON.stringify(facts);
    else if (name === "header_json") written[to] += JSON.stringify(grouped(headers));
    else if (name !== undefined) {
      const fact = Object.hasOwn(facts, name) ? facts[name] : undefined;
      if (fact === undefined) written.stderr += `uisge curl: unknown --write-out variable: '${name}'\n`;
      else written[to] += typeof fact === "number" ? formatNumber(name, fact) : fact;
    }
  }
  written[to] += template.slice(at);
  return written;
}

/** Times have microseconds, codes three digits. */
function formatNumber(name: string, value: number): string {
  if (name.startsWith("time_")) return value.toFixed(6);
  return name === "http_code" || name === "response_code" ? String(value).padStart(3, "0") : String(value);
}

function firstOf(headers: readonly (readonly [string, string])[], name: string): string {
  return headers.find(([known]) => known.toLowerCase() === name.toLowerCase())?.[1] ?? "";
}

function grouped(headers: readonly (readonly [string, string])[]): Record<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    groups.set(key, [...(groups.get(key) ?? []), value]);
  }
  return Object.fromEntries(groups);
}
