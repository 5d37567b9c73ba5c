import test from "ava";
import { applyFixes } from "../../src/doctor/apply-fixes.ts";
import { type Block, type Directive, readConfiguration } from "../../src/doctor/nginx/configuration.ts";
import { Source } from "../../src/doctor/nginx/source.ts";
import type { Fix } from "../../src/doctor/rules/rule.ts";

function read(text: string): Block {
  return readConfiguration(new Source("x", text), { find: () => [], read: () => undefined });
}

function fixed(text: string, ...makers: readonly ((named: (name: string) => Directive) => Fix)[]): string | undefined {
  const main = read(text);
  const named = (name: string, block: Block = main): Directive => {
    for (const directive of block.directives) {
      if (directive.name === name) return directive;
      if (directive.block !== undefined && directive.source.text.slice(directive.start, directive.end).includes(name)) {
        return named(name, directive.block);
      }
    }
    throw new Error(`there is no ${name}`);
  };
  const fix = makers.map((make) => make(named));
  return applyFixes([{ id: "x", severity: "error", why: "", what: "", at: undefined, fix }]).get("x");
}

const block = (directive: Directive): Block => directive.block ?? directive.parent;

for (const [rule, before, fixes, after] of [
  [
    "a line is replaced, what stands around it stays",
    "a {\n  b 1; # why\n  c;\n}\n",
    [(named) => ({ do: "replace", directive: named("b"), text: "b 2;" })],
    "a {\n  b 2; # why\n  c;\n}\n",
  ],
  [
    "several lines get the margin of the one they replace",
    "a {\n  b 1;\n}\n",
    [(named) => ({ do: "replace", directive: named("b"), text: "b 2;\nc;" })],
    "a {\n  b 2;\n  c;\n}\n",
  ],
  [
    "a line that goes takes its comment and its end along",
    "a {\n  b; # old\n  c;\n}\n",
    [(named) => ({ do: "remove", directive: named("b") })],
    "a {\n  c;\n}\n",
  ],
  [
    "a directive that shares its line goes alone",
    "a { b; c; }\n",
    [(named) => ({ do: "remove", directive: named("b") })],
    "a {  c; }\n",
  ],
  [
    "lines are added at the end of their block",
    "a {\n    b;\n}\n",
    [(named) => ({ do: "add", block: block(named("a")), text: "c;\nd;" })],
    "a {\n    b;\n    c;\n    d;\n}\n",
  ],
  [
    "lines are added in a block on one line",
    "a { b; }\n",
    [(named) => ({ do: "add", block: block(named("a")), text: "c;" })],
    "a { b; \n    c;\n}\n",
  ],
  [
    "lines for one block stay in their order, the same ones come once",
    "a {\n}\n",
    [
      (named) => ({ do: "add", block: block(named("a")), text: "b;" }),
      (named) => ({ do: "add", block: block(named("a")), text: "c;" }),
      (named) => ({ do: "add", block: block(named("a")), text: "b;" }),
    ],
    "a {\n    b;\n    c;\n}\n",
  ],
  [
    "of two fixes of one line the first is made",
    "a;\nb;\n",
    [
      (named) => ({ do: "replace", directive: named("a"), text: "c;" }),
      (named) => ({ do: "replace", directive: named("a"), text: "d;" }),
    ],
    "c;\nb;\n",
  ],
] as const satisfies readonly (readonly [
  string,
  string,
  readonly ((named: (name: string) => Directive) => Fix)[],
  string,
])[]) {
  test(rule, (t) => {
    t.is(fixed(before, ...fixes), after);
  });
}

test("what is for a shell changes no file", (t) => {
  t.is(
    fixed("a;", () => ({ do: "run", text: "chmod 660 /run/app.sock" })),
    undefined,
  );
});
