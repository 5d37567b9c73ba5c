import test from "ava";
import { splitIni, trimBlanks } from "../../../src/config/ini/lines.ts";

const split = (text: string) => splitIni(text, 100);

/** Lines of the only block. */
function linesOf(text: string): unknown[] {
  const { blocks, problems } = split(`[uwsgi]\n${text}`);
  return [...problems, ...blocks.flatMap(({ lines }) => lines.map(({ name, value, fault }) => fault ?? [name, value]))];
}

for (const [rule, text, lines] of [
  ["blanks around a line, a name and a value do not count", " \t a \t = \t b c \t\r", [["a", "b c"]]],
  ["other kinds of space are letters", "a\u00a0=\u2003b\v", [["a\u00a0", "\u2003b\v"]]],
  ["the first = ends a name", "env = A=B=C", [["env", "A=B=C"]]],
  ["an option may stand alone", "master", [["master", true]]],
  ["a value may be empty", "endif =", [["endif", ""]]],
  ["a name may have blanks within", "a b = c", [["a b", "c"]]],
  ["comments are whole lines", "; a = 1\n  # b = 2\nc = 3 ; d # e", [["c", "3 ; d # e"]]],
  ["quotes are letters", "a = \"b\" 'c'", [["a", "\"b\" 'c'"]]],
  [
    "no line goes on in the next one",
    "a = b\\\n  c",
    [
      ["a", "b\\"],
      ["c", true],
    ],
  ],
  [
    "an option may be said again",
    "a = 1\na = 1",
    [
      ["a", "1"],
      ["a", "1"],
    ],
  ],
  ["empty lines do not count", "\n\r\n \n", []],
  ["an option needs a name", " = 1", ["an option has to be named before the ="]],
  ["a NUL is refused", "a = 1\0", ["the line has a NUL character"]],
  [
    "a line may be 100 characters long here",
    `${"a".repeat(100)}\n${"b".repeat(101)}`,
    [["a".repeat(100), true], "the line has 101 characters, at most 100 are allowed"],
  ],
] as const) {
  test(rule, (t) => {
    t.deepEqual(linesOf(text), [...lines]);
  });
}

test("lines are counted from 1, whatever ends them, with and without a byte order mark", (t) => {
  for (const text of ["[a]\nx\n\ny=1", "\ufeff[a]\r\nx\r\n\r\ny=1\r\n", "[a]\nx\n# c\ny=1\n"]) {
    const [block] = split(text).blocks;
    t.deepEqual(block?.title, "a");
    t.deepEqual(
      block?.lines.map(({ name, line }) => [name, line]),
      [
        ["x", 2],
        ["y", 4],
      ],
    );
  }
});

test("a title may stand several times", (t) => {
  const { blocks, problems } = split("[a]\nx\n[b]\n[a]\ny");
  t.deepEqual(problems, []);
  t.deepEqual(
    blocks.map(({ title, line, lines }) => [title, line, lines.length]),
    [
      ["a", 1, 1],
      ["b", 3, 0],
      ["a", 4, 1],
    ],
  );
});

test("a title without ] and one with something behind it are problems, and still titles", (t) => {
  const { blocks, problems } = split("[a\nx\n[b] ; comment\ny");
  t.deepEqual(problems, [
    { line: 1, message: "the title of a section ends with ]" },
    { line: 3, message: "nothing may stand behind the ] of a title, not even a comment" },
  ]);
  t.deepEqual(
    blocks.map(({ title }) => title),
    ["a", "b"],
  );
});

test("lines above all sections are one problem", (t) => {
  const { blocks, problems } = split("# comment\na = 1\nb = 2\n[uwsgi]");
  t.deepEqual(problems, [{ line: 2, message: "the line stands in no section: [uwsgi] or [uisge] is needed above it" }]);
  t.is(blocks.length, 1);
});

test("blanks are cut in a time that grows with the length alone", (t) => {
  const text = `a${" ".repeat(200_000)}b${" ".repeat(200_000)}`;
  t.is(trimBlanks(text).length, 200_002);
});
