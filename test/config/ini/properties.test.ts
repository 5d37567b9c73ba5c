import test from "ava";
import fc from "fast-check";
import { expand } from "../../../src/config/ini/expand.ts";
import { readIni } from "../../../src/config/ini/read-ini.ts";
import { memoryHost } from "./hosts.ts";

/** Pieces that mean something, and bytes that do not. */
const piece = fc.oneof(
  fc.constantFrom(
    ..."\n|\n|\n| = |=|[uwsgi]\n|[uisge]\n|[upstream:a]\n|%(|$(|@(|)|(|%(_)|%n|%%|%|:-|-| + |++|a|b|for = 1 2\n".split(
      "|",
    ),
    ..."endfor\n|endif\n|else\n|if-env = A\n|if-not-opt = a\n|for-times = 9\n|for-glob = *\n|for-readline = a\n".split(
      "|",
    ),
    ..."ini = a\n|ini = b\n|ini = :upstream:a\n|include = b:x\n|inherit = a\n|set = a=1\n|set-ph = b=%(a)\n".split("|"),
    "\ufeff",
    "\0",
    "\r\n",
    "\\",
  ),
  fc.string({ unit: "binary", maxLength: 6 }),
);
const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(""));

test("whatever files hold, they are read without an error, with files and lines that exist", (t) => {
  const property = fc.property(text, text, fc.boolean(), (a, b, hasTitle) => {
    const files = { a: hasTitle ? `[uwsgi]\n${a}` : a, b };
    const { entries, problems, sections } = readIni("a", undefined, memoryHost(files, { env: { A: "%(a)$(A)" } }));
    for (const { origin } of [
      ...entries,
      ...problems,
      ...sections,
      ...sections.flatMap((section) => section.entries),
    ]) {
      const file = origin.kind === "file" ? origin.file : "";
      const line = origin.kind === "file" ? (origin.line ?? 1) : 0;
      if (!Object.hasOwn(files, file)) return false;
      if (line < 1 || line > files[file === "a" ? "a" : "b"].split("\n").length) return false;
    }
    // What is printed is printed without what a terminal obeys.
    return problems.every(({ message }) => !/\p{Cc}/u.test(message));
  });
  fc.assert(property, { numRuns: 500 });
  t.pass();
});

test("a cut anywhere is read without an error", (t) => {
  const whole = `[uwsgi]\r\nfor = a b\nx = %(_)$(A:-$(B))@(b)%(y + 1)\nendfor\nif-env = A\nini = b\nelse\nz\nendif\n[upstream:x]\nq = %n`;
  for (let end = 0; end <= whole.length; end += 1) {
    t.notThrows(() => readIni("a", undefined, memoryHost({ a: whole.slice(0, end), b: "[uwsgi]\nb" })));
  }
});

test("a text without %, $ and @ means itself", (t) => {
  const plain = fc.string({ unit: "binary" }).filter((value) => !/[%$@]/.test(value));
  const host = memoryHost({});
  const property = fc.property(plain, (value) => {
    const { text: result, problems } = expand(value, { host, magic: () => "x", placeholder: () => "y" });
    return result === value && problems.length === 0;
  });
  fc.assert(property);
  t.pass();
});

test("what is written with %% for % comes back, where it is no reference", (t) => {
  const plain = fc.string({ unit: "binary" }).filter((value) => !value.includes("("));
  const property = fc.property(plain, (value) => {
    const magic = (character: string): string | undefined => (character === "%" ? "%" : undefined);
    const written = value.replaceAll("%", "%%");
    return expand(written, { host: memoryHost({}), magic, placeholder: () => "y" }).text === value;
  });
  fc.assert(property);
  t.pass();
});
