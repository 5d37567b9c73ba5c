/** Reads YAML and JSON of other programs, for which places do not matter. */

/** Throws what the library says where it is neither. A key that is said twice counts as it was said last. */
export async function parseDocument(text: string): Promise<unknown> {
  // JSON is YAML, too.
  const { parse } = await import("yaml");
  return parse(text, { uniqueKeys: false, logLevel: "error" }) as unknown;
}
