/** Changes places of a text that must be there, such as the port in a configuration. */

/** Old text -> new text. Each old text must occur exactly once. */
export type Substitutions = Readonly<Record<string, string>>;

/** The text with all substitutions made; throws for an old text that does not occur exactly once. */
export function substitute(text: string, substitutions: Substitutions): string {
  let result = text;
  for (const [from, to] of Object.entries(substitutions)) {
    const parts = result.split(from);
    if (parts.length !== 2) {
      throw new Error(`${JSON.stringify(from)} occurs ${parts.length - 1} times in the configuration, not once`);
    }
    result = parts.join(to);
  }
  return result;
}
