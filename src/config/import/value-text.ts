/** What was said, as text: files that are programs may say anything. Pure. */

export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "";
  if (typeof value === "function") return `${value.name}()`;
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    // A circle, or a BigInt.
    return typeof value;
  }
}
