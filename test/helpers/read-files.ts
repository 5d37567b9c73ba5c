/** What readers of configuration files have answered, written as tests compare it. */
import fc from "fast-check";
import type { Given, Problem } from "../../src/config/given.ts";
import type { ReadFile } from "../../src/config/read/read-file.ts";

/** `processes=4 @2`, `socket[]="a" @3`, `mode=416 (0640) @1`. */
export function saidBy({ givens }: Pick<ReadFile, "givens">): string[] {
  return givens.map(({ name, value, text, isItem, origin }) => {
    const line = origin.kind === "file" && origin.line !== undefined ? ` @${origin.line}` : "";
    const written = text === undefined ? "" : ` (${text})`;
    return `${name}${isItem === true ? "[]" : ""}=${shown(value)}${written}${line}`;
  });
}

/** `2:3 what is wrong`. */
export function wrongIn({ problems }: { readonly problems: readonly Problem[] }): string[] {
  return problems.map(({ origin, message }) => {
    if (origin.kind !== "file" || origin.line === undefined) return message;
    return `${origin.line}${origin.column === undefined ? "" : `:${origin.column}`} ${message}`;
  });
}

function shown(value: unknown): string {
  return typeof value === "number" || typeof value === "function" ? String(value) : JSON.stringify(value);
}

/** The options as an object would hold them. */
export function optionsOf(givens: readonly Given[]): Map<string, unknown> {
  const options = new Map<string, unknown>();
  for (const { name, value, isItem } of givens) {
    const before = options.get(name);
    if (isItem === true && Array.isArray(before)) before.push(value);
    else options.set(name, isItem === true ? [value] : value);
  }
  return options;
}

/** Objects with any values of JSON, as `JSON.parse` makes them: without -0, `__proto__` is a key. */
export const anyOptions: fc.Arbitrary<Readonly<Record<string, unknown>>> = fc
  .dictionary(fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "<<", "null", "404")), fc.jsonValue())
  .map((options) => JSON.parse(JSON.stringify(options)) as Record<string, unknown>);

/** Values whose place in a text can be looked for: each says something else. */
export const placedOptions: fc.Arbitrary<Readonly<Record<string, unknown>>> = fc
  .letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.stringMatching(/^x[a-z]{1,8}$/),
      fc.integer({ min: 10, max: 99_999 }),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.stringMatching(/^k[a-z]{1,3}$/), tie("value"), { maxKeys: 4, noNullPrototype: true }),
    ),
  }))
  .value.chain((one) =>
    fc.dictionary(fc.stringMatching(/^o[a-z]{1,4}$/), fc.constant(one), { maxKeys: 2, noNullPrototype: true }),
  );

/** The texts and numbers of a given whose place does not hold them. */
export function misplacedIn(text: string, { value, at }: Given): string[] {
  const lines = text.split("\n");
  const misplaced: string[] = [];
  const visit = (part: unknown, path: readonly (string | number)[]): void => {
    if (typeof part === "object" && part !== null) {
      const steps = Array.isArray(part) ? [...part.keys()] : Object.keys(part);
      for (const step of steps) visit((part as Record<string | number, unknown>)[step], [...path, step]);
      return;
    }
    const origin = at?.(path);
    const { line = 0, column = 0 } = origin?.kind === "file" ? origin : {};
    const rest = (lines[line - 1] ?? "").slice(column - 1).replace(/^["']/, "");
    if (!rest.startsWith(String(part))) misplaced.push(`${path.join(".")} at ${line}:${column}: ${rest}`);
  };
  visit(value, []);
  return misplaced;
}

const PIECES = [
  ..."{}[]:,=ab\"'\\\n\t#|>~01-@`\0",
  "[[",
  ": ",
  " = ",
  '"""',
  "'''",
  "\r\n",
  "  ",
  "- ",
  "? ",
  "&a ",
  "*a",
  "<<",
  "!x ",
  "!!int ",
  "---\n",
  "...",
  "%YAML 1.1\n",
  "1e9",
  "0x",
  "true",
  "null",
  "1979-05-27",
  "\u001b[2J",
  "\ufeff",
  "\ud800",
  "😀",
];

/** Texts that are nearly of one of the languages. */
export const nearlyAnything: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((parts) => parts.join("")),
);
