/** Values as JSON can say them: checked, and copied, so that nobody holds a part of what is kept. Pure. */
import { typeError } from "../../errors.ts";

/** What is deeper is most likely a circle; and JSON that deep is read by few. */
const MOST_DEEP = 100;

/**
 * A copy of a value. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what would not come back as it is: functions,
 * symbols, BigInt, NaN, instances of classes (Date, Map...), undefined in lists, and what holds itself. A member that
 * is undefined is left out. `path`: what it is called in the message.
 */
export function copyOfJson(value: unknown, path: string, depth = 0): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (Number.isFinite(value)) return value;
      throw refusal(path, String(value));
    case "object":
      if (value === null) return null;
      if (depth >= MOST_DEEP) throw refusal(path, `more than ${MOST_DEEP} levels deep, or a circle`);
      if (Array.isArray(value)) return copyOfList(value, path, depth);
      return copyOfMembers(value, path, depth);
    default:
      throw refusal(path, typeof value === "bigint" ? "a BigInt" : typeof value);
  }
}

function copyOfList(list: readonly unknown[], path: string, depth: number): unknown[] {
  // `from`, for `map` would leave holes out.
  return Array.from(list, (item, i) => copyOfJson(item, `${path}[${i}]`, depth + 1));
}

function copyOfMembers(value: object, path: string, depth: number): Record<string, unknown> {
  if (!isPlain(value)) throw refusal(path, `an instance of ${classOf(value)}`);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, copyOfJson(member, `${path}.${key}`, depth + 1)]));
}

/** Made by braces, in whichever realm, or without a prototype. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function classOf(value: object): string {
  const { constructor } = value as { readonly constructor?: unknown };
  return typeof constructor === "function" && constructor.name !== "" ? constructor.name : "a class";
}

function refusal(path: string, seen: string): TypeError {
  return typeError(
    "UWSGI_INVALID_ARGUMENT",
    `session: ${path} is ${seen}; text, finite numbers, true, false, null, lists and plain objects can be kept`,
  );
}
