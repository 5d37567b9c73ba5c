/** The rules by which vars become an environ, as a table of values for each name: what the environ is compared with. */

export interface EnvironRules {
  /** Vars as they came. */
  readonly pairs: Iterable<readonly [name: string, value: string]>;
  readonly duplicates: "join" | "refuse" | "last";
  /** Headers of the front end's own: two different values are refused, whatever `duplicates` says. */
  readonly trusted: readonly string[];
}

/** What the environ has to be, or the code with which it is refused. */
export type ReferenceEnviron = ReadonlyMap<string, string> | "UWSGI_CONFLICTING_VARS" | "UWSGI_BAD_METHOD";

const neverIn = new Set([
  "HTTP_PROXY",
  "HTTP_CONTENT_TYPE",
  "HTTP_CONTENT_LENGTH",
  ..."FILE SCRIPT MODULE CALLABLE HOME PYHOME POSTFILE SETENV CHDIR TOUCH_RELOAD CACHE_GET APPID"
    .split(" ")
    .map((name) => `UWSGI_${name}`),
]);

const one = new Set(
  "CONTENT_LENGTH REQUEST_METHOD REMOTE_ADDR REMOTE_USER HTTPS HTTP_HOST HTTP_AUTHORIZATION".split(" "),
);

export function referenceEnviron(rules: EnvironRules): ReferenceEnviron {
  const lists = new Map<string, string[]>();
  for (const [name, value] of rules.pairs) {
    if (neverIn.has(name) || name.startsWith("wsgi.") || name.startsWith("uisge.")) continue;
    const list = lists.get(name);
    if (list === undefined) lists.set(name, [value]);
    else list.push(value);
  }
  const environ = new Map<string, string>();
  for (const [name, values] of lists) {
    const value = valueOf(name, values, rules);
    if (value === undefined) return "UWSGI_CONFLICTING_VARS";
    environ.set(name, value);
  }
  return complete(environ);
}

/** The one value of a name; undefined where its values contradict each other. */
function valueOf(name: string, values: readonly string[], { duplicates, trusted }: EnvironRules): string | undefined {
  const last = values.at(-1);
  const isTrusted = trusted.includes(name);
  if (values.length === 1 || (duplicates === "last" && !isTrusted)) return last;
  if (isTrusted || one.has(name) || duplicates === "refuse") return new Set(values).size === 1 ? last : undefined;
  if (name === "HTTP_COOKIE") return values.join("; ");
  return name.startsWith("HTTP_") ? values.join(", ") : last;
}

function complete(environ: Map<string, string>): ReferenceEnviron {
  const orElse = (name: string, value: string): void => {
    if (!environ.has(name)) environ.set(name, value);
  };
  orElse("REQUEST_METHOD", "GET");
  for (const name of ["SCRIPT_NAME", "PATH_INFO", "QUERY_STRING"]) orElse(name, "");
  for (const [name, value] of [
    ["SERVER_NAME", "localhost"],
    ["SERVER_PORT", "0"],
    ["SERVER_PROTOCOL", "HTTP/1.0"],
  ] as const) {
    if ((environ.get(name) ?? "") === "") environ.set(name, value);
  }
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(environ.get("REQUEST_METHOD") ?? "")) return "UWSGI_BAD_METHOD";
  if (environ.get("SCRIPT_NAME") === "/") {
    environ.set("SCRIPT_NAME", "");
    environ.set("PATH_INFO", `/${(environ.get("PATH_INFO") ?? "").replace(/^\//, "")}`);
  }
  for (const name of ["REMOTE_USER", "REMOTE_IDENT", "AUTH_TYPE", "HTTPS"]) {
    if (environ.get(name) === "") environ.delete(name);
  }
  if ((environ.get("CONTENT_LENGTH") ?? "") !== "") environ.delete("HTTP_TRANSFER_ENCODING");
  return environ;
}
