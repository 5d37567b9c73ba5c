/** Reads what was thrown, which may be anything: getters and proxies of it may throw in their turn. */
import { errorCode } from "../../errors.ts";

/** A property of it; undefined where there is none, or none that can be read. */
export function property(thrown: unknown, name: string): unknown {
  try {
    if ((typeof thrown !== "object" && typeof thrown !== "function") || thrown === null) return undefined;
    return (thrown as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

/** The same of one that is text; at most `most` characters. */
export function textProperty(thrown: unknown, name: string, most: number): string | undefined {
  const value = property(thrown, name);
  return typeof value === "string" ? cut(value, most) : undefined;
}

/** As `errorCode`. */
export function codeOf(thrown: unknown): string | undefined {
  try {
    return errorCode(thrown);
  } catch {
    return undefined;
  }
}

/** At most `most` characters; none is cut in two. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const isPair = /[\ud800-\udbff]/.test(text[most - 1] ?? "");
  return `${text.slice(0, isPair ? most - 1 : most)}...`;
}
