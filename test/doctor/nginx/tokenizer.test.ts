import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import fc from "fast-check";
import { parseStatements } from "../../../src/doctor/nginx/parse.ts";
import { Source } from "../../../src/doctor/nginx/source.ts";
import { Tokenizer } from "../../../src/doctor/nginx/tokenizer.ts";
import { ConfigError } from "../../../src/errors.ts";
import { findProgram } from "../../helpers/find-program.ts";
import { needs } from "../../helpers/needs.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

/** Words as they are, the rest as itself. */
function tokensOf(text: string): readonly string[] {
  const tokens = new Tokenizer(new Source("x.conf", text));
  const seen: string[] = [];
  for (let token = tokens.next(); token !== undefined; token = tokens.next()) {
    seen.push(token.kind === "word" ? token.text : token.kind);
  }
  return seen;
}

for (const [rule, text, expected] of [
  ["words end at white space and a semicolon", "a  b\tc\r\nd;", ["a", "b", "c", "d", ";"]],
  ["a word ends at an opening brace, not at a closing one", "a b{c d}e;}", ["a", "b", "{", "c", "d}e", ";", "}"]],
  ["a comment reaches from the start of a word to the end of the line", "a # b;\n#c\nd;", ["a", "d", ";"]],
  ["a # inside a word is part of it", "a b#c;", ["a", "b#c", ";"]],
  ["braces behind a dollar are part of the word", "a ${b}c$d{;", ["a", "${b}c$d", "{", ";"]],
  ["quotes keep what is special", "a \"b; {} # 'c\" 'd \"e';", ["a", "b; {} # 'c", 'd "e', ";"]],
  ["a quote inside of a word is part of it", 'a b"c";', ["a", 'b"c"', ";"]],
  ["an empty word is a word", "a \"\" '';", ["a", "", "", ";"]],
  [
    "a backslash goes away before quotes and itself",
    String.raw`a \"b "c\"d" '\'e' \\f;`,
    ["a", '"b', 'c"d', "'e", "\\f", ";"],
  ],
  ["a backslash makes tabs and ends of lines", String.raw`a "b\tc\nd\re";`, ["a", "b\tc\nd\re", ";"]],
  [
    "a backslash stays before all else",
    String.raw`a ^/\d+\.php$ b\ c \;d;`,
    ["a", "^/\\d+\\.php$", "b\\ c", "\\;d", ";"],
  ],
  [
    "a closing quote may be followed by a parenthesis, which begins a word",
    'if ($a = "b") {',
    ["if", "($a", "=", "b", ")", "{"],
  ],
  ["a quoted word may hold ends of lines", 'a "b\nc";', ["a", "b\nc", ";"]],
] as const) {
  test(rule, (t) => {
    t.deepEqual(tokensOf(text), expected);
  });
}

for (const [rule, text, message] of [
  ["a quote without its end", 'a;\nb "c;', 'x.conf:2: a " that is not closed'],
  ["a word right behind a quote", 'a "b"c;', 'x.conf:1: unexpected "c" behind a closing "'],
  ["a semicolon without a directive", "a;\n;", 'x.conf:2: unexpected ";"'],
  ["a brace without a directive", "{", 'x.conf:1: unexpected "{"'],
  ["a closing brace too much", "a { b; }\n}", 'x.conf:2: unexpected "}"'],
  ["a closing brace inside a directive", "a {\n b }", 'x.conf:2: unexpected "}"'],
  ["a directive without its end", "a;\nb c", 'x.conf:2: the file ends inside a directive, ";" or "{" is missing'],
  ["a block without its end", "a;\nb {\nc;", 'x.conf:2: the file ends inside this block, "}" is missing'],
  ["Lua without its end", "a_by_lua_block {\n x = {}\n", "x.conf:1: this block of Lua code has no end"],
  ["blocks without end", "a{".repeat(100), "x.conf:1: blocks nested more than 64 deep"],
] as const) {
  test(`${rule} is an error that says where`, (t) => {
    const error = t.throws(() => parseStatements(new Source("x.conf", text)), { instanceOf: ConfigError });
    t.deepEqual([error.code, error.message], ["UWSGI_BAD_CONFIGURATION", message]);
  });
}

test("directives have names, arguments, lines and blocks", (t) => {
  const source = new Source("x.conf", "a 1 2;\nb 3 {\n  c;\n  d { }\n}\n");
  const shown = (statements: ReturnType<typeof parseStatements>): unknown[] =>
    statements.map(({ name, args, start, inner }) => [
      name,
      args,
      source.lineOf(start),
      ...(inner === undefined ? [] : [shown(inner.statements)]),
    ]);
  t.deepEqual(shown(parseStatements(source)), [
    ["a", ["1", "2"], 1],
    [
      "b",
      ["3"],
      2,
      [
        ["c", [], 3],
        ["d", [], 4, []],
      ],
    ],
  ]);
});

test("braces in the strings and comments of Lua do not count", (t) => {
  const lua = `content_by_lua_block {
    local a = { "}", '}', [[ } ]], [==[ ]] } ]==] } -- }
    --[[ } ]] --[=[ ]] } ]=]
    local b = "\\"}"
  } c;`;
  const statements = parseStatements(new Source("x.conf", lua));
  t.deepEqual(
    statements.map(({ name, inner }) => [name, inner?.statements.length]),
    [
      ["content_by_lua_block", 0],
      ["c", undefined],
    ],
  );
});

const config = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "{",
        "}",
        ";",
        "a",
        " b",
        '"',
        "'",
        "\\",
        "#",
        "\n",
        "$",
        "${",
        "x_by_lua_block {",
        "[[",
        "--",
        "[=",
      ),
      fc.string(),
    ),
    {
      maxLength: 60,
    },
  )
  .map((parts) => parts.join(""));

test("whatever the text, there are directives or the error of a configuration", (t) => {
  fc.assert(
    fc.property(config, (text) => {
      try {
        parseStatements(new Source("x.conf", text));
      } catch (error) {
        if (!(error instanceof ConfigError) || !/^x\.conf:\d+: /.test(error.message)) throw error;
      }
    }),
    { numRuns: 5_000 },
  );
  t.pass();
});

test("places of directives are those of the text", (t) => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1 }), (words) => {
      const text = `${words.join(" \n")};`;
      const [statement] = parseStatements(new Source("x.conf", `# \n  ${text}\n`));
      return statement?.start === 5 && statement.end === 5 + text.length && statement.args.length === words.length - 1;
    }),
  );
  t.pass();
});

for (const [what, piece] of [
  ["braces", "a{"],
  ["quotes", '"\\"'],
  ["Lua strings", 'x_by_lua_block {"\\'],
  ["Lua brackets", "x_by_lua_block {[=[="],
  ["comments", "#"],
  ["backslashes", "\\"],
  ["dollars", "${"],
] as const) {
  test(`a megabyte of ${what} is read, or refused, in time that grows with it`, (t) => {
    const text = piece.repeat(1_000_000 / piece.length);
    const start = performance.now();
    try {
      parseStatements(new Source("x.conf", text));
    } catch (error) {
      t.true(error instanceof ConfigError);
    }
    t.true(performance.now() - start < 20_000);
  });
}

// What nginx itself says, of entries of a map: each takes a word, and one more.

const nginxTest = needs("nginx");

nginxTest("what nginx takes is taken, what it refuses is refused", (t) => {
  const folder = folderOf(t);
  const path = join(folder, "nginx.conf");
  const texts = [
    "a b;",
    "a b",
    'a "b"c;',
    'a "b" ;',
    'a "b"; c d;',
    "a 'b\";",
    "a b}; c d;",
    "a ${host}x;",
    "a b#c;",
    "a # b;\n b;",
    ";",
    "a b;;",
    "a {b}",
    String.raw`a \;b;`,
    String.raw`a "\"b";`,
    String.raw`"a\\" b;`,
    "a b\\;",
    '"a" b; "" c;',
    "{}",
    "'a'b c;",
    'a "b\nc";',
  ];
  const differing = texts.filter((text) => {
    const whole = `events {}\nhttp {\n map $host $x {\n${text}\n}\n}\n`;
    writeFileSync(path, `pid p; error_log e;\n${whole.replace("http {", "http { access_log off;")}`);
    const { stderr } = spawnSync(findProgram("nginx") ?? "", ["-t", "-p", folder, "-c", path, "-e", "stderr"]);
    // What the map thinks of its entries is not the language.
    const isRefused = /unexpected|too long|unknown directive/.test(stderr.toString());
    let isRefusedHere = false;
    try {
      parseStatements(new Source(path, whole));
    } catch {
      isRefusedHere = true;
    }
    return isRefused !== isRefusedHere;
  });
  t.deepEqual(differing, []);
});
