/** Header names <-> var names: `X-Foo` is `HTTP_X_FOO`, and two headers have no prefix. */

/** Names seen; emptied when full, so that invented names can neither fill memory nor keep the real ones out. */
const varNames = new Map<string, string>();
const headerNames = new Map<string, string>();
const MOST_NAMES = 1_024;

/** `X-Foo` -> `HTTP_X_FOO`; `Content-Type` and `Content-Length` have no prefix (RFC 3875 4.1). */
export function varName(header: string): string {
  const known = varNames.get(header);
  if (known !== undefined) return known;
  const upper = header.toUpperCase().replaceAll("-", "_");
  const name = upper === "CONTENT_TYPE" || upper === "CONTENT_LENGTH" ? upper : `HTTP_${upper}`;
  if (varNames.size === MOST_NAMES) varNames.clear();
  varNames.set(header, name);
  return name;
}

/** `HTTP_X_FOO` -> `x-foo`; undefined for a var that is not a header. */
export function headerName(name: string): string | undefined {
  const known = headerNames.get(name);
  if (known !== undefined) return known;
  if (name === "CONTENT_TYPE" || name === "CONTENT_LENGTH") return name.toLowerCase().replace("_", "-");
  if (!name.startsWith("HTTP_") || name.length === 5) return undefined;
  const header = name.slice(5).toLowerCase().replaceAll("_", "-");
  if (headerNames.size === MOST_NAMES) headerNames.clear();
  headerNames.set(name, header);
  return header;
}
